"""A year of work: what is stored of it is the record, and everything else stays as small as after some weeks."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.domain.errors import DomainError
from bot.sandbox.uponai.seed import SUPPORT
from bot.service import lookup
from bot.service.forget import forget_delivered
from bot.service.messages import change_lane
from bot.service.pause import pause, resume
from bot.service.review import approve, cancel
from bot.store import audit, outbox, rate_limits
from bot.store.columns import metadata
from bot.store.outbox import Posted
from tests.service.service_harness import ALAN, LEASE, NUMBER, RITA, ServiceHarness, time_routing, webhook

WEEK = timedelta(days=7)
WEEKS, SETTLED = 52, 26
# What was asked, decided and done, for ever; one row, or a few, for each change.
RECORD = {"changes", "change_rules", "reviews", "review_rules", "audit_events", "cards", "overrides"}


async def a_week(bench: ServiceHarness, week: int) -> None:
    """Work as people do: ask, decide, be refused, pause; let numbers come, go and be changed outside."""
    for patch in (webhook(f"https://hooks.example.com/{week}"), time_routing(week % 2 == 0)):
        await bench.approved(patch)
    await bench.work()
    asked = await bench.ask(webhook("https://hooks.example.com/never"))
    with pytest.raises(DomainError):
        await approve(bench.context, RITA, asked.id)
    await cancel(bench.context, RITA, asked.id)
    await pause(bench.context, ALAN, "C1", "A look")
    await resume(bench.context, ALAN, "C1")
    async with bench.context.database.transaction() as tx:
        await rate_limits.hold(tx, "chat.postMessage", f"C{week}", bench.clock.now() + LEASE)
    for number in [f"+1650555{each:04}" for each in range(week * 20, week * 20 + 20)]:
        bench.dashboard(number, inbound_webhook_url=None)
    agents = [{"agent_id": SUPPORT, "agent_version": 2, "weight": 1}]
    bench.dashboard(NUMBER, inbound_agents=agents if week % 2 else [])
    await lookup.refresh_numbers(bench.context)
    for number in [f"+1650555{each:04}" for each in range(week * 20, week * 20 + 20)]:
        del bench.uponai.account.numbers[number]
    await lookup.refresh_numbers(bench.context)
    await deliver(bench, gone=change_lane(asked.id) if week % 4 == 0 else None)


async def deliver(bench: ServiceHarness, gone: str | None) -> None:
    """Deliver everything, but for a lane whose channel has gone for ever."""
    now = bench.clock.now()
    claimed = True
    while claimed:
        async with bench.context.database.transaction() as tx:
            messages = await outbox.claim(tx, now, lease_id="one", until=now + LEASE, limit=50)
            claimed = bool(messages)
            waits = [message for message in messages if message.lane == gone]
            if waits:
                await outbox.park(tx, waits[0], now + LEASE, problem="is_archived", was_sent=False)
                await outbox.give_back(tx, waits[1:])
            rest = [Posted(message) for message in messages if message.lane != gone]
            for each in rest:
                await outbox.complete(tx, [each], now)


async def counts(bench: ServiceHarness) -> Counter[str]:
    async with bench.context.database.reading() as tx:
        tables = metadata.sorted_tables
        return Counter({each.name: await tx.scalar(select(func.count()).select_from(each)) or 0 for each in tables})


@pytest.mark.timeout(300)
async def test_a_year_leaves_the_record_and_nothing_else_that_grows(bench: ServiceHarness) -> None:
    most: Counter[str] = Counter()
    for week in range(WEEKS):
        await a_week(bench, week)
        bench.clock.advance(WEEK)
        while await forget_delivered(bench.context):
            pass
        now = await counts(bench)
        if week < SETTLED:
            most |= now
    ends = 3 * WEEKS
    assert now["changes"] == ends
    assert now["audit_events"] > 10 * WEEKS
    # One post a change is kept, below which people press buttons.
    assert now["outbox"] - most["outbox"] <= 3 * (WEEKS - SETTLED)
    grown = {name: (most[name], count) for name, count in now.items() if count > most[name]}
    assert grown.keys() <= RECORD | {"outbox"}, grown
    async with bench.context.database.reading() as tx:
        first = await audit.read(tx, limit=1)
    assert first[0].id == 1
