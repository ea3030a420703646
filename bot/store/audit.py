"""The audit record: appended in one chain, read in the order of the chain."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    RowMapping,
    Select,
    Text,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import AuditEvent, ChainedEvent, canonical_json, chain
from bot.domain.events import Event
from bot.store.schema import audit_events, audit_head, changes

_BATCH = 500
_LOCK_HEAD = select(audit_head).with_for_update()
_APPEND = insert(audit_events)
# In the very words of their index.
_OF_NUMBERS: BindParameter[Any] = bindparam(
    None, [Event.CHANGED_OUTSIDE.value, Event.KEPT.value], expanding=True, literal_execute=True
)
# In this order the databases gather the few events that are wanted first. In the order of the plain id they walk along
# all events instead until they have met enough, and where those are few, old or none that is the whole record.
_GATHERED_ID = audit_events.c.id + literal_column("0")


@dataclass(frozen=True, slots=True)
class Head:
    """The last event of the chain; id 0 with the genesis hash before the first."""

    event_id: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which events are wanted: `since` is included, `until` is not; None asks for any."""

    number: str | None = None
    change_id: int | None = None
    actor_id: str | None = None
    event: str | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Filter()


async def lock_head(tx: AsyncConnection) -> Head:
    """Return the head and keep everybody else from appending until the transaction ends: lock it last."""
    return _head((await tx.execute(_LOCK_HEAD)).mappings().one())


async def read_head(tx: AsyncConnection) -> Head:
    """Return the head, for an export."""
    return _head((await tx.execute(select(audit_head))).mappings().one())


async def append(tx: AsyncConnection, events: Sequence[AuditEvent]) -> list[ChainedEvent]:
    """Append events to the chain. Do this last in a transaction, after the steps that the events explain are saved."""
    if not events:
        return []
    head = await lock_head(tx)
    chained: list[ChainedEvent] = []
    for event in events:
        link = chain(event, id=head.event_id + 1, previous_hash=head.hash)
        chained.append(link)
        head = Head(link.id, link.hash)
    # A list, which is sent as one statement a row: the trigger compares each with the head that the one before left.
    await tx.execute(_APPEND, [_to_row(event) for event in chained])
    return chained


async def read(
    tx: AsyncConnection, wanted: Filter = EVERYTHING, *, after_id: int = 0, last_id: int | None = None, limit: int
) -> list[ChainedEvent]:
    """Return up to `limit` of the wanted events behind `after_id`, oldest first."""
    conditions = [*_conditions(wanted), audit_events.c.id > after_id]
    if last_id is not None:
        conditions.append(audit_events.c.id <= last_id)
    return await _events(tx, _oldest_first(wanted, conditions, limit))


async def latest(tx: AsyncConnection, wanted: Filter = EVERYTHING, *, limit: int) -> list[ChainedEvent]:
    """Return the last `limit` of the wanted events, newest first."""
    order: ColumnElement[int] = audit_events.c.id if wanted == EVERYTHING else _GATHERED_ID
    query = select(audit_events).where(*_conditions(wanted))
    return await _events(tx, query.order_by(order.desc()).limit(limit))


async def stream(tx: AsyncConnection, wanted: Filter = EVERYTHING) -> AsyncIterator[ChainedEvent]:
    """Yield the wanted events oldest first, in batches, so that a record of any length fits into memory."""
    after_id, last_id = 0, None
    if wanted.since is not None or wanted.until is not None:
        first_id, last_id = await _ends(tx, wanted)
        if first_id is None:
            return
        after_id = first_id - 1
    while True:
        batch = await read(tx, wanted, after_id=after_id, last_id=last_id, limit=_BATCH)
        for event in batch:
            yield event
        if len(batch) < _BATCH:
            return
        after_id = batch[-1].id


async def _ends(tx: AsyncConnection, wanted: Filter) -> tuple[int, int] | tuple[None, None]:
    """Return the first and the last id of a time, so that nobody walks there along all that was before or came after.

    Times are in the order of the ids but for transactions that overlap, which the databases cannot know.
    """
    time_alone = Filter(since=wanted.since, until=wanted.until)
    query = select(func.min(_GATHERED_ID), func.max(_GATHERED_ID)).where(*_conditions(time_alone))
    first_id, last_id = (await tx.execute(query)).one()
    return first_id, last_id


def _oldest_first(wanted: Filter, conditions: Sequence[ColumnElement[bool]], limit: int) -> Select[Any]:
    query = select(audit_events)
    if wanted.number is not None or wanted.change_id is not None:
        return query.where(*conditions).order_by(_GATHERED_ID).limit(limit)
    if wanted.actor_id is not None:
        # Their ids first: the index by actor holds all that this needs, and nothing is quicker to read.
        ids = select(audit_events.c.id).where(*conditions).order_by(audit_events.c.id).limit(limit)
        return query.where(audit_events.c.id.in_(ids)).order_by(audit_events.c.id)
    return query.where(*conditions).order_by(audit_events.c.id).limit(limit)


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.number is not None:
        found.append(audit_events.c.id.in_(_ids_of_number(wanted.number)))
    if wanted.change_id is not None:
        found.append(audit_events.c.change_id == wanted.change_id)
    if wanted.actor_id is not None:
        found.append(audit_events.c.actor_id == wanted.actor_id)
    if wanted.event is not None:
        found.append(audit_events.c.event == wanted.event)
    if wanted.since is not None:
        found.append(audit_events.c.at >= wanted.since)
    if wanted.until is not None:
        found.append(audit_events.c.at < wanted.until)
    return found


def _ids_of_number(number: str) -> CompoundSelect[int]:
    """Return the events of a number's changes, and those about it that belong to no change: they name it."""
    events = audit_events.alias("of_number")
    of_changes = events.c.change_id.in_(select(changes.c.id).where(changes.c.number == number))
    is_named = type_coerce(events.c.after, Text).contains(canonical_json({"number": number})[1:-1], autoescape=True)
    outside = events.c.event.in_(_OF_NUMBERS) & is_named
    # One after the other: for one condition or the other PostgreSQL would read the whole record.
    return union_all(select(events.c.id).where(of_changes), select(events.c.id).where(outside))


async def _events(tx: AsyncConnection, query: Select[Any]) -> list[ChainedEvent]:
    return [_from_row(row) for row in (await tx.execute(query)).mappings()]


def _head(row: RowMapping) -> Head:
    return Head(event_id=row["event_id"], hash=row["hash"])


def _to_row(event: ChainedEvent) -> dict[str, Any]:
    return {f.name: getattr(event, f.name) for f in fields(event)}


def _from_row(row: RowMapping) -> ChainedEvent:
    return ChainedEvent(**row)
