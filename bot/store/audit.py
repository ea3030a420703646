"""The audit record: appended in one chain, read in the order of the chain."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import AuditEvent, ChainedEvent, chain
from bot.store.schema import audit_events, audit_head, changes

_BATCH = 500


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
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Filter()


async def lock_head(tx: AsyncConnection) -> Head:
    """Return the head and keep everybody else from appending until the transaction ends: lock it last."""
    return _head((await tx.execute(select(audit_head).with_for_update())).mappings().one())


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
    await tx.execute(insert(audit_events), [_to_row(event) for event in chained])
    return chained


async def read(
    tx: AsyncConnection, wanted: Filter = EVERYTHING, *, after_id: int = 0, limit: int
) -> list[ChainedEvent]:
    """Return up to `limit` of the wanted events behind `after_id`, oldest first."""
    query = _select(wanted).where(audit_events.c.id > after_id).order_by(audit_events.c.id).limit(limit)
    return [_from_row(row) for row in (await tx.execute(query)).mappings()]


async def latest(tx: AsyncConnection, wanted: Filter = EVERYTHING, *, limit: int) -> list[ChainedEvent]:
    """Return the last `limit` of the wanted events, newest first."""
    query = _select(wanted).order_by(audit_events.c.id.desc()).limit(limit)
    return [_from_row(row) for row in (await tx.execute(query)).mappings()]


async def stream(tx: AsyncConnection, wanted: Filter = EVERYTHING) -> AsyncIterator[ChainedEvent]:
    """Yield the wanted events oldest first, in batches, so that a record of any length fits into memory."""
    after_id = 0
    while True:
        batch = await read(tx, wanted, after_id=after_id, limit=_BATCH)
        for event in batch:
            yield event
        if len(batch) < _BATCH:
            return
        after_id = batch[-1].id


def _select(wanted: Filter) -> Select[Any]:
    query = select(audit_events)
    if wanted.number is not None:
        of_number = select(changes.c.id).where(changes.c.number == wanted.number)
        query = query.where(audit_events.c.change_id.in_(of_number))
    if wanted.change_id is not None:
        query = query.where(audit_events.c.change_id == wanted.change_id)
    if wanted.actor_id is not None:
        query = query.where(audit_events.c.actor_id == wanted.actor_id)
    if wanted.since is not None:
        query = query.where(audit_events.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(audit_events.c.at < wanted.until)
    return query


def _head(row: RowMapping) -> Head:
    return Head(event_id=row["event_id"], hash=row["hash"])


def _to_row(event: ChainedEvent) -> dict[str, Any]:
    return {f.name: getattr(event, f.name) for f in fields(event)}


def _from_row(row: RowMapping) -> ChainedEvent:
    return ChainedEvent(**row)
