"""A process that stands still between the two parts of a statement keeps no lock that others wait for (G2).

SQLite's locks end with the statement's thread, which waits for nobody.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.store.database import Database
from bot.store.stalled import end_stalled, ending_stalled

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

LOCK = "SELECT pg_advisory_xact_lock(7)"
AT_ONCE = timedelta(0)


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """Return another process's database."""
    other = Database.connect(database_url)
    yield other
    await other.dispose()


async def lock(connection: Any) -> None:
    await connection.execute("BEGIN")
    await connection.execute(LOCK)


async def test_g2_a_process_that_stands_still_in_a_statement_is_ended_and_its_locks_with_it(
    database: Database, other: Database
) -> None:
    async with other.raw_connection() as stopped:
        await lock(stopped)
        await stopped.prepare("SELECT 1")
        has_ended = asyncio.Event()
        stopped.add_termination_listener(lambda _: has_ended.set())
        assert await end_stalled(database, timedelta(hours=1)) == 0
        async with asyncio.timeout(30):
            while not await end_stalled(database, AT_ONCE):
                pass
        async with database.transaction() as tx:
            await tx.execute(text(LOCK))
        await has_ended.wait()


async def test_who_is_at_work_or_idle_or_not_ours_is_left_alone(database: Database, other: Database) -> None:
    async with other.raw_connection() as idle, other.raw_connection() as busy, other.raw_connection() as strange:
        await lock(idle)
        await strange.execute("SET application_name = 'psql'")
        await strange.execute("BEGIN")
        await strange.prepare("SELECT 1")
        waits = asyncio.create_task(busy.execute(LOCK))
        async with asyncio.timeout(30):
            while not await idle.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                pass
        assert await end_stalled(database, AT_ONCE) == 0
        await idle.execute("COMMIT")
        await waits
        await strange.execute("ROLLBACK")


async def test_g2_every_process_sees_to_it_by_itself(database: Database, other: Database) -> None:
    has_ended = asyncio.Event()
    looking = ending_stalled(database, every=timedelta(milliseconds=10), quiet=AT_ONCE)
    async with looking, other.raw_connection() as stopped:
        stopped.add_termination_listener(lambda _: has_ended.set())
        await lock(stopped)
        await stopped.prepare("SELECT 1")
        async with asyncio.timeout(30):
            await has_ended.wait()
