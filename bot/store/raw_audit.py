"""The audit record as it is stored, for whoever does not trust it: what cannot be read is a break, never an error."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import Break, Link, digest_of_written, written_time
from bot.store.audit import Head

_BATCH = 1000
_IDS = text("SELECT id FROM audit_events WHERE id > :after ORDER BY id LIMIT :most")
# As text, past the types of the columns: those read values that were altered as if they had not been.
_ROWS = text(
    "SELECT id, at, team_id, actor_id, event, origin, change_id, change_version, before, after, previous_hash, hash "
    "FROM audit_events WHERE id > :after ORDER BY id LIMIT :most"
)


async def read_head(tx: AsyncConnection) -> Head | None:
    """Return the head, None when it is missing, cannot be read, or is not the only one."""
    rows = (await tx.execute(text("SELECT event_id, hash FROM audit_head"))).all()
    if len(rows) != 1 or not isinstance(rows[0].event_id, int) or not isinstance(rows[0].hash, str):
        return None
    return Head(rows[0].event_id, rows[0].hash)


async def stream(tx: AsyncConnection) -> AsyncIterator[Link | Break]:
    """Yield the links of the events oldest first, and a break in the place of one that cannot be read."""
    after = -(2**63)
    while True:
        rows = await _rows(tx, after)
        for row in rows:
            yield row if isinstance(row, Break) else _link(row)
        if not rows:
            return
        last = rows[-1]
        after = last.event_id if isinstance(last, Break) else last.id


async def _rows(tx: AsyncConnection, after: int) -> list[Row[Any] | Break]:
    try:
        return list((await tx.execute(_ROWS, {"after": after, "most": _BATCH})).all())
    except OperationalError as error:
        # SQLite keeps bytes that are no text in a text column, and its driver refuses the whole batch for one of them.
        if "UTF-8" not in str(error.orig):
            raise
    found: list[Row[Any] | Break] = []
    for number in (await tx.scalars(_IDS, {"after": after, "most": _BATCH})).all():
        try:
            found.extend((await tx.execute(_ROWS, {"after": number - 1, "most": 1})).all())
        except OperationalError:
            found.append(Break(number, f"Event {number} was altered: it holds bytes that are no text."))
    return found


def _link(row: Row[Any]) -> Link | Break:
    """Hash a row as it is written: whatever is not as the bot writes it was altered, even when it means the same."""
    number, at, team, actor, event, origin, change, version, before, after, previous_hash, said = tuple(row)
    try:
        words = (written_time(at) if isinstance(at, datetime) else at, team, actor, event, origin)
        values = _json(before), _json(after)
        digest = digest_of_written(number, words, (_number(change), _number(version)), values, previous_hash)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return Break(number, f"Event {number} was altered: it holds what the bot does not write.")
    return Link(number, previous_hash, said, digest)


def _number(stored: Any) -> int | None:
    # SQLite keeps values of any type in any column; the hash takes words for texts alone, and anything for a number.
    if stored is None or type(stored) is int:
        return stored
    raise TypeError("this is no number")


def _json(stored: Any) -> str:
    """Return the JSON to the letter. Each is whole by itself: else text could move from one column to the next."""
    if stored is None:
        return "null"
    json.loads(stored)
    return str(stored)
