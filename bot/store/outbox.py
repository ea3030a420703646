"""The outbox: work that the deciding transaction recorded, claimed under leases, lane by lane.

A lane is delivered in the order in which it was filled: nothing overtakes an earlier message of its lane, not even
one that is not due, is leased, or is parked. So the first of a lane is always tried again, sooner or later.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, delete, exists, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.state import State
from bot.store.errors import LeaseLost
from bot.store.schema import changes, outbox
from bot.store.upsert import insert_or

_FINAL = [state for state in State if state.is_final]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxDraft:
    """One thing to do, once: `fact` names it for all time."""

    team_id: str
    lane: str
    kind: str
    fact: str
    due_at: datetime
    change_id: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage(OutboxDraft):
    """A recorded draft.

    `attempts` counts the claims. `attempted_at` is set, and committed, before a send: with it, the send may have
    taken place, in `attempted_channel` and `attempted_thread`. `due_at` is when it was, or is, to be tried next;
    `is_parked` says that it waits for its channel, and is tried seldom.
    """

    id: int
    attempts: int
    attempted_at: datetime | None
    lease_id: str | None
    leased_until: datetime | None
    done_at: datetime | None
    posted_channel: str | None
    posted_ts: str | None
    problem: str | None
    is_parked: bool
    attempted_channel: str | None
    attempted_thread: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much is waiting: all undone messages, those due, those parked, and since when the oldest due one is due."""

    undone: int
    due: int
    parked: int
    oldest_due_at: datetime | None


async def enqueue(tx: AsyncConnection, drafts: Sequence[OutboxDraft]) -> None:
    """Record what is to be done; a fact that is recorded already is left alone."""
    for draft in drafts:
        values = {f.name: getattr(draft, f.name) for f in fields(OutboxDraft)}
        values |= {"payload": dict(draft.payload), "attempts": 0, "is_parked": False}
        await tx.execute(insert_or(tx, outbox).values(values).on_conflict_do_nothing(index_elements=["fact"]))


async def claim(
    tx: AsyncConnection,
    now: datetime,
    *,
    lease_id: str,
    until: datetime,
    limit: int,
    except_lanes: Collection[str] = (),
) -> list[OutboxMessage]:
    """Lease up to `limit` due messages, the first of its lane each, oldest first.

    Rows leased by others are skipped. Commit before working: the lease, not the transaction, protects the work.
    """
    earlier = outbox.alias("earlier")
    # Through a CTE so that LIMIT holds, and SKIP LOCKED counts what was locked here alone.
    due = (
        select(outbox.c.id)
        .where(
            outbox.c.done_at.is_(None),
            outbox.c.due_at <= now,
            or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now),
            outbox.c.lane.not_in(except_lanes),
            ~exists().where(earlier.c.lane == outbox.c.lane, earlier.c.id < outbox.c.id, earlier.c.done_at.is_(None)),
        )
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(limit)
        .with_for_update(of=outbox, skip_locked=True)
        .cte("due")
    )
    rows = await tx.execute(
        update(outbox)
        .where(outbox.c.id.in_(select(due.c.id)))
        .values(lease_id=lease_id, leased_until=until, attempts=outbox.c.attempts + 1)
        .returning(outbox)
    )
    return sorted((from_row(row) for row in rows.mappings()), key=lambda message: (message.due_at, message.id))


async def mark_attempted(
    tx: AsyncConnection,
    message: OutboxMessage,
    at: datetime,
    *,
    until: datetime,
    channel: str,
    thread_ts: str | None = None,
) -> None:
    """Record that a send is about to leave, and hold the message until then; commit before it does.

    Raises:
        LeaseLost: Somebody else holds the message, or has finished it.
    """
    place = {"attempted_channel": channel, "attempted_thread": thread_ts}
    await _update_held(tx, message, {"attempted_at": at, "leased_until": until, **place})


async def hold(tx: AsyncConnection, message: OutboxMessage, *, until: datetime) -> None:
    """Hold the message for longer.

    Raises:
        LeaseLost: Somebody else holds the message, or has finished it.
    """
    await _update_held(tx, message, {"leased_until": until})


async def complete(
    tx: AsyncConnection, message: OutboxMessage, at: datetime, *, channel: str | None = None, ts: str | None = None
) -> None:
    """Record that a message is done, and where it was posted.

    Raises:
        LeaseLost: Somebody else holds the message, or has finished it.
    """
    await _update_held(
        tx,
        message,
        {
            "done_at": at,
            "posted_channel": channel,
            "posted_ts": ts,
            "problem": None,
            "lease_id": None,
            "leased_until": None,
        },
    )


async def postpone(
    tx: AsyncConnection,
    message: OutboxMessage,
    due_at: datetime,
    *,
    problem: str | None,
    was_sent: bool,
    is_parked: bool = False,
) -> None:
    """Give a message back, to be tried again from `due_at` on.

    `was_sent` False says that this attempt certainly had no effect: nobody has to look for it before the next. Never
    say so of an earlier attempt that was unclear.

    Raises:
        LeaseLost: Somebody else holds the message, or has finished it.
    """
    values: dict[str, Any] = {
        "due_at": due_at,
        "problem": problem,
        "is_parked": is_parked,
        "lease_id": None,
        "leased_until": None,
    }
    await _update_held(tx, message, values if was_sent else values | {"attempted_at": None})


async def park(tx: AsyncConnection, message: OutboxMessage, due_at: datetime, *, problem: str, was_sent: bool) -> None:
    """Give a message back as `postpone` does, and let it wait for its channel; its lane waits behind it.

    Raises:
        LeaseLost: Somebody else holds the message, or has finished it.
    """
    await postpone(tx, message, due_at, problem=problem, was_sent=was_sent, is_parked=True)


async def unpark(tx: AsyncConnection, lane: str, at: datetime) -> int:
    """Make the parked messages of a lane due; return how many."""
    is_waiting = (outbox.c.lane == lane, outbox.c.is_parked.is_(True), outbox.c.done_at.is_(None))
    return (await tx.execute(update(outbox).where(*is_waiting).values(is_parked=False, due_at=at))).rowcount


async def delete_done(
    tx: AsyncConnection, before: datetime, *, limit: int, except_if: ColumnElement[bool] | None = None
) -> int:
    """Delete up to `limit` messages that were done before, unless something holds for them; return how many.

    Those of a change that has not ended stay: its facts may be recorded again, and must be known as told.
    """
    is_open = exists().where(changes.c.id == outbox.c.change_id, changes.c.state.not_in(_FINAL))
    old = (
        select(outbox.c.id)
        .where(outbox.c.done_at < before, ~is_open, true() if except_if is None else ~except_if)
        .order_by(outbox.c.done_at, outbox.c.id)
        .limit(limit)
    )
    return (await tx.execute(delete(outbox).where(outbox.c.id.in_(old)))).rowcount


async def find(tx: AsyncConnection, fact: str) -> OutboxMessage | None:
    """Return the message of a fact, None when it was never recorded."""
    row = (await tx.execute(select(outbox).where(outbox.c.fact == fact))).mappings().one_or_none()
    return None if row is None else from_row(row)


async def depth(tx: AsyncConnection, now: datetime) -> Depth:
    """Count what is waiting."""
    is_due = and_(outbox.c.is_parked.is_(False), outbox.c.due_at <= now)
    query = select(
        func.count().label("undone"),
        func.count().filter(is_due).label("due"),
        func.count().filter(outbox.c.is_parked.is_(True)).label("parked"),
        func.min(outbox.c.due_at).filter(is_due).label("oldest_due_at"),
    ).where(outbox.c.done_at.is_(None))
    return Depth(**(await tx.execute(query)).mappings().one())


async def _update_held(tx: AsyncConnection, message: OutboxMessage, values: dict[str, Any]) -> None:
    result = await tx.execute(
        update(outbox)
        .where(outbox.c.id == message.id, outbox.c.lease_id == message.lease_id, outbox.c.done_at.is_(None))
        .values(values)
    )
    if result.rowcount == 0:
        raise LeaseLost(f"Message {message.id} is no longer held by {message.lease_id}.")


def from_row(row: RowMapping) -> OutboxMessage:
    """Read a message."""
    return OutboxMessage(**{f.name: row[f.name] for f in fields(OutboxMessage)})
