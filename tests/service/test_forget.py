"""What was delivered long ago is forgotten, unless an open change could tell it again; the record stays."""

from datetime import timedelta

from sqlalchemy import select

from bot.domain.facts import By, Fact
from bot.sandbox.uponai.seed import FRONT_DESK
from bot.service.applying.claim import claim_next, claim_waiting, take_waiting
from bot.service.applying.wait import wait
from bot.service.forget import BATCH, KEEP_DELIVERED, KEEP_RATE_LIMITS, forget_delivered
from bot.service.messages import Kind, channel_fact
from bot.service.review import cancel
from bot.store import outbox, rate_limits
from bot.store.outbox import Posted
from bot.store.schema import outbox as messages
from bot.uponai.errors import Unavailable
from tests.service.service_harness import LEASE, RITA, TEAM, ServiceHarness, inbound
from tests.store.stored_changes import limited_until

MINUTE = timedelta(minutes=1)


async def deliver_all(bench: ServiceHarness) -> None:
    """Mark everything as delivered."""
    async with bench.context.database.transaction() as tx:
        now = bench.clock.now()
        while claimed := await outbox.claim(tx, now, lease_id="one", until=now + LEASE, limit=BATCH):
            for message in claimed:
                await outbox.complete(tx, [Posted(message)], now)


async def facts(bench: ServiceHarness) -> list[str]:
    async with bench.context.database.reading() as tx:
        told = select(messages.c.fact).where(messages.c.kind != Kind.REMINDER)
        return list(await tx.scalars(told.order_by(messages.c.id)))


async def test_what_was_delivered_long_ago_is_forgotten_and_the_record_stays(bench: ServiceHarness) -> None:
    change = await bench.ask(inbound(FRONT_DESK))
    await cancel(bench.context, RITA, change.id)
    await deliver_all(bench)
    before = await facts(bench)
    bench.clock.advance(KEEP_DELIVERED - MINUTE)
    await forget_delivered(bench.context)
    assert await facts(bench) == before
    bench.clock.advance(2 * MINUTE)
    await forget_delivered(bench.context)
    # Below its end somebody can still ask again, and the post is found by this row.
    assert await facts(bench) == [f"{change.label}/canceled/2"]
    assert await bench.events(change) == ["change.submitted", "change.canceled"]


async def test_what_was_not_delivered_is_kept_however_old_it_is(bench: ServiceHarness) -> None:
    change = await bench.ask(inbound(FRONT_DESK))
    await cancel(bench.context, RITA, change.id)
    before = await facts(bench)
    bench.clock.advance(10 * KEEP_DELIVERED)
    await forget_delivered(bench.context)
    assert await facts(bench) == before


async def test_g9_what_an_open_change_has_told_is_not_told_again_however_old_it_is(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(FRONT_DESK))
    claimed = await claim_next(bench.context)
    assert claimed is not None
    await wait(bench.context, claimed, Unavailable("Down."))
    await deliver_all(bench)
    bench.clock.advance(LEASE)
    waiting = await take_waiting(bench.context)
    assert waiting is not None
    claimed = await claim_waiting(bench.context, waiting)
    assert claimed is not None
    before = await facts(bench)
    bench.clock.advance(2 * KEEP_DELIVERED)
    await forget_delivered(bench.context)
    await wait(bench.context, claimed, Unavailable("Down."))
    after = await facts(bench)
    assert after[: len(before)] == before
    assert after.count(f"{change.label}/waiting/unavailable") == 1


async def test_much_is_forgotten_in_batches(bench: ServiceHarness) -> None:
    at = bench.clock.now()
    drafts = [
        channel_fact(team_id=TEAM, channel_id=f"C{n}", name=Fact.PAUSED, fact=f"fact-{n}", at=at, told=By(by="URITA"))
        for n in range(BATCH + 1)
    ]
    async with bench.context.database.transaction() as tx:
        await outbox.enqueue(tx, drafts)
    await deliver_all(bench)
    bench.clock.advance(KEEP_DELIVERED + MINUTE)
    assert await forget_delivered(bench.context) is True
    assert len(await facts(bench)) == 1
    assert await forget_delivered(bench.context) is False
    assert await facts(bench) == []


async def test_waits_that_slack_asked_for_are_forgotten_when_they_are_long_over(bench: ServiceHarness) -> None:
    now = bench.clock.now()
    async with bench.context.database.transaction() as tx:
        await rate_limits.hold(tx, "chat.update", "C1", now)
        await rate_limits.hold(tx, "chat.update", "C2", now + 2 * MINUTE)
    bench.clock.advance(KEEP_RATE_LIMITS + MINUTE)
    await forget_delivered(bench.context)
    async with bench.context.database.reading() as tx:
        assert await limited_until(tx, "chat.update", "C1") is None
        assert await limited_until(tx, "chat.update", "C2") == now + 2 * MINUTE
