"""Who needs several locks takes those of changes first: whoever waits for one holds nothing that many others need.

Otherwise a worker that ends a change, another one, and somebody who decides about several numbers wait in a circle, and
PostgreSQL turns one of them away. SQLite has one lock.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.domain.schedule import Schedule
from bot.domain.state import State
from bot.service import lookup
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from bot.service.context import ServiceContext
from bot.store import changes, turns
from bot.store.database import Database
from bot.store.mirror import reads as mirror_reads
from tests.service.service_harness import NUMBER, ServiceHarness, webhook

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
Work = Callable[[ServiceContext], Coroutine[Any, Any, None]]

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


async def end_what_is_claimed(context: ServiceContext) -> None:
    claimed = await claim_next(context)
    assert claimed is not None
    await apply(context, claimed)


async def is_waiting(database: Database) -> bool:
    """Say whether somebody waits for a lock, as of now: a transaction would see the same all along."""
    async with database.reading() as tx:
        return bool(await tx.scalar(WAITING))


@pytest.mark.parametrize("work", [end_what_is_claimed, lookup.refresh_numbers], ids=["an_end", "a_reading"])
async def test_g4_who_waits_for_a_change_holds_neither_the_mirror_nor_the_order_of_approval(
    bench: ServiceHarness, database: Database, database_url: str, work: Work
) -> None:
    back_at = bench.context.now() + timedelta(days=1)
    await bench.approved(webhook("https://hooks.example.com/one"), schedule=Schedule(put_back_at=back_at))
    other = await bench.ask(webhook("https://hooks.example.com/two"))
    if work is lookup.refresh_numbers:
        bench.dashboard(inbound_webhook_url="https://hooks.example.com/theirs")
    patient = Database.connect(database_url, patience=timedelta(seconds=30))
    async with database.transaction() as decides:
        await changes.lock(decides, other.id)
        working = asyncio.create_task(work(bench.with_database(patient)))
        while not working.done() and not await is_waiting(database):  # noqa: ASYNC110 - a lock gives no event
            await asyncio.sleep(0.01)
        assert not working.done()
        async with database.transaction() as tx:
            await mirror_reads.begin_write(tx, lookup.numbers_scope(bench.context), bench.context.now())
            await turns.to_approve(tx, [bench.context.key(NUMBER)])
    await working
    await patient.dispose()
    assert (await bench.read(other)).state is State.STALE
