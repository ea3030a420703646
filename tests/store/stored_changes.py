"""Changes for the store's tests, taken through their life by the domain's own steps, each saved with its event."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.audit import AuditEvent
from bot.domain.change import ChangeRequest
from bot.domain.draft import ChangeDraft
from bot.domain.key import NumberKey
from bot.domain.policy import Review, Verdict
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Rule
from bot.domain.state import FollowUp, State
from bot.store import audit, changes, rate_limits, reviews
from bot.store.database import Database
from tests.clock import StillClock

TEAM = "T1"
RITA, ALAN, ADA = "URITA", "UALAN", "UADA"
NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEASE = timedelta(seconds=30)
NUMBER = "+14155550123"
INBOUND = frozenset({Field.INBOUND})
WEBHOOK = frozenset({Field.WEBHOOK})

_submissions = count(1)


def key(number: str = NUMBER) -> NumberKey:
    return NumberKey("AC1", 7, number)


def draft(number: str = NUMBER, *, fields: Iterable[Field] = INBOUND, quorum: int = 1) -> ChangeDraft:
    wanted = Assignment(
        inbound=(WeightedAgent("agent_new", 3),),
        webhook_url="https://example.com/in?token=1",
        is_time_routing_enabled=True,
    )
    return ChangeDraft(
        team_id=TEAM,
        key=key(number),
        requester_id=RITA,
        reason="Holiday \N{EN DASH} “back” on Monday 🌴",
        before=Assignment(inbound=(WeightedAgent("agent_old"),)),
        before_at=NOW,
        patch=AssignmentPatch(wanted.patch_to(fields).onto(Assignment()), frozenset(fields)),
        agent_names={"agent_new": "Zoë", "agent_old": "Old"},
        is_outbound_version_newest=False,
        policy=HeldPolicy(rules=(Rule(quorum=quorum),)),
        channel_id="C1",
        submission_key=f"form-{next(_submissions)}",
        created_at=NOW,
        expires_at=NOW + 24 * HOUR,
        due_at=NOW,
    )


def event_of(change: ChangeRequest) -> AuditEvent:
    return AuditEvent(
        at=NOW,
        team_id=change.team_id,
        actor_id="worker",
        event=f"change.{change.state}",
        origin="test",
        change_id=change.id,
        change_version=change.version,
        before={"état": "avant"},
        after={"state": str(change.state)},
    )


async def ask(database: Database, wish: ChangeDraft | None = None) -> ChangeRequest:
    async with database.transaction() as tx:
        change = await changes.insert(tx, wish or draft())
        await audit.append(tx, [event_of(change)])
    return change


async def save(tx: AsyncConnection, change: ChangeRequest) -> ChangeRequest:
    change = await changes.save(tx, change)
    await audit.append(tx, [event_of(change)])
    return change


async def step(database: Database, change: ChangeRequest) -> ChangeRequest:
    async with database.transaction() as tx:
        return await save(tx, change)


async def review(
    database: Database, change_id: int, *, by: str = ALAN, verdict: Verdict = Verdict.APPROVE, at: datetime = NOW
) -> ChangeRequest:
    async with database.transaction() as tx:
        change = await changes.lock(tx, change_id)
        given = Review(by, verdict, change.revision, at)
        reviewed = change.review(given, await reviews.of_change(tx, change_id), apply_within=HOUR)
        await reviews.add(tx, change_id, given)
        return await save(tx, reviewed)


async def approved(database: Database, wish: ChangeDraft | None = None, *, at: datetime = NOW) -> ChangeRequest:
    return await review(database, (await ask(database, wish)).id, at=at)


async def applying(database: Database, wish: ChangeDraft | None = None) -> ChangeRequest:
    return await step(database, (await approved(database, wish)).claim("lease-1", NOW, LEASE))


async def unclear(database: Database, wish: ChangeDraft | None = None) -> ChangeRequest:
    change = await applying(database, wish)
    return await step(database, change.finish(State.UNCLEAR, NOW, problem="No answer."))


async def sent_to_look(database: Database, follow_up: FollowUp = FollowUp.TRY_AGAIN) -> ChangeRequest:
    return await step(database, (await unclear(database)).ask_follow_up(follow_up, ADA, is_reviewer=True))


async def applied(database: Database, wish: ChangeDraft | None = None) -> ChangeRequest:
    change = await applying(database, wish)
    return await step(database, change.finish(State.APPLIED, NOW, result=replace(change.after)))


async def run(database: Database, *statements: str, **values: object) -> None:
    """Run raw SQL in a transaction of its own, as somebody with a database prompt would."""
    async with database.transaction() as tx:
        for statement in statements:
            named = {name: value for name, value in values.items() if re.search(rf":{name}\b", statement)}
            await tx.execute(text(statement), named)


def updating(table: str, assignment: str) -> str:
    """Write the statement that sets this in all rows."""
    return f"UPDATE {table} SET {assignment}"  # noqa: S608 - tests alone call this, with words of their own.


def deleting(table: str) -> str:
    """Write the statement that deletes all rows."""
    return f"DELETE FROM {table}"  # noqa: S608 - see above.


def copying(insert: str, table: str, columns: str, values: str) -> str:
    """Write the statement that inserts all rows of a table into itself."""
    return f"{insert} INTO {table} ({columns}) SELECT {values} FROM {table}"  # noqa: S608 - see above.


async def stored(database: Database, change_id: int) -> ChangeRequest:
    async with database.reading() as tx:
        return await changes.get(tx, change_id)


async def limited_until(tx: AsyncConnection, method: str, channel_id: str) -> datetime | None:
    """Return until when Slack wants no such calls, None when it was never said or is long over."""
    limits, _ = await rate_limits.lasting(tx, StillClock(datetime(2000, 1, 1, tzinfo=UTC)))
    return limits.get((method, channel_id))
