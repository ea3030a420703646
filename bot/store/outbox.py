"""The outbox: work that the deciding transaction recorded, claimed under leases, lane by lane.

A lane is delivered in the order in which it was filled: nothing overtakes an earlier message of its lane, not even
one that is not due, is leased, or is parked. So the first of a lane is always tried again, sooner or later.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    RowMapping,
    String,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.state import State
from bot.store.columns import UtcDateTime
from bot.store.due_messages import CLAIM
from bot.store.errors import LeaseLost
from bot.store.schema import changes, outbox
from bot.store.upsert import of_each_dialect

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


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that is done, and where it was posted."""

    message: OutboxMessage
    channel: str | None = None
    ts: str | None = None


_DRAFTED = tuple(f.name for f in fields(OutboxDraft))
_NEW: dict[str, Any] = {name: bindparam(name) for name in _DRAFTED} | {"attempts": 0, "is_parked": False}
_ENQUEUE = of_each_dialect(outbox, lambda insert: insert.values(_NEW).on_conflict_do_nothing(index_elements=["fact"]))
# Messages of one claim; what is set goes by the names of the values.
_UPDATE_HELD = update(outbox).where(
    outbox.c.id.in_(bindparam("ids", expanding=True)),
    outbox.c.lease_id == bindparam("held_by"),
    outbox.c.done_at.is_(None),
)
# Put off from the start, and never claimed: what is tried again later has been.
_IS_DEFERRED = and_(
    outbox.c.lane == bindparam("of_lane"),
    outbox.c.done_at.is_(None),
    outbox.c.lease_id.is_(None),
    outbox.c.attempts == 0,
    outbox.c.due_at > bindparam("at", type_=UtcDateTime),
)
_HURRY = update(outbox).where(_IS_DEFERRED).values(due_at=bindparam("at", type_=UtcDateTime))
_DROP_DEFERRED = delete(outbox).where(_IS_DEFERRED).returning(outbox.c.payload)


async def enqueue(tx: AsyncConnection, drafts: Sequence[OutboxDraft]) -> None:
    """Record what is to be done, in this order; a fact that is recorded already is left alone."""
    if drafts:
        await tx.execute(_ENQUEUE[tx.dialect.name], [_to_row(draft) for draft in drafts])


async def claim(
    tx: AsyncConnection, now: datetime, *, lease_id: str, until: datetime, limit: int
) -> list[OutboxMessage]:
    """Lease what is due of up to `limit` lanes, from the first of each on, in the order of the lanes' first ones.

    Lanes leased by others are skipped. Commit before working: the lease, not the transaction, protects the work.
    """
    values = {"now": now, "lease": lease_id, "until": until, "lanes": limit}
    messages = [from_row(row) for row in (await tx.execute(CLAIM, values)).mappings()]
    order = {message.lane: (message.due_at, message.id) for message in sorted(messages, key=_id, reverse=True)}
    return sorted(messages, key=lambda message: (order[message.lane], message.id))


async def mark_attempted(
    tx: AsyncConnection,
    messages: Sequence[OutboxMessage],
    at: datetime,
    *,
    channel: str,
    thread_ts: str | None = None,
) -> None:
    """Record that sends are about to leave for one place; commit before they do.

    Raises:
        LeaseLost: Somebody else holds a message, or has finished it.
    """
    place = {"attempted_channel": channel, "attempted_thread": thread_ts}
    await _update_held(tx, messages, {"attempted_at": at, **place})


async def hold(tx: AsyncConnection, messages: Sequence[OutboxMessage], *, until: datetime) -> None:
    """Hold messages of one claim for longer.

    Raises:
        LeaseLost: Somebody else holds one of them, or has finished it.
    """
    await _update_held(tx, messages, {"leased_until": until})


async def complete(tx: AsyncConnection, posted: Sequence[Posted], at: datetime) -> None:
    """Record that messages of one claim are done, and where they were posted.

    Raises:
        LeaseLost: Somebody else holds one of them, or has finished it.
    """
    values: dict[str, Any] = {"done_at": at, "problem": None, "lease_id": None, "leased_until": None}
    for i, each in enumerate(posted):
        values |= {f"id_{i}": each.message.id, f"channel_{i}": each.channel, f"ts_{i}": each.ts}
    await _update_held(tx, [each.message for each in posted], values, statement=_complete(len(posted)))


async def give_back(
    tx: AsyncConnection, messages: Sequence[OutboxMessage], *, unattempted: Collection[int] = ()
) -> None:
    """Give back what was claimed and not tried, as if it had not been; of the `unattempted` nothing has left.

    Raises:
        LeaseLost: Somebody else holds one of them, or has finished it.
    """
    values: dict[str, Any] = {"lease_id": None, "leased_until": None, "attempts": outbox.c.attempts - 1}
    if unattempted:
        has_left = outbox.c.id.not_in(unattempted)
        values["attempted_at"] = case((has_left, outbox.c.attempted_at), else_=None)
    await _update_held(tx, messages, {}, statement=_UPDATE_HELD.values(values))


async def hurry(tx: AsyncConnection, lane: str, at: datetime) -> None:
    """Make due what a lane was to tell later, since something else follows it now."""
    await tx.execute(_HURRY, {"of_lane": lane, "at": at})


async def drop_deferred(tx: AsyncConnection, lane: str, at: datetime) -> list[Mapping[str, Any]]:
    """Delete what a lane was to tell later, and return the payloads: what follows at once tells it as well.

    What was ever claimed is told, and stays.
    """
    return list(await tx.scalars(_DROP_DEFERRED, {"of_lane": lane, "at": at}))


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
    await _update_held(tx, [message], values if was_sent else values | {"attempted_at": None})


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


@lru_cache(maxsize=16)
def _complete(count: int) -> Update:
    """Say of so many messages where each was posted."""

    def of_each(name: str) -> ColumnElement[str]:
        known = {bindparam(f"id_{i}", type_=BigInteger): bindparam(f"{name}_{i}", type_=String) for i in range(count)}
        return case(known, value=outbox.c.id)

    return _UPDATE_HELD.values(posted_channel=of_each("channel"), posted_ts=of_each("ts"))


async def _update_held(
    tx: AsyncConnection, messages: Sequence[OutboxMessage], values: dict[str, Any], *, statement: Update = _UPDATE_HELD
) -> None:
    """Update messages of one claim. Raises LeaseLost, and whoever called rolls back."""
    if not messages:
        return
    ids, lease_id = [message.id for message in messages], messages[0].lease_id
    result = await tx.execute(statement, {"ids": ids, "held_by": lease_id, **values})
    if result.rowcount != len(ids):
        raise LeaseLost(f"Messages {ids} are no longer all held by {lease_id}.")


def _id(message: OutboxMessage) -> int:
    return message.id


def _to_row(draft: OutboxDraft) -> dict[str, Any]:
    values = {name: getattr(draft, name) for name in _DRAFTED}
    return values | {"payload": dict(draft.payload)}


def from_row(row: RowMapping) -> OutboxMessage:
    """Read a message."""
    return OutboxMessage(**{f.name: row[f.name] for f in fields(OutboxMessage)})
