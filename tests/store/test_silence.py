"""A PostgreSQL that goes silent: nothing arrives any more, not even a reset (G8: everybody is answered in time).

SQLite has no line that could go silent.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.store import rate_limits
from bot.store.database import Database
from bot.store.errors import DatabaseUnavailable
from tests.silent_line import SilentLine, silent_line
from tests.store.stored_changes import HOUR, NOW, limited_until

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

SHORT = timedelta(seconds=0.4)
Laid = tuple[SilentLine, Database]


@pytest.fixture
async def laid(database_url: str) -> AsyncIterator[Laid]:
    """Return a line to the database that has been used once, by one connection."""
    async with silent_line(database_url) as (line, url):
        database = Database.connect(url, patience=SHORT)
        await in_the_end(database, is_held)
        yield line, database
        await database.dispose()


async def hold(database: Database) -> None:
    async with database.transaction() as tx:
        await rate_limits.hold(tx, "m", "c", NOW + HOUR)


async def is_held(database: Database) -> bool:
    async with database.reading() as tx:
        return await limited_until(tx, "m", "c") is not None


async def in_the_end(database: Database, use: Callable[[Database], Awaitable[bool | None]]) -> bool | None:
    """Use the database as soon as it can be used; each try waits in it for as long as its patience lasts."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await use(database)
            except DatabaseUnavailable:
                continue


async def test_g8_a_connection_that_went_silent_while_idle_is_given_up_and_replaced(laid: Laid) -> None:
    line, database = laid
    line.fall_silent()
    line.heal()
    for use in (hold, is_held):
        with pytest.raises(DatabaseUnavailable, match="did not answer in time"):
            await use(database)
        await in_the_end(database, use)
        assert line.open == 1
        line.fall_silent()
        line.heal()


async def test_g8_one_silent_connection_is_enough_to_replace_all_that_are_idle(database_url: str) -> None:
    async with silent_line(database_url) as (line, url):
        database = Database.connect(url, patience=timedelta(seconds=1))
        await asyncio.gather(*(is_held(database) for _ in range(4)))
        line.fall_silent()
        line.heal()
        with pytest.raises(DatabaseUnavailable):
            await hold(database)
        for _ in range(5):
            await hold(database)
        await database.dispose()


async def test_g8_a_line_that_goes_silent_in_a_statement_is_given_up(laid: Laid) -> None:
    line, database = laid
    line.fall_silent_at(b"pg_sleep", is_delivered=True)
    with pytest.raises(DatabaseUnavailable):
        await sleep_in_the_database(database)
    line.heal()
    assert not await in_the_end(database, is_held)
    assert line.open == 1


async def sleep_in_the_database(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(text("SELECT pg_sleep(60)"))


@pytest.mark.parametrize("is_delivered", [True, False], ids=["answer_lost", "commit_lost"])
async def test_g2_after_a_silent_commit_a_look_tells_what_became_of_it(laid: Laid, *, is_delivered: bool) -> None:
    line, database = laid
    line.fall_silent_at(b"COMMIT;", is_delivered=is_delivered)
    with pytest.raises(DatabaseUnavailable):
        await hold(database)
    line.heal()
    assert await in_the_end(database, is_held) is is_delivered
    await in_the_end(database, hold)


async def test_g8_what_a_silent_connection_had_locked_is_freed_by_the_server(laid: Laid) -> None:
    line, database = laid
    await in_the_end(database, hold)
    with pytest.raises(DatabaseUnavailable):
        await write_and_fall_silent(database, line)
    line.heal()
    await in_the_end(database, hold)


async def write_and_fall_silent(database: Database, line: SilentLine) -> None:
    async with database.transaction() as tx:
        await rate_limits.hold(tx, "m", "c", NOW + 2 * HOUR)
        line.fall_silent()
        await limited_until(tx, "m", "c")


async def test_g8_a_server_that_is_silent_from_the_first_word_is_given_up(database_url: str) -> None:
    async with silent_line(database_url) as (line, url):
        database = Database.connect(url, patience=SHORT)
        line.fall_silent()
        for use in (is_held, hold):
            with pytest.raises(DatabaseUnavailable, match="did not answer in time"):
                await use(database)
        line.heal()
        await in_the_end(database, hold)
        await database.dispose()


async def test_g8_ending_a_read_over_a_silent_line_is_given_up(laid: Laid) -> None:
    line, database = laid
    line.fall_silent_at(b"ROLLBACK", is_delivered=True)
    with pytest.raises(DatabaseUnavailable):
        await is_held(database)
    line.heal()
    assert not await in_the_end(database, is_held)


async def test_closing_does_not_wait_for_a_silent_server(database_url: str) -> None:
    async with silent_line(database_url) as (line, url):
        # It would be waited for as long as the patience lasts.
        database = Database.connect(url, patience=timedelta(hours=1))
        await asyncio.gather(*(is_held(database) for _ in range(4)))
        line.fall_silent()
        await database.dispose()


async def test_whoever_is_cancelled_does_not_wait_for_a_silent_server(database_url: str) -> None:
    async with silent_line(database_url) as (line, url):
        database = Database.connect(url, patience=timedelta(hours=1))
        entered = asyncio.Event()

        async def hang() -> None:
            async with database.transaction() as tx:
                line.fall_silent()
                entered.set()
                await tx.execute(text("SELECT 1"))

        task = asyncio.create_task(hang())
        await entered.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        line.heal()
        await hold(database)
        await database.dispose()


async def test_the_kernel_watches_connections_that_are_idle(laid: Laid) -> None:
    _, database = laid
    async with database.reading() as tx:
        raw = await tx.get_raw_connection()
        assert raw.driver_connection is not None
        kept = raw.driver_connection._transport.get_extra_info("socket")
        assert kept.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
        # Where the platform lets one say after how long.
        idle = getattr(socket, "TCP_KEEPIDLE", None)
        assert idle is None or kept.getsockopt(socket.IPPROTO_TCP, idle) <= 30


async def test_a_reader_that_takes_its_time_is_not_cut_off(laid: Laid) -> None:
    _, database = laid
    async with database.reading(may_pause=True) as tx:
        assert await tx.scalar(text("SHOW idle_in_transaction_session_timeout")) == "0"
    async with database.reading() as tx:
        assert await tx.scalar(text("SHOW idle_in_transaction_session_timeout")) != "0"
