"""Start, windows and freezes: an approved change waits, holds up no other one, and is sent once it may be."""

from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from bot.domain.change import ChangeRequest
from bot.domain.due import is_due, sent_from
from bot.domain.events import Event
from bot.domain.rules.facts import ChangeKind
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Rule
from bot.domain.rules.windows import Freeze
from bot.domain.schedule import InvalidSchedule, Schedule
from bot.domain.state import State
from bot.sandbox.uponai.seed import SALES, SUPPORT
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next, expire_next
from bot.service.review import approve
from tests.service.service_harness import ALAN, LEASE, ServiceHarness, inbound, time_routing, webhook

HOUR = timedelta(hours=1)


def freeze(bench: ServiceHarness, begins: timedelta, ends: timedelta, *changes: ChangeKind) -> ServiceHarness:
    """Let nothing be sent from `begins` to `ends` from now on."""
    now = bench.clock.now().astimezone(UTC).replace(tzinfo=None)
    rule = Rule(name="Frozen", changes=frozenset(changes) or None, freezes=(Freeze(now + begins, now + ends, "UTC"),))
    return under(bench, rule)


def under(bench: ServiceHarness, rule: Rule) -> ServiceHarness:
    """Return the same bench under a policy of one rule."""
    ruled = copy(bench)
    ruled.context = replace(bench.context, policy=lambda: Policy(rules=(rule,)))
    return ruled


def at(bench: ServiceHarness, after: timedelta) -> datetime:
    return bench.clock.now() + after


async def test_a_change_is_sent_at_its_start_and_not_before(bench: ServiceHarness) -> None:
    start = at(bench, 3 * HOUR)
    change = await bench.approved(inbound(SUPPORT), schedule=Schedule(start))
    assert (change.due_at, change.apply_before) == (start, start + HOUR)
    bench.clock.advance(3 * HOUR - timedelta(minutes=1))
    assert await bench.work() == 0
    bench.clock.advance(minutes=1)
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED


async def test_what_nobody_has_approved_expires_at_its_start(bench: ServiceHarness) -> None:
    change = await bench.ask(inbound(SUPPORT), schedule=Schedule(at(bench, HOUR)))
    assert change.expires_at == change.starts_at
    bench.clock.advance(HOUR)
    await bench.work()
    assert (await bench.read(change)).state is State.EXPIRED


async def test_g5_a_number_that_moved_before_the_start_is_stale(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT), schedule=Schedule(at(bench, HOUR)))
    bench.dashboard(inbound_agents=[])
    bench.clock.advance(HOUR)
    await bench.work()
    assert (await bench.read(change)).state is State.STALE
    assert bench.puts() == []


async def test_g4_what_waits_for_its_start_holds_up_no_other_change_and_gives_way_to_it(bench: ServiceHarness) -> None:
    same = await bench.approved(inbound(SUPPORT), schedule=Schedule(at(bench, HOUR)))
    other = await bench.approved(time_routing(is_on=True), schedule=Schedule(at(bench, HOUR)))
    now = await bench.approved(inbound(SALES, 1))
    await bench.work()
    assert (await bench.read(now)).state is State.APPLIED
    stale = await bench.read(same)
    assert stale.state is State.STALE
    assert now.label in (stale.problem or "")
    bench.clock.advance(HOUR)
    await bench.work()
    assert (await bench.read(other)).state is State.APPLIED


async def test_a_start_that_cannot_be_is_refused_and_nothing_is_stored(bench: ServiceHarness) -> None:
    with pytest.raises(InvalidSchedule):
        await bench.ask(inbound(SUPPORT), schedule=Schedule(at(bench, -HOUR)))
    assert (await bench.ask(inbound(SUPPORT))).id == 1


async def test_a_form_that_is_sent_twice_gives_one_scheduled_change(bench: ServiceHarness) -> None:
    schedule = Schedule(at(bench, HOUR))
    first = await bench.ask(inbound(SUPPORT), key="form", schedule=schedule)
    assert (await bench.ask(inbound(SUPPORT), key="form", schedule=schedule)).id == first.id


async def test_a_rule_for_what_is_scheduled_holds_for_what_is_scheduled_alone(bench: ServiceHarness) -> None:
    bench = under(bench, Rule(name="Later", changes=frozenset({ChangeKind.SCHEDULED}), quorum=2))
    assert (await bench.ask(inbound(SUPPORT))).policy.quorum == 1
    assert (await bench.ask(inbound(SUPPORT), schedule=Schedule(at(bench, HOUR)))).policy.quorum == 2


async def test_an_approval_waits_for_the_end_of_a_freeze_and_lapses_an_hour_after_that(bench: ServiceHarness) -> None:
    change = await freeze(bench, -HOUR, 50 * HOUR).approved(inbound(SUPPORT))
    assert change.opens_at is not None
    assert change.apply_before == change.opens_at + HOUR
    bench.clock.advance(49 * HOUR)
    assert await bench.work() == 0
    bench.clock.advance(HOUR)
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED


async def test_a_closed_change_holds_up_no_other_one_of_its_number(bench: ServiceHarness) -> None:
    closed = await freeze(bench, -HOUR, HOUR, ChangeKind.WEBHOOK).approved(webhook("https://hooks.example.com/b"))
    later = await bench.approved(time_routing(is_on=True))
    await bench.work()
    assert (await bench.read(later)).state is State.APPLIED
    bench.clock.advance(HOUR)
    await bench.work()
    assert (await bench.read(closed)).state is State.APPLIED


async def test_what_was_approved_before_a_freeze_and_is_found_in_it_waits_without_a_claim(
    bench: ServiceHarness,
) -> None:
    change = await freeze(bench, 30 * LEASE, 40 * LEASE).approved(inbound(SUPPORT))
    assert is_due(change, bench.clock.now())
    # No worker was there before it began.
    bench.clock.advance(30 * LEASE)
    assert await claim_next(bench.context) is None
    waiting = await bench.read(change)
    assert (waiting.state, waiting.approval_order) == (State.APPROVED, change.approval_order)
    assert sent_from(waiting) > bench.clock.now()
    assert Event.APPLYING not in await bench.events(change)
    bench.clock.advance(10 * LEASE)
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED


async def test_nothing_is_sent_when_a_freeze_begins_between_the_claim_and_the_put(bench: ServiceHarness) -> None:
    change = await freeze(bench, LEASE / 2, 10 * LEASE).approved(inbound(SUPPORT))
    claimed = await claim_next(bench.context)
    assert claimed is not None
    bench.clock.advance(LEASE / 2)
    await apply(bench.context, claimed)
    assert bench.puts() == []
    assert (await bench.read(change)).state is State.APPROVED
    bench.clock.advance(10 * LEASE)
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED


async def _abandon(bench: ServiceHarness, _: ChangeRequest) -> None:
    """Die after the claim."""
    assert await claim_next(bench.context) is not None
    bench.clock.advance(LEASE)


async def _step_back(bench: ServiceHarness, _: ChangeRequest) -> None:
    """Have the clock set back behind the Start, and go on again."""
    bench.clock.advance(-2 * HOUR)
    assert await bench.work() == 0
    bench.clock.advance(2 * HOUR)


async def _leap(bench: ServiceHarness, change: ChangeRequest) -> None:
    """Have the clock leap to the very end of the approval."""
    assert change.apply_before is not None
    bench.clock.advance(change.apply_before - bench.clock.now() - timedelta(seconds=1))
    assert await expire_next(bench.context) is None


@pytest.mark.parametrize("trouble", [_abandon, _step_back, _leap])
async def test_g2_a_scheduled_change_is_sent_once_whatever_happens_at_its_start(
    bench: ServiceHarness, trouble: Callable[[ServiceHarness, ChangeRequest], Awaitable[None]]
) -> None:
    change = await bench.approved(inbound(SUPPORT), schedule=Schedule(at(bench, HOUR)))
    bench.clock.advance(HOUR)
    await trouble(bench, change)
    for _ in count():
        if await bench.work() == 0:
            break
    assert (await bench.read(change)).state is State.APPLIED
    assert len(bench.puts()) == 1


async def test_a_scheduled_change_waits_while_undecided_for_the_approval(bench: ServiceHarness) -> None:
    change = await bench.ask(inbound(SUPPORT), schedule=Schedule(at(bench, HOUR)))
    bench.clock.advance(HOUR - timedelta(minutes=1))
    approved = await approve(bench.context, ALAN, change.id)
    assert approved.state is State.APPROVED
    assert not is_due(approved, bench.clock.now())
