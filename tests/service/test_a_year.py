"""A year of work: what is stored of it is the record, and everything else stays as small as after some weeks."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.domain.errors import DomainError
from bot.domain.rules.people import People, Person
from bot.domain.rules.policy import HeldPolicy, Policy
from bot.domain.rules.rule import Rule
from bot.domain.schedule import Schedule
from bot.sandbox.uponai.seed import SUPPORT
from bot.service import lookup
from bot.service.bundles.asking import submit_several
from bot.service.forget import KEEP_DELIVERED, forget_delivered
from bot.service.messages import change_lane
from bot.service.override import override
from bot.service.override_review import remind_next, review_override
from bot.service.pause import pause, resume
from bot.service.review import approve, cancel
from bot.service.rights import Asking
from bot.service.submit import submit
from bot.store import audit, outbox, rate_limits
from bot.store.columns import metadata
from bot.store.outbox import Posted
from bot.store.schema import outbox as outbox_table
from tests.service.service_harness import ADA, ALAN, LEASE, NUMBER, RITA, ServiceHarness, time_routing, webhook

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
WEEKS, SETTLED = 52, 26
# In one week of so many, two numbers are asked together and put back, and one change is overridden.
SELDOM = 4
OLD = "old posts"
OTHER = "+13125550111"
EMERGENCY = Policy(rules=(Rule(name="Main lines", quorum=2, override=People(people=frozenset({ALAN.user_id}))),))
# What was asked, decided and done, for ever; one row, or a few, for each change.
RECORD = {"changes", "change_rules", "reviews", "review_rules", "audit_events", "cards", "overrides"}


class Anybody:
    """Says of everybody that they are who they are, and in no group."""

    async def to_ask(self, held: HeldPolicy, requester_id: str) -> Asking:
        raise NotImplementedError

    async def to_override(self, held: HeldPolicy, user_id: str) -> Person:
        _ = held
        return Person(user_id, frozenset(), frozenset())

    async def to_decide(self, held: HeldPolicy, people: Collection[str]) -> Mapping[str, frozenset[str]]:
        raise NotImplementedError


async def what_is_seldom(bench: ServiceHarness, week: int) -> None:
    """Ask for two numbers at once, which are put back an hour later; override one change, and review that."""
    wish = bench.submission(webhook(f"https://hooks.example.com/several/{week}"))
    until = Schedule(put_back_at=bench.clock.now() + HOUR)
    several = await submit_several(bench.context, replace(wish, others=(OTHER,), schedule=until))
    await approve(bench.context, ALAN, several.id)
    await bench.work()
    bench.clock.advance(HOUR)
    await bench.work()
    strict = replace(bench.context, policy=lambda: EMERGENCY)
    urgent = await submit(strict, bench.submission(webhook(f"https://hooks.example.com/urgent/{week}")))
    await override(strict, ALAN, urgent.id, "It burns", look_up=Anybody())
    await bench.work()
    bench.clock.advance(WEEK / 2)
    await remind_next(bench.context)
    await review_override(bench.context, ADA, urgent.id)


async def a_week(bench: ServiceHarness, week: int) -> None:
    """Work as people do: ask, decide, be refused, pause; let numbers come, go and be changed outside."""
    for patch in (webhook(f"https://hooks.example.com/{week}"), time_routing(week % 2 == 0)):
        await bench.approved(patch)
    await bench.work()
    if week % SELDOM == 0:
        await what_is_seldom(bench, week)
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
    """Count the rows of each table; of the outbox what was delivered long ago apart."""
    async with bench.context.database.reading() as tx:
        tables = metadata.sorted_tables
        found = Counter({each.name: await tx.scalar(select(func.count()).select_from(each)) or 0 for each in tables})
        is_old = outbox_table.c.done_at < bench.clock.now() - KEEP_DELIVERED
        found[OLD] = await tx.scalar(select(func.count()).select_from(outbox_table).where(is_old)) or 0
    found["outbox"] -= found[OLD]
    return found


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
    # Two that were asked together, their put-backs, and the overridden one.
    ends = 3 * WEEKS + 5 * (WEEKS // SELDOM)
    assert now["changes"] == ends
    assert now["audit_events"] > 10 * WEEKS
    # One post a change is kept, below which people press buttons: three of an override, one of what was asked together.
    assert now[OLD] <= ends
    grown = {name: (most[name], count) for name, count in now.items() if count > most[name]}
    assert grown.keys() <= RECORD | {OLD}, grown
    async with bench.context.database.reading() as tx:
        first = await audit.read(tx, limit=1)
    assert first[0].id == 1
