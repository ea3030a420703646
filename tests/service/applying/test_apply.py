"""Applying: exactly what was approved, in order, and never on a guess."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.change import ChangeRequest
from bot.domain.errors import AlreadyDecided, OwnChange
from bot.domain.state import FollowUp, State
from bot.sandbox.uponai.seed import SALES, SUPPORT
from bot.service import lookup
from bot.service.follow_up import ask_follow_up
from tests.service.service_harness import (
    ADA,
    ALAN,
    RITA,
    ServiceHarness,
    inbound,
    split,
    time_routing,
)


async def test_g5_the_put_carries_the_touched_fields_and_nothing_else(bench: ServiceHarness) -> None:
    change = await bench.approved(split((SALES, 60), (SUPPORT, 40)))
    done = await bench.work_until_done(change)
    assert done.state is State.APPLIED
    (put,) = bench.puts()
    assert put["body"].keys() == {"accountSid", "workspaceId", "inboundAgents"}
    assert [agent["weight"] for agent in put["body"]["inboundAgents"]] == [0.6, 0.4]
    assert done.result is not None
    assert change.patch.is_satisfied_by(done.result)


async def test_g5_a_touched_field_that_moved_is_stale_and_nothing_is_sent(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.dashboard(inbound_agents=[])
    done = await bench.work_until_done(change)
    assert done.state is State.STALE
    assert "inbound calls" in (done.problem or "")
    assert bench.puts() == []


async def test_g5_an_untouched_field_may_move_before_the_look(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.dashboard(is_time_routing_enabled=True)
    assert (await bench.work_until_done(change)).state is State.APPLIED
    assert bench.live()["is_time_routing_enabled"] is True


async def test_g5_an_untouched_field_that_the_put_moved_is_named(bench: ServiceHarness) -> None:
    bench.dashboard(inbound_webhook_url="https://hooks.example.com/a")
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("drops_webhook")
    done = await bench.work_until_done(change)
    assert done.state is State.UNCLEAR
    assert "the inbound webhook" in (done.problem or "")


async def test_a_number_that_did_not_reach_the_platform_is_no_plain_success(bench: ServiceHarness) -> None:
    bench.fault("import_error")
    done = await bench.work_until_done(await bench.approved(inbound(SUPPORT)))
    assert done.state is State.UNCLEAR
    assert "telephony platform" in (done.problem or "")


@pytest.mark.parametrize(
    ("fault", "options", "said"),
    [
        ("refuse", {"message": "The agent is retired."}, "The agent is retired."),
        ("success_false", {"message": "Not today."}, "Not today."),
        ("refuse", {"status": 403, "scope": "writes"}, "UPONAI_API_TOKEN"),
        ("refuse", {"status": 403, "scope": "all"}, "UPONAI_API_TOKEN"),
    ],
)
async def test_what_is_refused_for_good_fails_with_the_reason(
    bench: ServiceHarness, fault: str, options: dict[str, Any], said: str
) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault(fault, **options)
    done = await bench.work_until_done(change)
    assert done.state is State.FAILED
    assert said in (done.problem or "")
    assert bench.live()["inbound_agents"][0]["agent_id"] == SALES


async def test_a_rate_limit_puts_the_change_back_until_it_is_over(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("rate_limit", scope="writes", retry_after=40, times=1)
    await bench.work()
    waiting = await bench.read(change)
    assert waiting.state is State.APPROVED
    assert waiting.not_before is not None
    assert waiting.not_before - bench.clock.now() > timedelta(seconds=30)
    bench.clock.advance(timedelta(seconds=41))
    assert (await bench.work_until_done(change)).state is State.APPLIED
    assert bench.live()["inbound_agents"][0]["agent_id"] == SUPPORT


async def test_g2_while_uponai_is_down_nothing_is_lost_and_then_it_is_applied(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("down")
    await bench.work()
    assert (await bench.read(change)).state is State.APPROVED
    bench.fault("down", on=False)
    assert (await bench.work_until_done(change)).state is State.APPLIED
    assert len(bench.puts()) == 1


@pytest.mark.parametrize("fault", ["lost_answer", "unreadable"])
async def test_g6_a_lost_answer_of_an_applied_put_is_looked_up_not_sent_again(
    bench: ServiceHarness, fault: str
) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault(fault, times=1)
    await bench.work()
    held = await bench.read(change)
    assert held.state is State.APPLYING
    assert await bench.work() == 0
    bench.clock.advance(bench.context.uponai_timeout)
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED
    assert len(bench.puts()) == 1


async def test_g6_a_put_that_never_arrived_is_sent_again_after_a_look(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("lost_before", times=1)
    done = await bench.work_until_done(change)
    assert done.state is State.APPLIED
    assert len(bench.puts()) == 2
    assert "change.released" in await bench.events(change)


async def test_g6_somebody_else_wrote_meanwhile_calls_a_person(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("lost_answer", times=1)
    await bench.work()
    bench.dashboard(inbound_agents=[])
    done = await bench.work_until_done(change)
    assert done.state is State.UNCLEAR
    assert len(bench.puts()) == 1


async def unclear(bench: ServiceHarness) -> ChangeRequest:
    """Bring a change to `unclear`, the former assignment put back by hand since."""
    change = await bench.approved(inbound(SUPPORT))
    former = bench.live()["inbound_agents"]
    bench.fault("lost_answer", times=1)
    await bench.work()
    bench.dashboard(inbound_agents=[])
    done = await bench.work_until_done(change)
    assert done.state is State.UNCLEAR
    bench.dashboard(inbound_agents=former)
    await lookup.refresh_numbers(bench.context)
    return done


async def test_g6_trying_an_unclear_change_again_looks_first_and_sends_when_it_is_as_before(
    bench: ServiceHarness,
) -> None:
    change = await unclear(bench)
    await ask_follow_up(bench.context, RITA, change.id, FollowUp.TRY_AGAIN)
    with pytest.raises(AlreadyDecided, match="was first"):
        await ask_follow_up(bench.context, ADA, change.id, FollowUp.RESOLVE)
    assert (await bench.work_until_done(change)).state is State.APPLIED
    assert len(bench.puts()) == 2


async def test_g6_trying_an_unclear_change_again_ends_applied_when_it_is_live(bench: ServiceHarness) -> None:
    change = await unclear(bench)
    bench.dashboard(inbound_agents=[{"agent_id": SUPPORT, "agent_version": None, "weight": 1}])
    await ask_follow_up(bench.context, ALAN, change.id, FollowUp.TRY_AGAIN)
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED
    assert len(bench.puts()) == 1


async def test_g6_trying_an_unclear_change_again_too_late_expires_it(bench: ServiceHarness) -> None:
    change = await unclear(bench)
    bench.clock.advance(bench.context.apply_within)
    await ask_follow_up(bench.context, ALAN, change.id, FollowUp.TRY_AGAIN)
    await bench.work()
    assert (await bench.read(change)).state is State.EXPIRED
    assert len(bench.puts()) == 1


async def test_g6_somebody_other_than_the_requester_marks_an_unclear_change_as_resolved(bench: ServiceHarness) -> None:
    change = await unclear(bench)
    with pytest.raises(OwnChange):
        await ask_follow_up(bench.context, RITA, change.id, FollowUp.RESOLVE)
    await ask_follow_up(bench.context, ADA, change.id, FollowUp.RESOLVE)
    await bench.work()
    done = await bench.read(change)
    assert done.state is State.RESOLVED
    assert done.result is not None
    assert done.result.inbound[0].agent_id == SALES


async def test_g6_an_unclear_change_holds_later_ones_of_the_same_field_alone(bench: ServiceHarness) -> None:
    change = await unclear(bench)
    other = await bench.approved(time_routing(is_on=True))
    same = await bench.approved(inbound(SALES, 2))
    await bench.work()
    assert (await bench.read(same)).state is State.APPROVED
    assert (await bench.read(other)).state is State.APPLIED
    await ask_follow_up(bench.context, ADA, change.id, FollowUp.RESOLVE)
    await bench.work()
    assert (await bench.read(same)).state is State.APPLIED
