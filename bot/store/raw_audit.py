"""The audit record as it is stored, for whoever does not trust it: what cannot be read is a break, never an error."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import Break, ChainedEvent, canonical_json
from bot.store.audit import Head

_BATCH = 500
_IDS = text("SELECT id FROM audit_events WHERE id > :after ORDER BY id LIMIT :most")
# As text, past the types of the columns: those read values that were altered as if they had not been.
_ROWS = text(
    "SELECT id, at, team_id, actor_id, event, origin, change_id, change_version, before, after, previous_hash, hash "
    "FROM audit_events WHERE id > :after ORDER BY id LIMIT :most"
)
_TEXTS = ("team_id", "actor_id", "event", "origin", "previous_hash", "hash")
_NUMBERS = ("change_id", "change_version")


async def read_head(tx: AsyncConnection) -> Head | None:
    """Return the head, None when it is missing, cannot be read, or is not the only one."""
    rows = (await tx.execute(text("SELECT event_id, hash FROM audit_head"))).all()
    if len(rows) != 1 or not isinstance(rows[0].event_id, int) or not isinstance(rows[0].hash, str):
        return None
    return Head(rows[0].event_id, rows[0].hash)


async def stream(tx: AsyncConnection) -> AsyncIterator[ChainedEvent | Break]:
    """Yield the events oldest first, and a break in the place of one that cannot be read or was written anew."""
    after = -(2**63)
    while True:
        rows = await _rows(tx, after)
        for row in rows:
            yield row if isinstance(row, Break) else _event(row)
        if not rows:
            return
        last = rows[-1]
        after = last.event_id if isinstance(last, Break) else last["id"]


async def _rows(tx: AsyncConnection, after: int) -> list[RowMapping | Break]:
    try:
        return list((await tx.execute(_ROWS, {"after": after, "most": _BATCH})).mappings())
    except OperationalError as error:
        # SQLite keeps bytes that are no text in a text column, and its driver refuses the whole batch for one of them.
        if "UTF-8" not in str(error.orig):
            raise
    found: list[RowMapping | Break] = []
    for number in (await tx.scalars(_IDS, {"after": after, "most": _BATCH})).all():
        try:
            found.extend((await tx.execute(_ROWS, {"after": number - 1, "most": 1})).mappings())
        except OperationalError:
            found.append(Break(number, f"Event {number} was altered: it holds bytes that are no text."))
    return found


def _event(row: RowMapping) -> ChainedEvent | Break:
    """Read a row exactly: whatever is not as the bot writes it was altered, even when it means the same."""
    try:
        values = {name: _checked(row[name], str) for name in _TEXTS}
        values |= {name: None if row[name] is None else _checked(row[name], int) for name in _NUMBERS}
        at, before, after = _time(row["at"]), _json(row["before"]), _json(row["after"])
        return ChainedEvent(id=row["id"], at=at, before=before, after=after, **values)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return Break(row["id"], f"Event {row['id']} was altered: it holds what the bot does not write.")


def _checked(stored: Any, kind: type) -> Any:
    # SQLite keeps values of any type in any column.
    if not isinstance(stored, kind):
        raise TypeError(f"this is no {kind.__name__}")
    return stored


def _time(stored: Any) -> datetime:
    if isinstance(stored, datetime):
        return stored.astimezone(UTC)
    at = datetime.fromisoformat(stored)
    if at.astimezone(UTC).isoformat(timespec="microseconds") != stored:
        raise ValueError("the time is written otherwise than the bot writes it")
    return at


def _json(stored: Any) -> Any:
    if stored is None:
        return None
    value = json.loads(stored)
    if canonical_json(value) != stored:
        raise ValueError("the JSON is written otherwise than the bot writes it")
    return value
