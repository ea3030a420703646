"""Applying: exactly what was approved, in order, and never on a guess."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.domain.change import ChangeRequest
from bot.domain.errors import AlreadyDecided, OwnChange
from bot.domain.state import FollowUp, State
from bot.sandbox.uponai.seed import SALES, SUPPORT
from bot.service import lookup
from bot.service import pause as pausing
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from bot.service.follow_up import ask_follow_up
from bot.service.review import approve
from bot.store.errors import LeaseLost
from bot.store.schema import outbox, reviews
from tests.service.service_harness import (
    ADA,
    ALAN,
    LEASE,
    NUMBER,
    RITA,
    SPLIT_NUMBER,
    Bench,
    SleepyDatabase,
    inbound,
    split,
    time_routing,
    webhook,
)


async def test_g5_the_put_carries_the_touched_fields_and_nothing_else(bench: Bench) -> None:
    change = await bench.approved(split((SALES, 60), (SUPPORT, 40)))
    done = await bench.work_until_done(change)
    assert done.state is State.APPLIED
    (put,) = bench.puts()
    assert put["body"].keys() == {"accountSid", "workspaceId", "inboundAgents"}
    assert [agent["weight"] for agent in put["body"]["inboundAgents"]] == [0.6, 0.4]
    assert done.result is not None
    assert change.patch.is_satisfied_by(done.result)


async def test_g5_a_touched_field_that_moved_is_stale_and_nothing_is_sent(bench: Bench) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.dashboard(inbound_agents=[])
    done = await bench.work_until_done(change)
    assert done.state is State.STALE
    assert "inbound calls" in (done.problem or "")
    assert bench.puts() == []


async def test_g5_an_untouched_field_may_move_before_the_look(bench: Bench) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.dashboard(is_time_routing_enabled=True)
    assert (await bench.work_until_done(change)).state is State.APPLIED
    assert bench.live()["is_time_routing_enabled"] is True


async def test_an_untouched_field_that_the_put_moved_is_named(bench: Bench) -> None:
    bench.dashboard(inbound_webhook_url="https://hooks.example.com/a")
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("drops_webhook")
    done = await bench.work_until_done(change)
    assert done.state is State.UNCLEAR
    assert "the inbound webhook" in (done.problem or "")


async def test_a_number_that_did_not_reach_the_platform_is_no_plain_success(bench: Bench) -> None:
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
    bench: Bench, fault: str, options: dict[str, Any], said: str
) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault(fault, **options)
    done = await bench.work_until_done(change)
    assert done.state is State.FAILED
    assert said in (done.problem or "")
    assert bench.live()["inbound_agents"][0]["agent_id"] == SALES


async def test_a_rate_limit_puts_the_change_back_until_it_is_over(bench: Bench) -> None:
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


async def test_while_uponai_is_down_nothing_is_lost_and_then_it_is_applied(bench: Bench) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("down")
    await bench.work()
    assert (await bench.read(change)).state is State.APPROVED
    bench.fault("down", on=False)
    assert (await bench.work_until_done(change)).state is State.APPLIED
    assert len(bench.puts()) == 1


@pytest.mark.parametrize("fault", ["lost_answer", "unreadable"])
async def test_g6_a_lost_answer_of_an_applied_put_is_looked_up_not_sent_again(bench: Bench, fault: str) -> None:
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


async def test_g6_a_put_that_never_arrived_is_sent_again_after_a_look(bench: Bench) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("lost_before", times=1)
    done = await bench.work_until_done(change)
    assert done.state is State.APPLIED
    assert len(bench.puts()) == 2
    assert "change.released" in await bench.events(change)


async def test_g6_somebody_else_wrote_meanwhile_calls_a_person(bench: Bench) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("lost_answer", times=1)
    await bench.work()
    bench.dashboard(inbound_agents=[])
    done = await bench.work_until_done(change)
    assert done.state is State.UNCLEAR
    assert len(bench.puts()) == 1


async def unclear(bench: Bench) -> ChangeRequest:
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


async def test_trying_an_unclear_change_again_looks_first_and_sends_when_it_is_as_before(bench: Bench) -> None:
    change = await unclear(bench)
    await ask_follow_up(bench.context, RITA, change.id, FollowUp.TRY_AGAIN)
    with pytest.raises(AlreadyDecided, match="was first"):
        await ask_follow_up(bench.context, ADA, change.id, FollowUp.RESOLVE)
    assert (await bench.work_until_done(change)).state is State.APPLIED
    assert len(bench.puts()) == 2


async def test_trying_an_unclear_change_again_ends_applied_when_it_is_live(bench: Bench) -> None:
    change = await unclear(bench)
    bench.dashboard(inbound_agents=[{"agent_id": SUPPORT, "agent_version": None, "weight": 1}])
    await ask_follow_up(bench.context, ALAN, change.id, FollowUp.TRY_AGAIN)
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED
    assert len(bench.puts()) == 1


async def test_trying_an_unclear_change_again_too_late_expires_it(bench: Bench) -> None:
    change = await unclear(bench)
    bench.clock.advance(bench.context.apply_within)
    await ask_follow_up(bench.context, ALAN, change.id, FollowUp.TRY_AGAIN)
    await bench.work()
    assert (await bench.read(change)).state is State.EXPIRED
    assert len(bench.puts()) == 1


async def test_somebody_other_than_the_requester_marks_an_unclear_change_as_resolved(bench: Bench) -> None:
    change = await unclear(bench)
    with pytest.raises(OwnChange):
        await ask_follow_up(bench.context, RITA, change.id, FollowUp.RESOLVE)
    await ask_follow_up(bench.context, ADA, change.id, FollowUp.RESOLVE)
    await bench.work()
    done = await bench.read(change)
    assert done.state is State.RESOLVED
    assert done.result is not None
    assert done.result.inbound[0].agent_id == SALES


async def test_an_unclear_change_holds_later_ones_of_the_same_field_alone(bench: Bench) -> None:
    change = await unclear(bench)
    other = await bench.approved(time_routing(is_on=True))
    same = await bench.approved(inbound(SALES, 2))
    await bench.work()
    assert (await bench.read(same)).state is State.APPROVED
    assert (await bench.read(other)).state is State.APPLIED
    await ask_follow_up(bench.context, ADA, change.id, FollowUp.RESOLVE)
    await bench.work()
    assert (await bench.read(same)).state is State.APPLIED


async def test_g4_changes_of_one_number_apply_in_the_order_of_their_approval(bench: Bench) -> None:
    first = await bench.ask(time_routing(is_on=True))
    second = await bench.ask(webhook("https://hooks.example.com/b"))
    await approve(bench.context, ALAN, second.id)
    await approve(bench.context, ALAN, first.id)
    await bench.work()
    fields = [sorted(put["body"].keys() - {"accountSid", "workspaceId"}) for put in bench.puts()]
    assert fields == [["inboundWebhookUrl"], ["isTimeRoutingEnabled"]]


async def test_g4_one_change_of_a_number_at_a_time_and_numbers_do_not_wait(bench: Bench) -> None:
    await bench.approved(time_routing(is_on=True))
    await bench.approved(webhook("https://hooks.example.com/b"))
    await bench.approved(time_routing(is_on=False), number=SPLIT_NUMBER)
    claimed = [await claim_next(bench.context) for _ in range(3)]
    assert [change.key.number for change in claimed if change] == [NUMBER, SPLIT_NUMBER]


async def test_the_other_change_of_a_field_goes_stale_when_one_is_applied(bench: Bench) -> None:
    first = await bench.ask(inbound(SUPPORT))
    waiting = await bench.ask(inbound(SALES, 1))
    elsewhere = await bench.ask(time_routing(is_on=True))
    await approve(bench.context, ALAN, first.id)
    await bench.work()
    stale = await bench.read(waiting)
    assert stale.state is State.STALE
    assert first.label in (stale.problem or "")
    assert (await bench.read(elsewhere)).state is State.PENDING


async def test_nothing_is_sent_while_paused_and_asking_and_approving_go_on(bench: Bench) -> None:
    await pausing.pause(bench.context, ADA, "C1")
    change = await bench.approved(inbound(SUPPORT))
    assert await bench.work() == 0
    with pytest.raises(AlreadyDecided):
        await pausing.pause(bench.context, ALAN, "C1")
    await pausing.resume(bench.context, ALAN, "C1")
    assert (await bench.work_until_done(change)).state is State.APPLIED


async def test_a_pause_between_look_and_send_still_stops_it(bench: Bench) -> None:
    change = await bench.approved(inbound(SUPPORT))
    claimed = await claim_next(bench.context)
    assert claimed is not None
    await pausing.pause(bench.context, ADA, "C1")
    await apply(bench.context, claimed)
    assert (await bench.read(change)).state is State.APPROVED
    assert bench.puts() == []


async def test_g2_a_worker_that_lost_its_lease_writes_nothing(bench: Bench) -> None:
    change = await bench.approved(inbound(SUPPORT))
    slow = await claim_next(bench.context)
    assert slow is not None
    bench.clock.advance(LEASE)
    assert (await bench.work_until_done(change)).state is State.APPLIED
    with pytest.raises(LeaseLost):
        await apply(bench.context, slow)
    assert len(bench.puts()) == 1


async def test_g2_two_workers_at_once_apply_a_change_once(bench: Bench) -> None:
    changes = [
        await bench.approved(time_routing(is_on=not bench.live(number)["is_time_routing_enabled"]), number=number)
        for number in (NUMBER, SPLIT_NUMBER, "+442079460958", "ext-4001")
    ]
    await asyncio.gather(bench.work(), bench.work(), bench.work())
    assert {(await bench.read(change)).state for change in changes} == {State.APPLIED}
    assert len(bench.puts()) == len(changes)


async def test_g4_a_worker_that_stood_still_after_marking_sends_nothing_under_a_lost_lease(bench: Bench) -> None:
    change = await bench.approved(time_routing(is_on=True))
    slow = await claim_next(bench.context)
    assert slow is not None
    # The process stands still right after it has committed that a PUT leaves now.
    sleepy = SleepyDatabase(bench.context.database, lambda: bench.clock.advance(LEASE))
    with pytest.raises(LeaseLost, match="too little of the lease"):
        await apply(bench.with_database(sleepy), slow)
    assert bench.puts() == []
    assert (await bench.work_until_done(change)).state is State.APPLIED
    assert len(bench.puts()) == 1


async def test_a_change_whose_approval_was_withdrawn_does_not_stop_the_others(bench: Bench) -> None:
    first = await bench.approved(time_routing(is_on=True))
    async with bench.context.database.transaction() as tx:
        await tx.execute(update(reviews).where(reviews.c.change_id == first.id).values(withdrawn_at=reviews.c.at))
    second = await bench.approved(time_routing(is_on=False), number=SPLIT_NUMBER)
    assert (await bench.work_until_done(second)).state is State.APPLIED
    assert (await bench.read(first)).state is State.APPROVED
    assert len(bench.puts()) == 1


async def test_puts_that_get_lost_again_and_again_are_spaced_out_and_told_once(bench: Bench) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("lost_before", scope="writes")
    for _ in range(60):
        await bench.work()
        bench.clock.advance(timedelta(seconds=2))
    assert 3 <= len(bench.puts()) <= 15
    async with bench.context.database.reading() as tx:
        told = (await tx.scalars(select(outbox.c.fact).where(outbox.c.fact.contains("answer_lost")))).all()
    assert told == [f"{change.label}/answer_lost"]
