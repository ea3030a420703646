"""When the mirror was read as a whole, and who is reading it now. A time in the future is nobody's: it is left alone.

A clock that was wrong once must neither freeze the mirror until then nor make what is old look fresh.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.mirror.schema import mirror_reads
from bot.store.upsert import insert_or, of_each_dialect

# What a query of a list's entries takes along of the list's last complete read.
table = mirror_reads
as_of_last = mirror_reads.c.as_of.label("as_of_last")
confirmed_by_last = mirror_reads.c.confirmed.label("confirmed_by_last")
_COUNT_WRITE = of_each_dialect(
    table,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["scope"], set_={"writes": table.c.writes + 1}
    ).returning(table.c.writes, table.c.as_of),
)


@dataclass(frozen=True, slots=True)
class Read:
    """The last whole read: when the last complete one started, when the last one was tried, and what went wrong.

    `writes` counts the writes to the list. `confirmed` is the count from before the last complete read was compared:
    what was written later was not confirmed by it.
    """

    as_of: datetime | None
    attempted_at: datetime
    problem: str | None
    writes: int = 0
    confirmed: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """One write to a list: its number, and when the last complete read started, None when that is not known."""

    number: int
    complete_as_of: datetime | None


def numbers_scope(account_sid: str, workspace_id: int) -> str:
    """Name the list of the numbers of a workspace."""
    return f"numbers:{account_sid}:{workspace_id}"


def agents_scope(workspace_id: int) -> str:
    """Name the list of the agents of a workspace."""
    return f"agents:{workspace_id}"


def is_of(scope: ColumnElement[str]) -> ColumnElement[bool]:
    """Pick the list's read for a join."""
    return mirror_reads.c.scope == scope


async def last(tx: AsyncConnection, scope: str) -> Read | None:
    """Return the last read, None when there was none."""
    row = (await tx.execute(select(mirror_reads).where(mirror_reads.c.scope == scope))).mappings().one_or_none()
    if row is None:
        return None
    return Read(row["as_of"], row["attempted_at"], row["problem"], row["writes"], row["confirmed"])


async def claim(
    tx: AsyncConnection, scope: str, now: datetime, *, older_than: timedelta, lease_id: str, until: datetime
) -> bool:
    """Take on a whole read, unless the last one was tried less than `older_than` ago or somebody is at it."""
    created = await tx.execute(
        insert_or(tx, mirror_reads)
        .values(scope=scope, attempted_at=now, lease_id=lease_id, leased_until=until)
        .on_conflict_do_nothing(index_elements=["scope"])
    )
    if created.rowcount == 1:
        return True
    attempted_at, leased_until = mirror_reads.c.attempted_at, mirror_reads.c.leased_until
    taken = await tx.execute(
        update(mirror_reads)
        .where(
            mirror_reads.c.scope == scope,
            or_(attempted_at <= now - older_than, attempted_at > now),
            # Nobody takes a longer lease than this one would be.
            or_(leased_until.is_(None), leased_until <= now, leased_until > until),
        )
        .values(attempted_at=now, lease_id=lease_id, leased_until=until)
    )
    return taken.rowcount == 1


async def begin_write(tx: AsyncConnection, scope: str, now: datetime) -> Written:
    """Number one write to the list, and keep others from writing to it until this transaction ends."""
    numbered = await tx.execute(_COUNT_WRITE[tx.dialect.name], {"scope": scope, "attempted_at": now, "writes": 1})
    number, as_of = numbered.one()
    return Written(number, None if as_of is None or as_of > now else as_of)


async def record(
    tx: AsyncConnection,
    scope: str,
    *,
    at: datetime,
    problem: str | None = None,
    as_of: datetime | None = None,
    confirmed: int = 0,
) -> None:
    """Record how a read ended, and let go of it.

    `as_of` is when a complete one started: it never goes back, but from a future. `confirmed` is the number of the
    last write before its entries were compared.
    """
    row = (
        (await tx.execute(select(mirror_reads).where(mirror_reads.c.scope == scope).with_for_update()))
        .mappings()
        .one_or_none()
    )
    values = {"scope": scope, "attempted_at": at, "problem": problem, "lease_id": None, "leased_until": None}
    known = None if row is None else row["as_of"]
    if as_of is not None and (known is None or known <= as_of or known > at):
        values |= {"as_of": as_of, "confirmed": confirmed}
    await tx.execute(
        insert_or(tx, mirror_reads).values(values).on_conflict_do_update(index_elements=["scope"], set_=values)
    )
