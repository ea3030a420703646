"""Waiting for UponAI: told and recorded when it begins, when its cause changes and when it ends, and not in between."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.domain.change import ChangeRequest
from bot.domain.state import FollowUp, State, WaitCause
from bot.sandbox.uponai.seed import SALES, SUPPORT
from bot.service import pause as pausing
from bot.service.applying.claim import claim_next, claim_waiting, take_waiting
from bot.service.applying.retry import retry
from bot.service.context import ServiceContext
from bot.service.follow_up import ask_follow_up
from bot.service.review import cancel
from bot.store.schema import outbox
from bot.uponai.client import UponAIClient
from tests.service.service_harness import (
    ACCOUNT_SID,
    ADA,
    ALAN,
    LEASE,
    NUMBER,
    RITA,
    SPLIT_NUMBER,
    TOKEN,
    ServiceHarness,
    inbound,
    time_routing,
    webhook,
)

SECOND = timedelta(seconds=1)
READS: dict[str, dict[str, Any]] = {
    "down": {},
    "error": {"scope": "all"},
    "rate_limit": {"scope": "all", "retry_after": 3},
    "unauthorized": {"scope": "all"},
    "unreadable": {"scope": "all"},
}


@pytest.fixture
async def impatient(bench: ServiceHarness) -> AsyncIterator[ServiceContext]:
    """A bot whose reads fail without a second try: an hour of them takes seconds."""
    client = UponAIClient(
        token=TOKEN,
        account_sid=ACCOUNT_SID,
        workspace_id=1,
        base_url=bench.context.uponai._calls._base_url,
        timeout=timedelta(seconds=0.15),
        now=bench.clock.now,
    )
    yield replace(bench.context, uponai=client)
    await client.aclose()


async def rows(bench: ServiceHarness, change: ChangeRequest) -> tuple[list[str], int]:
    """Return the tags of a change's events, and how many messages were recorded for it."""
    async with bench.context.database.reading() as tx:
        messages = await tx.scalar(select(func.count()).where(outbox.c.change_id == change.id))
    return await bench.events(change), messages or 0


async def told(bench: ServiceHarness, words: str) -> list[str]:
    async with bench.context.database.reading() as tx:
        return list((await tx.scalars(select(outbox.c.fact).where(outbox.c.fact.contains(words)))).all())


async def work_for(bench: ServiceHarness, context: ServiceContext, time: timedelta, *, poll: timedelta) -> None:
    for _ in range(time // poll):
        bench.clock.advance(poll)
        await bench.work(context)


async def waiting(bench: ServiceHarness, context: ServiceContext) -> ChangeRequest:
    """Bring a change to wait for a UponAI that is down."""
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("down")
    await bench.work(context)
    return await bench.read(change)


@pytest.mark.parametrize("fault", READS)
async def test_an_hour_of_waiting_is_one_event_and_then_it_is_applied_within_one_backoff(
    bench: ServiceHarness, impatient: ServiceContext, fault: str
) -> None:
    changes = [await bench.approved(time_routing(is_on=n == NUMBER), number=n) for n in (NUMBER, SPLIT_NUMBER)]
    bench.fault(fault, **READS[fault])
    # What is not read a second time comes at once: there a slow machine must not be taken for a server that is away.
    bot = bench.context if fault in ("unauthorized", "unreadable") else impatient
    await bench.work(bot)
    began = [await rows(bench, change) for change in changes]
    # In the end a look is due every half lease, whatever the polls.
    await work_for(bench, bot, timedelta(seconds=20), poll=SECOND)
    await work_for(bench, bot, timedelta(minutes=55), poll=LEASE * 4)
    for change, (events, messages) in zip(changes, began, strict=True):
        assert events == ["change.submitted", "change.approved", "change.applying", "change.waiting"]
        assert await rows(bench, change) == (events, messages)
        assert len(await told(bench, f"{change.label}/waiting")) == 1
    bench.fault(fault, on=False)
    bench.clock.advance(LEASE / 2)
    await bench.work()
    for change, (events, _) in zip(changes, began, strict=True):
        done = await bench.read(change)
        assert (done.state, done.wait_cause) == (State.APPLIED, None)
        assert await bench.events(change) == [*events, "change.applying", "change.sending", "change.applied"]


async def test_a_wait_whose_cause_changes_is_recorded_again_and_each_cause_is_told_once(
    bench: ServiceHarness, impatient: ServiceContext
) -> None:
    change = await waiting(bench, impatient)
    assert change.wait_cause is WaitCause.UNAVAILABLE
    bench.fault("down", on=False)
    for _ in range(2):
        bench.fault("unauthorized")
        await work_for(bench, bench.context, LEASE * 2, poll=LEASE)
        assert (await bench.read(change)).wait_cause is WaitCause.UNAUTHORIZED
        bench.fault("unauthorized", on=False)
        bench.fault("error", scope="reads")
        await work_for(bench, impatient, LEASE * 2, poll=LEASE)
        bench.fault("error", on=False)
    now = await bench.read(change)
    assert (now.wait_cause, now.waiting_since) == (WaitCause.UNAVAILABLE, change.waiting_since)
    assert (await bench.events(change)).count("change.waiting") == 5
    assert len(await told(bench, f"{change.label}/waiting")) == 2


async def test_a_wait_ends_with_how_long_it_was_in_the_record(bench: ServiceHarness, impatient: ServiceContext) -> None:
    change = await waiting(bench, impatient)
    bench.fault("down", on=False)
    bench.clock.advance(LEASE)
    await bench.work()
    assert change.waiting_since is not None
    begun = next(e for e in (await bench.record(change)).events if e.event == "change.applying" and e.after != {})
    ended = (await bench.record(change)).events[-3]
    assert begun.after is not None
    assert ended.after is not None
    assert "waiting_since" not in begun.after
    assert ended.after["waiting_since"] == change.waiting_since.isoformat()


async def test_a_change_that_waits_can_be_canceled_while_it_is_looked_for(
    bench: ServiceHarness, impatient: ServiceContext
) -> None:
    change = await waiting(bench, impatient)
    bench.clock.advance(LEASE)
    looked_for = await take_waiting(bench.context)
    assert looked_for is not None
    await cancel(bench.context, RITA, change.id)
    bench.fault("down", on=False)
    await retry(bench.context, looked_for)
    assert (await bench.read(change)).state is State.CANCELED
    assert bench.puts() == []


async def test_a_look_that_failed_for_a_change_that_moved_on_leaves_it_alone(
    bench: ServiceHarness, impatient: ServiceContext
) -> None:
    change = await waiting(bench, impatient)
    bench.clock.advance(LEASE)
    slow = await take_waiting(bench.context)
    assert slow is not None
    bench.clock.advance(LEASE)
    other = await take_waiting(bench.context)
    assert other is not None
    await retry(impatient, slow)
    assert await bench.read(change) == other


async def test_a_change_that_waits_expires_as_ever(bench: ServiceHarness, impatient: ServiceContext) -> None:
    change = await waiting(bench, impatient)
    bench.clock.advance(bench.context.apply_within)
    await bench.work(impatient)
    done = await bench.read(change)
    assert (done.state, done.wait_cause) == (State.EXPIRED, None)


async def test_g4_a_change_that_waits_holds_the_later_ones_of_its_number(
    bench: ServiceHarness, impatient: ServiceContext
) -> None:
    await waiting(bench, impatient)
    bench.fault("down", on=False)
    later = await bench.approved(webhook("https://hooks.example.com/b"))
    elsewhere = await bench.approved(time_routing(is_on=False), number=SPLIT_NUMBER)
    claimed = await claim_next(bench.context)
    assert claimed is not None
    assert claimed.id == elsewhere.id
    assert await claim_next(bench.context) is None
    bench.clock.advance(LEASE)
    await bench.work()
    assert (await bench.read(later)).state is State.APPLIED
    fields = [put["body"].keys() - {"accountSid", "workspaceId"} for put in bench.puts() if "23" in put["path"]]
    assert fields == [{"inboundAgents"}, {"inboundWebhookUrl"}]


async def test_g4_two_workers_that_look_for_one_waiting_change_claim_it_once(
    bench: ServiceHarness, impatient: ServiceContext
) -> None:
    change = await waiting(bench, impatient)
    bench.clock.advance(LEASE)
    assert await take_waiting(bench.context) is not None
    assert await take_waiting(bench.context) is None
    bench.clock.advance(LEASE)
    second = await take_waiting(bench.context)
    assert second is not None
    assert await claim_waiting(bench.context, second) is not None
    assert await claim_waiting(bench.context, second) is None
    assert (await bench.read(change)).state is State.APPLYING


async def test_g5_a_waiting_change_is_looked_at_again_after_its_claim(
    bench: ServiceHarness, impatient: ServiceContext
) -> None:
    change = await waiting(bench, impatient)
    bench.fault("down", on=False)
    bench.clock.advance(LEASE)
    looked_for = await take_waiting(bench.context)
    assert looked_for is not None

    def change_it_meanwhile() -> bool:
        bench.dashboard(inbound_agents=[])
        return True

    await retry(bench.context, looked_for, may_claim=change_it_meanwhile)
    assert (await bench.read(change)).state is State.STALE
    assert bench.puts() == []


async def test_a_worker_that_is_stopped_during_the_look_claims_nothing(
    bench: ServiceHarness, impatient: ServiceContext
) -> None:
    change = await waiting(bench, impatient)
    bench.fault("down", on=False)
    bench.clock.advance(LEASE)
    looked_for = await take_waiting(bench.context)
    assert looked_for is not None
    await retry(bench.context, looked_for, may_claim=lambda: False)
    assert (await bench.read(change)).state is State.APPROVED
    # Whoever comes next need not wait.
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED


async def test_nothing_is_written_for_a_change_while_sending_is_paused(
    bench: ServiceHarness, impatient: ServiceContext
) -> None:
    change = await waiting(bench, impatient)
    await pausing.pause(bench.context, ADA, "C1")
    before = await rows(bench, change)
    await work_for(bench, impatient, timedelta(minutes=30), poll=LEASE)
    assert await rows(bench, change) == before
    bench.fault("down", on=False)
    await pausing.resume(bench.context, ADA, "C1")
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED


async def test_g6_a_lost_answer_that_cannot_be_looked_up_leaves_no_trail(
    bench: ServiceHarness, impatient: ServiceContext
) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("lost_answer", times=1)
    await bench.work()
    bench.fault("down")
    before = await rows(bench, change)
    await work_for(bench, impatient, timedelta(minutes=30), poll=LEASE)
    assert await rows(bench, change) == before
    bench.fault("down", on=False)
    assert (await bench.work_until_done(change)).state is State.APPLIED


async def test_g6_an_unclear_change_that_cannot_be_looked_at_leaves_no_trail(
    bench: ServiceHarness, impatient: ServiceContext
) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("import_error", times=1)
    assert (await bench.work_until_done(change)).state is State.UNCLEAR
    await ask_follow_up(bench.context, ALAN, change.id, FollowUp.RESOLVE)
    bench.fault("down")
    await bench.work(impatient)
    before = await rows(bench, change)
    await work_for(bench, impatient, timedelta(minutes=30), poll=LEASE)
    assert await rows(bench, change) == before
    bench.fault("down", on=False)
    bench.clock.advance(LEASE)
    await bench.work()
    assert (await bench.read(change)).state is State.RESOLVED
    assert bench.live()["inbound_agents"][0]["agent_id"] != SALES


async def test_puts_that_are_refused_for_now_are_spaced_out_and_told_once(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("rate_limit", scope="writes", retry_after=0.1)
    await bench.work()
    await work_for(bench, bench.context, timedelta(minutes=5), poll=timedelta(seconds=5))
    assert len(bench.puts()) <= 6 + timedelta(minutes=5) / LEASE
    assert (await bench.events(change)).count("change.waiting") == 1
    assert len(await told(bench, f"{change.label}/waiting")) == 1
    bench.fault("rate_limit", on=False)
    bench.clock.advance(LEASE)
    await bench.work()
    assert (await bench.read(change)).state is State.APPLIED
