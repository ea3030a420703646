"""Two transactions that take the same rows never wait for each other in a circle (G2)."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bot.service.delivery import steps as delivery
from bot.service.move_card import move_card
from bot.store import cards
from bot.store.cards import Card
from bot.store.database import Database
from tests.lock_order import broken
from tests.service.service_harness import RITA, ServiceHarness, time_routing

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

WAITING = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
PARKED = text("UPDATE outbox SET is_parked = true")


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """Return another process's database."""
    other = Database.connect(database_url)
    yield other
    await other.dispose()


async def are_waiting(database: Database, count: int, *unless_done: "asyncio.Task[object]") -> None:
    """Wait until so many transactions wait for a lock, or these have ended."""
    async with asyncio.timeout(30):
        while not (unless_done and all(task.done() for task in unless_done)):
            async with database.reading() as tx:
                if await tx.scalar(WAITING) == count:
                    return


async def test_g2_who_moves_a_card_and_who_claims_its_messages_do_not_wait_for_each_other(
    bench: ServiceHarness, other: Database
) -> None:
    change = await bench.ask(time_routing(is_on=True))
    database = bench.context.database
    async with database.transaction() as tx:
        await cards.save(tx, Card(change_id=change.id, channel_id="C1", problem="is_archived"), over=None)
        await tx.execute(PARKED)
    async with other.transaction() as tx:
        await tx.execute(text("SELECT 1 FROM cards FOR UPDATE"))
        moving = asyncio.create_task(move_card(bench.context, RITA, change.id, "C2"))
        await are_waiting(other, 1)
        claiming = asyncio.create_task(delivery.claim(bench.context))
        await are_waiting(other, 2, claiming)
    await asyncio.gather(moving, claiming)
    async with database.reading() as tx:
        moved = await cards.get(tx, change.id)
    assert moved is not None
    assert (moved.channel_id, moved.attempted_at) == ("C2", None)


async def test_g9_who_moves_a_card_that_is_just_being_updated_moves_it_as_it_is_then(
    bench: ServiceHarness, other: Database
) -> None:
    change = await bench.ask(time_routing(is_on=True))
    async with bench.context.database.transaction() as tx:
        await cards.save(tx, Card(change_id=change.id, channel_id="C1", problem="is_archived"), over=None)
    async with other.transaction() as tx:
        await tx.execute(text("UPDATE cards SET message_ts = '1.1', shown_version = 1"))
        moving = asyncio.create_task(move_card(bench.context, RITA, change.id, "C2"))
        await are_waiting(other, 1)
    await moving
    async with other.reading() as tx:
        moved = await cards.get(tx, change.id)
        former = await tx.scalar(text("SELECT payload FROM outbox WHERE kind = 'former_card'"))
    assert moved == Card(change_id=change.id, channel_id="C2", generation=2)
    assert '"ts":"1.1"' in former


async def test_who_takes_rows_in_another_order_is_found(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(text("SELECT 1 FROM outbox FOR UPDATE SKIP LOCKED"))
        await tx.execute(text("SELECT 1 FROM cards FOR UPDATE SKIP LOCKED"))
        assert not broken
        await tx.execute(text("SELECT 1 FROM cards FOR UPDATE"))
        [found] = broken
    assert found.startswith("cards, behind outbox: SELECT 1")
    broken.clear()
