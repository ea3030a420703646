"""One number at a time, in the order of approval, under leases that end."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.domain.errors import AlreadyDecided
from bot.domain.state import State
from bot.sandbox.uponai.seed import SALES, SUPPORT
from bot.service import pause as pausing
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from bot.service.review import approve
from bot.store.errors import LeaseLost
from bot.store.schema import outbox, reviews
from tests.service.service_harness import (
    ADA,
    ALAN,
    LEASE,
    NUMBER,
    SPLIT_NUMBER,
    ServiceHarness,
    SleepyDatabase,
    inbound,
    time_routing,
    webhook,
)


async def test_g4_changes_of_one_number_apply_in_the_order_of_their_approval(bench: ServiceHarness) -> None:
    first = await bench.ask(time_routing(is_on=True))
    second = await bench.ask(webhook("https://hooks.example.com/b"))
    await approve(bench.context, ALAN, second.id)
    await approve(bench.context, ALAN, first.id)
    await bench.work()
    fields = [sorted(put["body"].keys() - {"accountSid", "workspaceId"}) for put in bench.puts()]
    assert fields == [["inboundWebhookUrl"], ["isTimeRoutingEnabled"]]


async def test_g4_one_change_of_a_number_at_a_time_and_numbers_do_not_wait(bench: ServiceHarness) -> None:
    await bench.approved(time_routing(is_on=True))
    await bench.approved(webhook("https://hooks.example.com/b"))
    await bench.approved(time_routing(is_on=False), number=SPLIT_NUMBER)
    claimed = [await claim_next(bench.context) for _ in range(3)]
    assert [change.key.number for change in claimed if change] == [NUMBER, SPLIT_NUMBER]


async def test_g4_the_other_change_of_a_field_goes_stale_when_one_is_applied(bench: ServiceHarness) -> None:
    first = await bench.ask(inbound(SUPPORT))
    waiting = await bench.ask(inbound(SALES, 1))
    elsewhere = await bench.ask(time_routing(is_on=True))
    await approve(bench.context, ALAN, first.id)
    await bench.work()
    stale = await bench.read(waiting)
    assert stale.state is State.STALE
    assert first.label in (stale.problem or "")
    assert (await bench.read(elsewhere)).state is State.PENDING


async def test_nothing_is_sent_while_paused_and_asking_and_approving_go_on(bench: ServiceHarness) -> None:
    await pausing.pause(bench.context, ADA, "C1")
    change = await bench.approved(inbound(SUPPORT))
    assert await bench.work() == 0
    with pytest.raises(AlreadyDecided):
        await pausing.pause(bench.context, ALAN, "C1")
    await pausing.resume(bench.context, ALAN, "C1")
    assert (await bench.work_until_done(change)).state is State.APPLIED


async def test_a_pause_between_look_and_send_still_stops_it(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    claimed = await claim_next(bench.context)
    assert claimed is not None
    await pausing.pause(bench.context, ADA, "C1")
    await apply(bench.context, claimed)
    assert (await bench.read(change)).state is State.APPROVED
    assert bench.puts() == []


async def test_g2_a_worker_that_lost_its_lease_writes_nothing(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    slow = await claim_next(bench.context)
    assert slow is not None
    bench.clock.advance(LEASE)
    assert (await bench.work_until_done(change)).state is State.APPLIED
    with pytest.raises(LeaseLost):
        await apply(bench.context, slow)
    assert len(bench.puts()) == 1


async def test_g2_two_workers_at_once_apply_a_change_once(bench: ServiceHarness) -> None:
    changes = [
        await bench.approved(time_routing(is_on=not bench.live(number)["is_time_routing_enabled"]), number=number)
        for number in (NUMBER, SPLIT_NUMBER, "+442079460958", "ext-4001")
    ]
    await asyncio.gather(bench.work(), bench.work(), bench.work())
    assert {(await bench.read(change)).state for change in changes} == {State.APPLIED}
    assert len(bench.puts()) == len(changes)


async def test_g4_a_worker_that_stood_still_after_marking_sends_nothing_under_a_lost_lease(
    bench: ServiceHarness,
) -> None:
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


async def test_g4_a_change_whose_approval_was_withdrawn_does_not_stop_the_others(bench: ServiceHarness) -> None:
    first = await bench.approved(time_routing(is_on=True))
    async with bench.context.database.transaction() as tx:
        await tx.execute(update(reviews).where(reviews.c.change_id == first.id).values(withdrawn_at=reviews.c.at))
    second = await bench.approved(time_routing(is_on=False), number=SPLIT_NUMBER)
    assert (await bench.work_until_done(second)).state is State.APPLIED
    assert (await bench.read(first)).state is State.APPROVED
    assert len(bench.puts()) == 1


async def test_g6_puts_that_get_lost_again_and_again_are_spaced_out_and_told_once(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(SUPPORT))
    bench.fault("lost_before", scope="writes")
    for _ in range(60):
        await bench.work()
        bench.clock.advance(timedelta(seconds=2))
    assert 3 <= len(bench.puts()) <= 15
    async with bench.context.database.reading() as tx:
        told = (await tx.scalars(select(outbox.c.fact).where(outbox.c.fact.contains("answer_lost")))).all()
    assert told == [f"{change.label}/answer_lost"]
