"""The mirror of an account's numbers: what was listed, as of when. Serves the form, never the sending."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Insert,
    RowMapping,
    Text,
    and_,
    bindparam,
    false,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.account import ListedNumber
from bot.domain.assignment import Assignment
from bot.domain.audit import canonical_json
from bot.domain.key import NumberKey
from bot.store.columns import UtcDateTime
from bot.store.mirror import reads as mirror_reads
from bot.store.mirror.digits import only_digits, searched_digits
from bot.store.mirror.number_index import NumberIndex
from bot.store.mirror.schema import number_agents, numbers
from bot.store.mirror.whole_read import Write
from bot.store.upsert import INSERTS

# For some numbers by name: along the index that has the plain number's order lie all of them.
_UNINDEXED = numbers.c.number + literal_column("''")
# The last whole read in the same statement: nothing is confirmed that was not there when it was compared.
_LISTED = (
    select(numbers, mirror_reads.as_of_last, mirror_reads.confirmed_by_last)
    .outerjoin(mirror_reads.table, mirror_reads.is_of(bindparam("scope")))
    .where(
        numbers.c.account_sid == bindparam("of_sid"),
        numbers.c.workspace_id == bindparam("of_workspace"),
        numbers.c.is_listed,
    )
)
_SOME = _LISTED.where(numbers.c.number.in_(bindparam("some", expanding=True))).order_by(numbers.c.number)


@dataclass(frozen=True, slots=True)
class MirroredNumber:
    """A number as it was listed `as_of`."""

    listed: ListedNumber
    as_of: datetime


@dataclass(frozen=True, slots=True)
class MirroredNumbers:
    """The numbers of one workspace, as `mirror_whole.take_over` stores them."""

    account_sid: str
    workspace_id: int

    @property
    def scope(self) -> str:
        """Name the list."""
        return mirror_reads.numbers_scope(self.account_sid, self.workspace_id)

    def compared(self, entry: ListedNumber) -> tuple[str, str | None]:
        """Return the stored text: to parse what a large account has stored takes seconds."""
        return canonical_json(entry.assignment.to_json()), entry.import_error

    async def page(
        self, tx: AsyncConnection, after: str | None, limit: int, now: datetime
    ) -> list[tuple[str, tuple[str, str | None] | None, bool]]:
        """Return stored rows in the order of the numbers."""
        assignment = type_coerce(numbers.c.assignment, Text)
        columns = (numbers.c.number, assignment, numbers.c.import_error, numbers.c.is_listed, numbers.c.as_of > now)
        query = select(*columns).where(self._is_own())
        if after is not None:
            query = query.where(numbers.c.number > after)
        rows = await tx.execute(query.order_by(numbers.c.number).limit(limit))
        return [(row[0], None if row[4] else (row[1], row[2]), row[3]) for row in rows]

    async def put(self, tx: AsyncConnection, entries: Sequence[ListedNumber], as_of: datetime, write: Write) -> None:
        """Write numbers."""
        rows = [_to_row(entry, as_of) | {"written": write.number, "known_at": write.at} for entry in entries]
        await tx.execute(_upsert(tx.dialect.name, is_newest=False), rows)

    async def put_newest(
        self, tx: AsyncConnection, entries: Sequence[ListedNumber], as_of: datetime, write: Write
    ) -> None:
        """Write numbers whatever the clocks say: the caller knows that nothing newer is stored of them."""
        rows = [_to_row(entry, as_of) | {"written": write.number} for entry in entries]
        await tx.execute(_upsert(tx.dialect.name, is_newest=True), rows)

    async def unlist(self, tx: AsyncConnection, names: Sequence[str], as_of: datetime, write: Write) -> None:
        """Mark numbers as no longer listed."""
        is_older = or_(numbers.c.as_of <= as_of, numbers.c.as_of > write.at)
        await tx.execute(
            update(numbers)
            .where(self._is_own(), numbers.c.number.in_(names), is_older)
            .values(is_listed=False, as_of=as_of, written=write.number)
        )

    def _is_own(self) -> ColumnElement[bool]:
        return and_(numbers.c.account_sid == self.account_sid, numbers.c.workspace_id == self.workspace_id)


async def put(
    tx: AsyncConnection, listed: ListedNumber, as_of: datetime, now: datetime, *, is_newest: bool = False
) -> Assignment | None:
    """Take over one number that was read by itself at `as_of`, unless something newer is known.

    With `is_newest` the caller knows that nothing newer can be stored, whatever the clocks say. Returns the assignment
    whose place it took; None when the number was not known, or is known newer.
    """
    scope = mirror_reads.numbers_scope(listed.key.account_sid, listed.key.workspace_id)
    written = await mirror_reads.begin_write(tx, scope, now)
    if not is_newest and written.complete_as_of is not None and written.complete_as_of > as_of:
        return None
    known = {"written": written.number} | ({} if is_newest else {"known_at": now})
    upsert = _upsert(tx.dialect.name, is_newest=is_newest).returning(numbers.c.former)
    former = await tx.scalar(upsert, _to_row(listed, as_of) | known)
    return None if former is None else Assignment.from_json(former)


async def find(tx: AsyncConnection, key: NumberKey) -> MirroredNumber | None:
    """Return a number that is listed exactly so, None when there is none."""
    return (await find_all(tx, key.account_sid, key.workspace_id, [key.number])).get(key.number)


async def find_all(
    tx: AsyncConnection, account_sid: str, workspace_id: int, some: Collection[str]
) -> dict[str, MirroredNumber]:
    """Return those of some numbers that are listed exactly so, by number."""
    if not some:
        return {}
    found = await tx.execute(_SOME, _of_account(account_sid, workspace_id) | {"some": list(some)})
    return {row["number"]: _from_row(row) for row in found.mappings()}


async def search(
    tx: AsyncConnection, account_sid: str, workspace_id: int, text: str, limit: int
) -> list[MirroredNumber]:
    """Return listed numbers that hold `text`: anywhere in the identifier, or its digits in any common writing."""
    folded = text.strip().casefold()
    if not folded:
        return await _select(tx, account_sid, workspace_id, true(), limit=limit)
    return await _select(tx, account_sid, workspace_id, holding(text), exact=folded, limit=limit)


def holding(text: str) -> ColumnElement[bool]:
    """Say of numbers that they hold `text`: anywhere in the identifier, or its digits in any common writing."""
    matches = numbers.c.number_folded.contains(text.strip().casefold(), autoescape=True)
    return or_(matches, *(numbers.c.digits.contains(each) for each in searched_digits(text)))


async def offered(tx: AsyncConnection, index: NumberIndex, text: str, limit: int) -> list[MirroredNumber]:
    """Do what `search` does by an index in memory: at 100,000 numbers, a hundred times as fast."""
    account_sid, workspace_id = index.account_sid, index.workspace_id
    folded = text.strip().casefold()
    found = None if not folded else await index.search(tx, folded, searched_digits(text), limit)
    if found is None:
        return await search(tx, account_sid, workspace_id, text, limit)
    return await _select(tx, account_sid, workspace_id, numbers.c.number.in_(found), exact=folded, limit=limit)


async def answered_by(
    tx: AsyncConnection, account_sid: str, workspace_id: int, agent_ids: Collection[str], limit: int
) -> list[MirroredNumber]:
    """Return listed numbers whose inbound calls go to one of these few agents.

    Of each agent no more than `limit` numbers are read, whatever it answers: one agent may answer all of them.
    """
    found = await answered_behind(tx, account_sid, workspace_id, agent_ids, after="", limit=limit)
    if not found:
        return []
    wanted = sorted(found)[:limit]
    return await _select(tx, account_sid, workspace_id, numbers.c.number.in_(wanted), limit=limit)


async def answered_behind(
    tx: AsyncConnection, account_sid: str, workspace_id: int, agent_ids: Collection[str], *, after: str, limit: int
) -> set[str]:
    """Return, of each of these few agents, the first `limit` numbers behind `after` whose inbound calls go to it."""
    if not agent_ids:
        return set()
    each = (
        select(number_agents.c.number)
        .where(
            number_agents.c.account_sid == account_sid,
            number_agents.c.workspace_id == workspace_id,
            number_agents.c.agent_id == agent_id,
            number_agents.c.number > after,
        )
        .order_by(number_agents.c.number)
        .limit(limit)
        .subquery()
        for agent_id in agent_ids
    )
    return set((await tx.scalars(union_all(*(select(one.c.number) for one in each)))).all())


async def behind(
    tx: AsyncConnection, account_sid: str, workspace_id: int, matches: ColumnElement[bool], *, after: str, limit: int
) -> list[MirroredNumber]:
    """Return the first listed numbers behind `after` that match, in the order of the database."""
    return await _select(tx, account_sid, workspace_id, and_(matches, numbers.c.number > after), limit=limit)


async def among(
    tx: AsyncConnection, account_sid: str, workspace_id: int, some: Collection[str], *, after: str, limit: int
) -> list[MirroredNumber]:
    """Do as `behind` does for some numbers by name: only these are read."""
    matches = and_(numbers.c.number.in_(some), after < _UNINDEXED)
    return await _select(tx, account_sid, workspace_id, matches, order=_UNINDEXED, limit=limit)


async def first_of(
    tx: AsyncConnection, account_sid: str, workspace_id: int, some: Collection[str], *, after: str, limit: int
) -> set[str]:
    """Do as `among` does, and return the numbers alone."""
    query = (
        select(numbers.c.number)
        .where(numbers.c.account_sid == account_sid, numbers.c.workspace_id == workspace_id, numbers.c.is_listed)
        .where(numbers.c.number.in_(some), after < _UNINDEXED)
        .order_by(_UNINDEXED)
        .limit(limit)
    )
    return set((await tx.scalars(query)).all())


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
    order: ColumnElement[str] = numbers.c.number,
    limit: int,
) -> list[MirroredNumber]:
    query = _LISTED.where(matches).order_by(*([numbers.c.number_folded != exact] if exact else []), order).limit(limit)
    found = await tx.execute(query, _of_account(account_sid, workspace_id))
    return [_from_row(row) for row in found.mappings()]


def _of_account(account_sid: str, workspace_id: int) -> dict[str, Any]:
    scope = mirror_reads.numbers_scope(account_sid, workspace_id)
    return {"of_sid": account_sid, "of_workspace": workspace_id, "scope": scope}


@cache
def _upsert(dialect: str, *, is_newest: bool) -> Insert:
    """Return what writes numbers; not over a row that is newer, unless its time is in the future of `known_at`."""
    statement = INSERTS[dialect](numbers)
    names = ("assignment", "import_error", "as_of", "is_listed", "written")
    is_of_future = numbers.c.as_of > bindparam("known_at", type_=UtcDateTime)
    return statement.on_conflict_do_update(
        index_elements=["account_sid", "workspace_id", "number"],
        set_={name: statement.excluded[name] for name in names} | {"former": numbers.c.assignment},
        where=None if is_newest else or_(numbers.c.as_of <= statement.excluded.as_of, is_of_future),
    )


def _to_row(listed: ListedNumber, as_of: datetime) -> dict[str, Any]:
    return {
        "account_sid": listed.key.account_sid,
        "workspace_id": listed.key.workspace_id,
        "number": listed.key.number,
        "number_folded": listed.key.number.casefold(),
        "digits": only_digits(listed.key.number),
        "assignment": listed.assignment.to_json(),
        "import_error": listed.import_error,
        "as_of": as_of,
        "is_listed": True,
    }


def _from_row(row: RowMapping) -> MirroredNumber:
    key = NumberKey(row["account_sid"], row["workspace_id"], row["number"])
    listed = ListedNumber(key, Assignment.from_json(row["assignment"]), row["import_error"])
    # An unchanged row is not written again: the whole read has confirmed it.
    confirmed_as_of = row["as_of_last"]
    if confirmed_as_of is None or row["written"] > row["confirmed_by_last"]:
        return MirroredNumber(listed, row["as_of"])
    return MirroredNumber(listed, max(row["as_of"], confirmed_as_of))
