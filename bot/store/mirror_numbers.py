"""The mirror of an account's numbers: what was listed, as of when. Serves the form, never the sending."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Text, and_, false, or_, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.account import ListedNumber
from bot.domain.assignment import Assignment
from bot.domain.audit import canonical_json
from bot.domain.key import NumberKey
from bot.store import mirror_reads
from bot.store.schema import numbers
from bot.store.upsert import insert_or

_BATCH = 500
_WRITTEN_AS_PHONE = re.compile(r"[+\d\s()./-]*\d[\d\s()./-]*")


@dataclass(frozen=True, slots=True)
class MirroredNumber:
    """A number as it was listed `as_of`."""

    listed: ListedNumber
    as_of: datetime


async def replace_all(
    tx: AsyncConnection, account_sid: str, workspace_id: int, listed: Sequence[ListedNumber], as_of: datetime
) -> None:
    """Take over a whole read that started at `as_of`, and record it in `mirror_reads`.

    Only what differs is written. Rows that were read by themselves after `as_of` stay as they are, numbers that are
    missing are no longer listed, and a read older than the last whole one changes nothing.
    """
    scope = mirror_reads.numbers_scope(account_sid, workspace_id)
    last = await mirror_reads.last(tx, scope)
    if last is not None and last.as_of is not None and last.as_of > as_of:
        return
    is_of_workspace = and_(numbers.c.account_sid == account_sid, numbers.c.workspace_id == workspace_id)
    # As text: to parse what a large account has stored takes seconds, and this holds SQLite's only writer.
    assignment = type_coerce(numbers.c.assignment, Text)
    columns = (numbers.c.number, assignment, numbers.c.import_error, numbers.c.is_listed)
    stored = {row[0]: tuple(row[1:]) for row in await tx.execute(select(*columns).where(is_of_workspace))}
    for start in range(0, len(listed), _BATCH):
        part = listed[start : start + _BATCH]
        differing = [_to_row(one, as_of) for one in part if stored.get(one.key.number) != _compared(one)]
        if differing:
            await _put(tx, differing)
        # Everybody else in this process gets a turn.
        await asyncio.sleep(0)
    missing = {name for name, (*_, is_listed) in stored.items() if is_listed} - {one.key.number for one in listed}
    for batch in _batches(sorted(missing)):
        await tx.execute(
            update(numbers)
            .where(is_of_workspace, numbers.c.number.in_(batch), numbers.c.as_of <= as_of)
            .values(is_listed=False, as_of=as_of)
        )
    await mirror_reads.record(tx, scope, as_of=as_of, at=as_of if last is None else max(as_of, last.attempted_at))


async def put(tx: AsyncConnection, listed: ListedNumber, as_of: datetime) -> None:
    """Take over one number that was read by itself, unless something newer is known."""
    known = await mirror_reads.last(tx, mirror_reads.numbers_scope(listed.key.account_sid, listed.key.workspace_id))
    if known is None or known.as_of is None or known.as_of <= as_of:
        await _put(tx, [_to_row(listed, as_of)])


async def find(tx: AsyncConnection, key: NumberKey) -> MirroredNumber | None:
    """Return a number that is listed exactly so, None when there is none."""
    found = await _select(tx, key.account_sid, key.workspace_id, numbers.c.number == key.number, limit=1)
    return found[0] if found else None


async def search(
    tx: AsyncConnection, account_sid: str, workspace_id: int, text: str, limit: int
) -> list[MirroredNumber]:
    """Return listed numbers that hold `text`: anywhere in the identifier, or its digits in any common writing."""
    folded = text.strip().casefold()
    matches = numbers.c.number_folded.contains(folded, autoescape=True)
    digits = _searched_digits(text)
    if digits:
        matches = or_(matches, *(numbers.c.digits.contains(each) for each in digits))
    return await _select(tx, account_sid, workspace_id, matches, exact=folded, limit=limit)


async def endings(tx: AsyncConnection, account_sid: str, workspace_id: int, digits: str) -> list[str]:
    """Return up to 3 listed identifiers whose digits end so."""
    ends_so = numbers.c.digits.endswith(digits, autoescape=True) if digits else false()
    found = await _select(tx, account_sid, workspace_id, ends_so, limit=3)
    return [one.listed.key.number for one in found]


async def _select(
    tx: AsyncConnection,
    account_sid: str,
    workspace_id: int,
    matches: ColumnElement[bool],
    *,
    exact: str = "",
    limit: int,
) -> list[MirroredNumber]:
    query = (
        select(numbers)
        .where(numbers.c.account_sid == account_sid, numbers.c.workspace_id == workspace_id, numbers.c.is_listed)
        .where(matches)
        .order_by(numbers.c.number_folded != exact, numbers.c.number)
        .limit(limit)
    )
    rows = (await tx.execute(query)).mappings().all()
    last = await mirror_reads.last(tx, mirror_reads.numbers_scope(account_sid, workspace_id))
    whole_as_of = None if last is None else last.as_of
    return [_from_row(row, whole_as_of) for row in rows]


async def _put(tx: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    statement = insert_or(tx, numbers)
    new = {name: statement.excluded[name] for name in ("assignment", "import_error", "as_of", "is_listed")}
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["account_sid", "workspace_id", "number"],
            set_=new,
            where=numbers.c.as_of <= statement.excluded.as_of,
        ),
        rows,
    )


def _searched_digits(text: str) -> list[str]:
    """Return how the digits of `text` can stand inside an international number; none when it is no phone number."""
    if not _WRITTEN_AS_PHONE.fullmatch(text.strip()):
        return []
    digits = _only_digits(text.replace("(0)", ""))
    # 0049… is +49…, and the 0 before a national number is not part of the international one.
    return [each for each in dict.fromkeys((digits, digits.removeprefix("00"), digits.removeprefix("0"))) if each]


def _only_digits(text: str) -> str:
    return re.sub(r"\D", "", text, flags=re.ASCII)


def _batches(names: list[str]) -> list[list[str]]:
    return [names[start : start + _BATCH] for start in range(0, len(names), _BATCH)]


def _compared(listed: ListedNumber) -> tuple[str, str | None, bool]:
    return canonical_json(listed.assignment.to_json()), listed.import_error, True


def _to_row(listed: ListedNumber, as_of: datetime) -> dict[str, Any]:
    return {
        "account_sid": listed.key.account_sid,
        "workspace_id": listed.key.workspace_id,
        "number": listed.key.number,
        "number_folded": listed.key.number.casefold(),
        "digits": _only_digits(listed.key.number),
        "assignment": listed.assignment.to_json(),
        "import_error": listed.import_error,
        "as_of": as_of,
        "is_listed": True,
    }


def _from_row(row: RowMapping, whole_as_of: datetime | None) -> MirroredNumber:
    key = NumberKey(row["account_sid"], row["workspace_id"], row["number"])
    listed = ListedNumber(key, Assignment.from_json(row["assignment"]), row["import_error"])
    # An unchanged row is not written again: the whole read has confirmed it.
    return MirroredNumber(listed, row["as_of"] if whole_as_of is None else max(row["as_of"], whole_as_of))
