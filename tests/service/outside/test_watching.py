"""What is found of changes from outside beside the mirror's writes, and what is not taken for one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import ChainedEvent
from bot.domain.state import State
from bot.service import lookup
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next, take_abandoned
from bot.service.applying.recover import recover
from bot.service.context import ServiceContext
from bot.service.outside.watching import WatchedNumbers
from bot.service.refresh import refresh_due
from bot.store import audit
from bot.store.database import Database
from bot.store.mirror import numbers as mirror_numbers
from bot.store.mirror import reads as mirror_reads
from bot.store.mirror.whole_read import AS_LONG_AS, CHANGED_AT_ONCE, take_over
from bot.store.schema import outbox
from bot.uponai.errors import UponAIError
from tests.service.service_harness import NUMBER, ServiceHarness, inbound, time_routing, webhook
from tests.transactions import counted

SUPPORT = "agent_1f864a29b7c2ab407103c88335"
# What a hundred numbers need, with nothing open for any of them: SQLite's writer is held for some 20 ms.
MOST_STATEMENTS = 20
THEIRS, OURS = "https://hooks.example.com/theirs", "https://hooks.example.com/ours"


async def found(bench: ServiceHarness) -> list[ChainedEvent]:
    async with bench.context.database.reading() as tx:
        events = await audit.read(tx, limit=5000)
    return [event for event in events if event.event == "number.changed_outside"]


async def told(bench: ServiceHarness) -> list[dict[str, Any]]:
    async with bench.context.database.reading() as tx:
        query = select(outbox.c.payload).where(outbox.c.kind == "outside").order_by(outbox.c.id)
        return list((await tx.scalars(query)).all())


async def read(bench: ServiceHarness) -> None:
    await lookup.refresh_numbers(bench.context)


async def known_webhook(bench: ServiceHarness) -> str | None:
    async with bench.context.database.reading() as tx:
        one = await mirror_numbers.find(tx, bench.context.key(NUMBER))
    return None if one is None else one.listed.assignment.webhook_url


async def applied(bench: ServiceHarness) -> None:
    """Have one change of the number, whose channel is told from then on."""
    await bench.approved(time_routing(True))
    await bench.work()


async def test_what_was_changed_outside_is_recorded_and_told_once(bench: ServiceHarness) -> None:
    await applied(bench)
    bench.dashboard(inbound_webhook_url=THEIRS)
    for _ in range(3):
        await read(bench)
    [event] = await found(bench)
    assert event.before is not None
    assert (event.before["number"], event.before["webhook_url"]) == (NUMBER, None)
    assert event.after is not None
    assert event.after["webhook_url"] == THEIRS
    assert (event.actor_id, event.change_id) == ("worker", None)
    async with bench.context.database.reading() as tx:
        of_number = await audit.latest(tx, audit.Filter(number=NUMBER), limit=100)
        of_another = await audit.latest(tx, audit.Filter(number=NUMBER[:-1]), limit=100)
    assert event.id in [each.id for each in of_number]
    assert of_another == []
    assert [payload["channel"] for payload in await told(bench)] == ["C1"]


async def test_a_first_reading_is_no_change(bench: ServiceHarness) -> None:
    bench.dashboard("+15125550199", inbound_webhook_url=THEIRS)
    await read(bench)
    assert await found(bench) == []


async def test_a_number_that_was_gone_for_a_while_is_compared_when_it_is_back(bench: ServiceHarness) -> None:
    account = bench.uponai.account
    former = account.numbers.pop(NUMBER)
    await read(bench)
    account.numbers[NUMBER] = former
    await read(bench)
    assert await found(bench) == []
    former = account.numbers.pop(NUMBER)
    await read(bench)
    account.numbers[NUMBER] = former
    bench.dashboard(inbound_webhook_url=THEIRS)
    await read(bench)
    assert len(await found(bench)) == 1


async def test_a_uponai_that_does_not_answer_changes_nothing(bench: ServiceHarness) -> None:
    bench.fault("down")
    with pytest.raises(UponAIError):
        await read(bench)
    bench.fault("down", on=False)
    await read(bench)
    assert await found(bench) == []


async def test_own_changes_are_never_told_as_changed_outside(bench: ServiceHarness) -> None:
    for patch in (webhook(OURS), time_routing(True), inbound(SUPPORT), webhook(None)):
        await bench.approved(patch)
        await bench.work()
        await read(bench)
    assert await found(bench) == []


async def test_a_list_that_is_behind_an_own_put_is_not_taken_for_a_deed_and_an_undoing_by_hand_is_found_next(
    bench: ServiceHarness,
) -> None:
    await bench.approved(webhook(OURS))
    await bench.work()
    bench.dashboard(inbound_webhook_url=None)
    bench.clock.advance(seconds=20)
    await read(bench)
    assert await found(bench) == []
    assert await known_webhook(bench) == OURS
    present = await lookup.present(bench.context, NUMBER)
    assert present is not None
    assert not present.is_fresh(bench.clock.now())
    bench.clock.advance(bench.context.mirror_refresh)
    await read(bench)
    assert len(await found(bench)) == len(await told(bench)) == 1
    assert await known_webhook(bench) is None


async def test_a_put_whose_answer_was_lost_is_left_alone_until_it_is_known(bench: ServiceHarness) -> None:
    change = await bench.approved(webhook(OURS))
    bench.fault("lost_answer", times=1)
    await bench.work()
    assert (await bench.read(change)).state is State.APPLYING
    await read(bench)
    assert await known_webhook(bench) is None
    assert (await bench.work_until_done(change)).state is State.APPLIED
    await read(bench)
    assert await found(bench) == []
    assert await known_webhook(bench) == OURS


async def test_a_reading_from_before_an_own_put_neither_overwrites_its_result_nor_takes_it_for_another_deed(
    bench: ServiceHarness,
) -> None:
    context = bench.context
    async with context.database.reading() as tx:
        last = await mirror_reads.last(tx, lookup.numbers_scope(context))
    assert last is not None
    old = await context.uponai.list_numbers()
    await bench.approved(webhook(OURS))
    await bench.work()
    # As if the clock of whoever read were an hour ahead.
    bench.clock.advance(hours=1)
    watched = WatchedNumbers(context, last.writes)
    await take_over(context.database, context.clock, watched, old.by_number, context.now(), since=last.writes)
    assert await known_webhook(bench) == OURS
    await read(bench)
    assert await found(bench) == []


async def test_an_unclear_change_explains_what_it_wanted_and_nothing_else(bench: ServiceHarness) -> None:
    change = await bench.approved(webhook(OURS))
    bench.fault("lost_answer", times=1)
    await bench.work()
    bench.dashboard(inbound_webhook_url=THEIRS)
    assert (await bench.work_until_done(change)).state is State.UNCLEAR
    await read(bench)
    assert await found(bench) == []
    bench.dashboard(inbound_webhook_url=OURS)
    await read(bench)
    assert await found(bench) == []
    bench.dashboard(inbound_webhook_url=None)
    await read(bench)
    assert len(await found(bench)) == 1


async def test_what_the_look_of_a_change_shows_is_told_as_well(bench: ServiceHarness) -> None:
    change = await bench.approved(webhook(OURS))
    bench.dashboard(inbound_webhook_url=THEIRS, is_time_routing_enabled=True)
    await bench.work()
    assert (await bench.read(change)).state is State.STALE
    [event] = await found(bench)
    assert event.after is not None
    assert {"webhook_url", "is_time_routing_enabled"} <= event.after.keys()
    await read(bench)
    assert len(await found(bench)) == len(await told(bench)) == 1


async def test_what_an_own_put_did_not_touch_is_told_when_its_answer_shows_it(bench: ServiceHarness) -> None:
    change = await bench.approved(webhook(OURS))
    bench.dashboard(is_time_routing_enabled=True)
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED
    [event] = await found(bench)
    assert event.after is not None
    assert "webhook_url" not in event.after
    assert event.after["is_time_routing_enabled"] is True


async def test_open_changes_of_a_moved_field_end_stale_and_the_others_go_on(bench: ServiceHarness) -> None:
    pending, other = await bench.ask(webhook(OURS)), await bench.ask(time_routing(True))
    approved = await bench.approved(webhook(f"{OURS}/2"))
    bench.dashboard(inbound_webhook_url=THEIRS)
    await read(bench)
    for change in (pending, approved):
        stored = await bench.read(change)
        assert (stored.state, stored.problem) == (
            State.STALE,
            f"The number was changed since {stored.label} was asked: the inbound webhook. Nothing was sent.",
        )
    assert (await bench.read(other)).state is State.PENDING
    assert bench.puts() == []


async def test_g2_a_put_that_landed_late_ends_its_change_as_applied_and_is_not_sent_again(
    bench: ServiceHarness,
) -> None:
    change = await bench.approved(webhook(OURS))
    bench.fault("lost_before", times=1)
    claimed = await claim_next(bench.context)
    assert claimed is not None
    await apply(bench.context, claimed)
    bench.clock.advance(bench.context.lease)
    abandoned = await take_abandoned(bench.context)
    assert abandoned is not None
    await recover(bench.context, abandoned)
    assert (await bench.read(change)).state is State.APPROVED
    bench.dashboard(inbound_webhook_url=OURS)
    await read(bench)
    assert (await bench.work_until_done(change)).state is State.APPLIED
    assert await found(bench) == []
    assert len(bench.puts()) == 1


async def test_many_at_once_are_told_in_one_message_and_a_few_one_by_one(bench: ServiceHarness) -> None:
    await applied(bench)
    context = _telling(bench, "C9")
    for count, messages in ((5, 5), (700, 1)):
        names = [f"+1650555{at:04}" for at in range(count)]
        for name in names:
            bench.dashboard(name, inbound_webhook_url=None)
        await lookup.refresh_numbers(context)
        for name in names:
            bench.dashboard(name, inbound_webhook_url=f"{THEIRS}/{count}")
        before = len(await told(bench)), len(await found(bench))
        await lookup.refresh_numbers(context)
        assert len(await told(bench)) - before[0] == messages
        assert len(await found(bench)) - before[1] == count


async def test_g8_each_hundred_that_were_changed_outside_cost_as_much_as_the_hundred_before(
    bench: ServiceHarness,
) -> None:
    context = _telling(bench, "C9")
    names = [f"+1650555{at:04}" for at in range(4 * CHANGED_AT_ONCE)]
    for name in names:
        bench.dashboard(name, inbound_webhook_url=None)
    await lookup.refresh_numbers(context)
    costs = []
    for hundreds in (1, 2, 4):
        for name in names[: hundreds * CHANGED_AT_ONCE]:
            bench.dashboard(name, inbound_webhook_url=f"{THEIRS}/{hundreds}")
        with counted(context.database) as cost:
            await lookup.refresh_numbers(context)
        costs.append(cost.both)
    one, two, four = costs
    for each in (0, 1):
        # Each hundred is a transaction of its own, and costs the same however many there are.
        assert four[each] - two[each] == 2 * (two[each] - one[each]) > 0
    assert two[0] - one[0] == 1
    assert two[1] - one[1] < MOST_STATEMENTS


async def test_g8_what_many_changes_from_outside_bring_to_an_end_holds_the_writer_up_for_a_few_at_a_time(
    bench: ServiceHarness,
) -> None:
    names = [f"+1650555{at:04}" for at in range(CHANGED_AT_ONCE)]
    for name in names:
        bench.dashboard(name, inbound_webhook_url=None)
    await read(bench)
    asked = [await bench.ask(webhook(OURS), number=name) for name in [*names, names[0]]]
    for name in names:
        bench.dashboard(name, inbound_webhook_url=THEIRS)
    with counted(bench.context.database) as cost:
        await read(bench)
    assert {(await bench.read(change)).state for change in asked} == {State.STALE}
    at_once = [0]
    for statement in cost.statements:
        if statement.startswith("INSERT INTO mirror_reads"):
            at_once.append(0)
        at_once[-1] += statement.startswith("UPDATE changes")
    assert sum(at_once) == len(asked)
    assert max(at_once) <= CHANGED_AT_ONCE // (1 + AS_LONG_AS)


async def test_where_no_channel_is_known_it_is_recorded_alone(bench: ServiceHarness) -> None:
    bench.dashboard(inbound_webhook_url=THEIRS)
    await read(bench)
    assert len(await found(bench)) == 1
    assert await told(bench) == []


async def test_replicas_that_read_at_once_record_it_once(bench: ServiceHarness) -> None:
    bench.dashboard(inbound_webhook_url=THEIRS)
    contexts = [_telling(bench, "C9") for _ in range(4)]
    await asyncio.gather(*map(lookup.refresh_numbers, contexts))
    await read(bench)
    assert len(await found(bench)) == len(await told(bench)) == 1


class DyingDatabase(Database):
    """A database whose process dies right before its nth transaction that writes."""

    def __init__(self, healthy: Database, nth: int) -> None:
        self.__dict__.update(vars(healthy))
        self._left = nth

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        self._left -= 1
        if self._left < 0:
            raise ZeroDivisionError
        async with super().transaction() as tx:
            yield tx


@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_what_a_process_found_that_died_is_told_by_the_next_refresh(bench: ServiceHarness, nth: int) -> None:
    names = [f"+1650555{at:04}" for at in range(300)]
    for name in names:
        bench.dashboard(name, inbound_webhook_url=None)
    await lookup.refresh_numbers(bench.context)
    for name in names:
        bench.dashboard(name, inbound_webhook_url=THEIRS)
    dying = _telling(bench, "C9", DyingDatabase(bench.context.database, nth))
    with pytest.raises(ZeroDivisionError):
        await lookup.refresh_numbers(dying)
    bench.clock.advance(minutes=2)
    heir = _telling(bench, "C9")
    while await refresh_due(heir):
        pass
    assert len(await found(bench)) == len(names)
    assert len(await told(bench)) == 1


def _telling(bench: ServiceHarness, channel: str, database: Database | None = None) -> ServiceContext:
    """Return the surroundings of another process, which knows where approvals are asked."""
    return replace(bench.context, approval_channel=channel, database=database or bench.context.database)
