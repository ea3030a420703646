"""Asking and deciding: who may, once, and what is recorded."""

import asyncio
from decimal import Decimal

import pytest

from bot.domain.assignment import Assignment, Field, WeightedAgent
from bot.domain.difference import differences
from bot.domain.errors import (
    AlreadyDecided,
    DomainError,
    InvalidSubmission,
    NotAllowed,
    NothingDiffers,
    OwnChange,
    TooLate,
)
from bot.domain.state import State
from bot.sandbox.uponai.seed import SALES, SUPPORT, SUPPORT_NIGHT
from bot.service.applying.claim import claim_next, expire_next
from bot.service.review import approve, cancel, deny
from tests.service.service_harness import ADA, ALAN, NUMBER, RITA, ServiceHarness, inbound, split, time_routing, webhook


async def test_g1_requester_cannot_approve_or_deny_own_change(bench: ServiceHarness) -> None:
    change = await bench.ask(inbound(SUPPORT))
    with pytest.raises(OwnChange, match="someone else must approve"):
        await approve(bench.context, RITA, change.id)
    with pytest.raises(OwnChange):
        await deny(bench.context, RITA, change.id, "no")
    assert await bench.work() == 0
    assert (await bench.read(change)).state is State.PENDING
    assert bench.puts() == []


async def test_g7_a_refusal_is_in_the_record(bench: ServiceHarness) -> None:
    change = await bench.ask(inbound(SUPPORT))
    with pytest.raises(OwnChange):
        await approve(bench.context, RITA, change.id)
    refused = (await bench.record(change)).events[-1]
    assert (refused.event, refused.actor_id, refused.origin) == ("review.refused", "URITA", "test")
    assert refused.after is not None
    assert refused.after["refused"] == "own_change"


async def test_g3_of_two_reviewers_at_once_one_counts_and_the_other_is_told_who_was_first(
    bench: ServiceHarness,
) -> None:
    change = await bench.ask(inbound(SUPPORT))
    outcomes = await asyncio.gather(
        approve(bench.context, ALAN, change.id),
        deny(bench.context, ADA, change.id, "not now"),
        approve(bench.context, ADA, change.id),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
    assert len(refused) == 2
    record = await bench.record(change)
    assert record.change.decided_by is not None
    assert all(f"<@{record.change.decided_by}>" in str(error) for error in refused)
    assert len(record.reviews) == 1
    assert [event.event for event in record.events].count("review.refused") == 2


async def test_a_denial_keeps_its_reason_and_ends_the_change(bench: ServiceHarness) -> None:
    change = await bench.ask(inbound(SUPPORT))
    denied = await deny(bench.context, ALAN, change.id, "Not on a Friday")
    assert (denied.state, denied.decision_reason) == (State.DENIED, "Not on a Friday")
    assert await bench.work() == 0
    assert bench.puts() == []


async def test_only_the_requester_cancels_and_only_until_it_is_applied(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    with pytest.raises(NotAllowed, match="Only <@URITA>"):
        await cancel(bench.context, ADA, change.id)
    canceled = await cancel(bench.context, RITA, change.id)
    assert canceled.state is State.CANCELED
    late = await bench.approved(inbound(SUPPORT))
    await claim_next(bench.context)
    with pytest.raises(TooLate, match="applying"):
        await cancel(bench.context, RITA, late.id)


async def test_g2_one_form_submitted_twice_is_one_change(bench: ServiceHarness) -> None:
    first, second = [await bench.ask(inbound(SUPPORT), key="same") for _ in range(2)]
    assert first.id == second.id


async def test_what_is_the_present_assignment_already_is_not_touched(bench: ServiceHarness) -> None:
    with pytest.raises(NothingDiffers):
        await bench.ask(inbound(SALES, 3))
    with pytest.raises(NothingDiffers):
        await bench.ask(webhook(None))


async def test_an_undecided_change_expires_and_then_nobody_approves_it(bench: ServiceHarness) -> None:
    change = await bench.ask(inbound(SUPPORT))
    bench.clock.advance(bench.context.change_ttl)
    with pytest.raises(TooLate):
        await approve(bench.context, ALAN, change.id)
    expired = await expire_next(bench.context)
    assert expired is not None
    assert expired.state is State.EXPIRED
    with pytest.raises(AlreadyDecided, match="expired"):
        await approve(bench.context, ALAN, change.id)


async def test_an_old_approval_does_not_fire_late(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.clock.advance(bench.context.apply_within)
    await bench.work()
    assert (await bench.read(change)).state is State.EXPIRED
    assert bench.puts() == []


async def test_g12_the_record_never_holds_the_secret_part_of_a_webhook(bench: ServiceHarness) -> None:
    change = await bench.approved(webhook("https://user:hush@hooks.example.com/calls?token=hush"))
    await bench.work()
    record = await bench.record(change)
    assert record.change.state is State.APPLIED
    assert "hush" not in repr(record.events)
    assert "hooks.example.com/calls" in repr(record.events)


async def test_a_change_of_one_number_leaves_the_next_form_at_its_result(bench: ServiceHarness) -> None:
    await bench.approved(time_routing(is_on=True))
    await bench.work()
    with pytest.raises(NothingDiffers):
        await bench.ask(time_routing(is_on=True), number=NUMBER)


async def test_g11_two_agents_of_one_name_are_told_apart_by_their_ids(bench: ServiceHarness) -> None:
    change = await bench.ask(split((SUPPORT, 50), (SUPPORT_NIGHT, 50)))
    (shown,) = differences(change.before, change.after, change.patch.fields, change.agent_names)
    assert shown.after == ("50 %  Support …8335 (unpinned)", "50 %  Support …94de (unpinned)")


async def test_a_split_of_outbound_calls_cannot_be_asked_for(bench: ServiceHarness) -> None:
    half = Decimal("0.5")
    outbound = (WeightedAgent(SALES, 1, half), WeightedAgent(SUPPORT, 1, half))
    with pytest.raises(InvalidSubmission, match="Split them in UponAI's dashboard"):
        await bench.ask(Assignment(outbound=outbound).patch_to([Field.OUTBOUND]))
