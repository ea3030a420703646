"""One form gives one change at a time: what is sent again is the same, is refused, or is a change of its own."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.change import ChangeRequest
from bot.domain.errors import AlreadyAsked, UnknownChange
from bot.domain.state import Origin, State
from bot.sandbox.uponai.seed import BOOKINGS, FRONT_DESK, SALES, SUPPORT
from bot.service import lookup
from bot.service.applying.claim import claim_next, expire_next
from bot.service.history import pending
from bot.service.review import approve, cancel, deny
from tests.service.service_harness import (
    ALAN,
    NUMBER,
    RITA,
    SPLIT_NUMBER,
    TEAM,
    ServiceHarness,
    inbound,
    time_routing,
    webhook,
)


def outbound(agent_id: str, version: int | None = None) -> AssignmentPatch:
    return Assignment(outbound=(WeightedAgent(agent_id, version),)).patch_to([Field.OUTBOUND])


async def is_refused(
    bench: ServiceHarness, patch: AssignmentPatch, *, number: str = NUMBER, reason: str = "Because"
) -> AlreadyAsked:
    with pytest.raises(AlreadyAsked) as caught:
        await bench.ask(patch, key="form", number=number, reason=reason)
    return caught.value


async def test_g2_a_corrected_form_is_refused_and_what_was_asked_stands(bench: ServiceHarness) -> None:
    first = await bench.ask(inbound(SUPPORT), key="form", reason="Support is back")
    refusal = await is_refused(bench, inbound(FRONT_DESK), reason="Support is back")
    assert (refusal.field, refusal.is_number, refusal.can_withdraw) == (Field.INBOUND, False, True)
    assert "You asked for RN-1 from this form already, and it is pending." in str(refusal)
    assert "because “Support is back”" in str(refusal)
    assert (await is_refused(bench, inbound(SUPPORT), number=SPLIT_NUMBER)).is_number
    assert (await is_refused(bench, inbound(SUPPORT), reason="Other words")).field is None
    record = await bench.record(first)
    assert record.change == first
    events = [(event.event, event.actor_id) for event in record.events]
    assert events == [("change.submitted", "URITA"), *[("ask.refused", "URITA")] * 3]
    assert await pending(bench.context, TEAM, 9) == [first]


async def test_the_same_is_found_whatever_became_of_mirror_and_number_meanwhile(bench: ServiceHarness) -> None:
    submission = AssignmentPatch(
        Assignment(inbound=(WeightedAgent(SALES, 3),), outbound=(WeightedAgent(BOOKINGS),)),
        frozenset({Field.INBOUND, Field.OUTBOUND}),
    )
    first = await bench.ask(submission, key="form")
    assert first.patch.fields == {Field.OUTBOUND}
    bench.uponai.account.agents[BOOKINGS]["versions"].insert(0, {"version": 9, "updated_at": "2026-11-24T00:00:00Z"})
    bench.uponai.account.set_number(NUMBER, {"inbound_agents": []})
    await lookup.refresh_agents(bench.context)
    await lookup.refresh_numbers(bench.context)
    assert (await bench.ask(submission, key="form")).id == first.id
    assert (await is_refused(bench, outbound(BOOKINGS, 1))).field is Field.OUTBOUND
    assert (await is_refused(bench, outbound(SALES))).field is Field.OUTBOUND


async def test_what_was_applied_meanwhile_is_found_too(bench: ServiceHarness) -> None:
    first = await bench.ask(inbound(SUPPORT), key="form")
    await approve(bench.context, ALAN, first.id)
    await bench.work()
    assert (await bench.ask(inbound(SUPPORT), key="form")).state is State.APPLIED
    assert len(bench.puts()) == 1


End = Callable[[ServiceHarness, ChangeRequest], Awaitable[None]]


async def withdrawn(bench: ServiceHarness, change: ChangeRequest) -> None:
    await cancel(bench.context, RITA, change.id)


async def denied(bench: ServiceHarness, change: ChangeRequest) -> None:
    await deny(bench.context, ALAN, change.id, "No")


async def expired(bench: ServiceHarness, _change: ChangeRequest) -> None:
    bench.clock.advance(bench.context.change_ttl)
    assert await expire_next(bench.context) is not None


async def applied(bench: ServiceHarness, change: ChangeRequest) -> None:
    await approve(bench.context, ALAN, change.id)
    await bench.work()


@pytest.mark.parametrize("end", [withdrawn, denied, expired, applied])
async def test_when_the_first_has_ended_the_correction_is_a_change_of_its_own(bench: ServiceHarness, end: End) -> None:
    await end(bench, await bench.ask(inbound(SUPPORT), key="form"))
    second, again = [await bench.ask(inbound(FRONT_DESK), key="form") for _ in range(2)]
    assert (second.id, again.id) == (2, 2)
    assert "RN-2" in str(await is_refused(bench, inbound(BOOKINGS)))
    await withdrawn(bench, second)
    assert (await bench.ask(inbound(BOOKINGS), key="form")).id == 3


@pytest.mark.parametrize("end", [withdrawn, denied, expired])
async def test_what_ended_is_not_taken_for_asked_when_it_is_sent_again(bench: ServiceHarness, end: End) -> None:
    await end(bench, await bench.ask(inbound(SUPPORT), key="form"))
    assert "exactly this" in str(await is_refused(bench, inbound(SUPPORT)))
    assert await pending(bench.context, TEAM, 9) == []


async def test_while_it_is_applied_it_can_no_longer_be_withdrawn(bench: ServiceHarness) -> None:
    await approve(bench.context, ALAN, (await bench.ask(inbound(SUPPORT), key="form")).id)
    assert (await is_refused(bench, inbound(FRONT_DESK))).can_withdraw
    await claim_next(bench.context)
    refusal = await is_refused(bench, inbound(FRONT_DESK))
    assert not refusal.can_withdraw
    assert "is applying" in str(refusal)


async def test_g2_of_forms_that_are_sent_at_once_one_is_stored_and_no_other_is_taken_for_it(
    bench: ServiceHarness,
) -> None:
    wishes = [inbound(SUPPORT), inbound(FRONT_DESK), inbound(SUPPORT), time_routing(is_on=True)]
    outcomes = await asyncio.gather(
        *(bench.ask(submission, key="form") for submission in wishes), return_exceptions=True
    )
    (stored,) = await pending(bench.context, TEAM, 9)
    for submission, outcome in zip(wishes, outcomes, strict=True):
        if isinstance(outcome, ChangeRequest):
            assert outcome.id == stored.id
            assert outcome.patch == submission
        else:
            assert isinstance(outcome, AlreadyAsked)
            assert outcome.change_id == stored.id


async def test_a_revert_claims_to_undo_only_what_it_undoes(bench: ServiceHarness) -> None:
    parent = await bench.approved(inbound(SUPPORT))
    early = await bench.ask(inbound(SALES, 1), parent_id=parent.id)
    await bench.work()
    back = parent.before.patch_to(parent.patch.fields)
    asked = [
        await bench.ask(back, parent_id=parent.id),
        await bench.ask(back, number=SPLIT_NUMBER, parent_id=parent.id),
        await bench.ask(inbound(FRONT_DESK), parent_id=parent.id),
        await bench.ask(webhook("https://hooks.example.com/calls"), parent_id=parent.id),
        await bench.ask(back),
    ]
    assert [change.origin for change in (early, *asked)] == [None, Origin.REVERT, None, None, None, None]
    assert [change.parent_id for change in (early, *asked)] == [parent.id] * 5 + [None]
    record = await bench.record(asked[1])
    assert record.events[0].after is not None
    assert (record.events[0].after["parent_id"], record.events[0].after["origin"]) == (parent.id, None)


async def test_only_the_same_wishes_ask_again(bench: ServiceHarness) -> None:
    parent = await bench.ask(inbound(SUPPORT))
    open_yet = await bench.ask(inbound(SUPPORT), parent_id=parent.id)
    await denied(bench, parent)
    again = await bench.ask(inbound(SUPPORT), parent_id=parent.id)
    other = await bench.ask(inbound(FRONT_DESK), parent_id=parent.id)
    assert [change.origin for change in (open_yet, again, other)] == [None, Origin.TRY_AGAIN, None]


async def test_a_parent_that_does_not_exist_is_refused(bench: ServiceHarness) -> None:
    with pytest.raises(UnknownChange, match="RN-77"):
        await bench.ask(inbound(SUPPORT), parent_id=77)
    assert await pending(bench.context, TEAM, 9) == []
