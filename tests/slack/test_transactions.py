"""What each path costs at the database: as many transactions as it has moments that must be durable, and no more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import RowMapping, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.sandbox.slack.workspace.model import Message
from bot.store.clock import DatabaseClock
from bot.store.database import Database
from bot.worker.run import Worker
from tests.clock import Clock
from tests.databases import DIALECTS
from tests.slack import bot_harness as worlds
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import NUMBER, cards, replies
from tests.transactions import counted

SUBMIT, APPROVE, DENY, DELIVER = 16, 29, 17, 8

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)


class AskingClock(Clock):
    """The clock of the tests, which asks the database as the real one does."""

    def __init__(self) -> None:
        super().__init__()
        self._real = DatabaseClock()

    async def read(self, tx: AsyncConnection) -> datetime:
        await self._real.read(tx)
        return self.now()

    async def read_with(
        self, tx: AsyncConnection, query: Select[Any], values: dict[str, Any]
    ) -> tuple[Sequence[RowMapping], datetime]:
        rows, _ = await self._real.read_with(tx, query, values)
        return rows, self.now()


@pytest.fixture
async def bot_world(database: Database) -> AsyncIterator[BotHarness]:
    async with worlds.bot_world(database, clock=AskingClock()) as made:
        yield made


class WatchedWorker(Worker):
    """A worker that says when a pass has ended, and is woken alone after its first ones."""

    def __init__(self, world: BotHarness) -> None:
        super().__init__(context=world.context, courier=world.courier, poll=timedelta(minutes=1))
        self._has_passed = asyncio.Event()
        self._ends = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def _guarded(self, name: str, once: Callable[[], Awaitable[bool]]) -> bool:
        is_more = await super()._guarded(name, once)
        self._has_passed.set()
        return is_more

    async def start(self, world: BotHarness) -> None:
        """Begin, and do what is done at the start."""
        world.workers[:] = [self]
        self._running = asyncio.create_task(self.run(self._ends))
        while "expire" not in self.status():
            await self._has_passed.wait()
            self._has_passed.clear()

    async def finish(self) -> None:
        """Put down what is held."""
        self._ends.set()
        if self._running is not None:
            await self._running


async def fill_in(world: BotHarness) -> None:
    await world.type(world.rita, NUMBER)
    await world.rita.fill("Time routing", "On")
    await world.rita.fill("Reason", "Because")


async def asked(world: BotHarness) -> Message:
    await fill_in(world)
    assert await world.rita.submit() == {"ok": True}
    await world.post_cards()
    return cards(world)[0]


def says(world: BotHarness, state: str) -> bool:
    return any(f"State: {state}" in world.rita.read(card) for card in cards(world))


async def is_told(world: BotHarness, state: str, answers: int) -> None:
    """Wait until card and thread tell of a state, and that is recorded; with as few looks as can be."""
    await world.slack.until(lambda: says(world, state) and len(replies(world)) == answers)


async def test_an_open_form_costs_one_reading(bot_world: BotHarness) -> None:
    with counted(bot_world.context.database) as cost:
        await bot_world.type(bot_world.rita, NUMBER)
    assert cost.is_within(1, 5)


async def test_a_type_ahead_costs_one_reading(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.rita, "")
    assert await bot_world.rita.look_up("Number", "555")
    with counted(bot_world.context.database) as cost:
        assert await bot_world.rita.look_up("Number", "555")
    assert cost.is_within(1, 5)


async def test_a_list_and_a_number_that_is_shown_cost_one_reading_each(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.rita, "list zz")
    for text, statements in (("list", 3), ("list 415", 6), (f"show {NUMBER}", 8)):
        with counted(bot_world.context.database) as cost:
            await bot_world.type(bot_world.rita, text)
        assert cost.is_within(1, statements), text


async def test_a_submit_costs_four_transactions_to_the_posted_card(bot_world: BotHarness) -> None:
    await fill_in(bot_world)
    worker = WatchedWorker(bot_world)
    await worker.start(bot_world)
    with counted(bot_world.context.database) as cost:
        assert await bot_world.rita.submit() == {"ok": True}
        await bot_world.slack.until(lambda: says(bot_world, "pending"))
        await worker.finish()
    assert cost.is_within(4, SUBMIT)


async def test_an_approve_costs_six_transactions_to_the_result_on_card_and_in_thread(bot_world: BotHarness) -> None:
    card, worker = await asked(bot_world), WatchedWorker(bot_world)
    await worker.start(bot_world)
    with counted(bot_world.context.database) as cost:
        await bot_world.alan.click("Approve", card)
        await is_told(bot_world, "applied", 1)
        await worker.finish()
    assert cost.is_within(6, APPROVE)
    assert "approved; RN-1 is live" in replies(bot_world)[0]


async def test_a_denial_costs_four_transactions_with_its_form(bot_world: BotHarness) -> None:
    card, worker = await asked(bot_world), WatchedWorker(bot_world)
    await worker.start(bot_world)
    with counted(bot_world.context.database) as cost:
        await bot_world.alan.click("Deny", card)
        await bot_world.alan.fill("Reason", "Not now")
        await bot_world.alan.submit()
        await is_told(bot_world, "denied", 1)
        await worker.finish()
    assert cost.is_within(4, DENY)


async def test_a_delivery_costs_two_transactions_whatever_is_due_of_its_lane(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.alan, "pause Lunch")
    await bot_world.post_cards()
    await fill_in(bot_world)
    assert await bot_world.rita.submit() == {"ok": True}
    await bot_world.courier.deliver_due()
    await bot_world.alan.click("Approve", cards(bot_world)[0])
    with counted(bot_world.context.database) as cost:
        assert await bot_world.courier.deliver_due() == 2
    assert cost.is_within(2, DELIVER)
    assert says(bot_world, "approved")


async def test_a_pass_of_a_worker_with_nothing_to_do_is_one_statement(bot_world: BotHarness) -> None:
    worker = WatchedWorker(bot_world)
    await worker.start(bot_world)
    with counted(bot_world.context.database) as cost:
        assert not await worker._look_once()
        await worker.finish()
    assert cost.both == (1, 1)
