"""When the mirror was read as a whole, and who is reading it now. A time in the future is nobody's: it is left alone.

A clock that was wrong once must neither freeze the mirror until then nor make what is old look fresh.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.schema import mirror_reads
from bot.store.upsert import insert_or


@dataclass(frozen=True, slots=True)
class Read:
    """The last whole read: when the last complete one started, when the last one was tried, and what went wrong."""

    as_of: datetime | None
    attempted_at: datetime
    problem: str | None


def numbers_scope(account_sid: str, workspace_id: int) -> str:
    """Name the list of the numbers of a workspace."""
    return f"numbers:{account_sid}:{workspace_id}"


def agents_scope(workspace_id: int) -> str:
    """Name the list of the agents of a workspace."""
    return f"agents:{workspace_id}"


async def last(tx: AsyncConnection, scope: str) -> Read | None:
    """Return the last read, None when there was none."""
    row = (await tx.execute(select(mirror_reads).where(mirror_reads.c.scope == scope))).mappings().one_or_none()
    return None if row is None else Read(row["as_of"], row["attempted_at"], row["problem"])


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


async def announce(tx: AsyncConnection, scope: str, as_of: datetime, now: datetime) -> bool:
    """Say that a complete read that started at `as_of` is being stored; False when a newer one was or is."""
    await tx.execute(
        insert_or(tx, mirror_reads)
        .values(scope=scope, attempted_at=now)
        .on_conflict_do_nothing(index_elements=["scope"])
    )
    newest = _newest(await _locked(tx, scope), now)
    if newest is not None and newest > as_of:
        return False
    await tx.execute(update(mirror_reads).where(mirror_reads.c.scope == scope).values(storing_as_of=as_of))
    return True


async def is_newest(tx: AsyncConnection, scope: str, as_of: datetime) -> bool:
    """Say whether the read that was announced so is still the newest; nobody announces another in this transaction."""
    row = await _locked(tx, scope)
    return row is not None and row["storing_as_of"] == as_of


async def allows(tx: AsyncConnection, scope: str, as_of: datetime, now: datetime) -> bool:
    """Say whether an entry that was read by itself at `as_of` is newer than every whole read, also one under way."""
    newest = _newest(await _locked(tx, scope), now)
    return newest is None or newest <= as_of


async def record(
    tx: AsyncConnection, scope: str, *, as_of: datetime | None = None, problem: str | None = None, at: datetime
) -> None:
    """Record how a read ended, and let go of it: `as_of` is when a complete one started, and never goes back."""
    known = await last(tx, scope)
    times = (as_of, None if known is None else known.as_of)
    latest = max((time for time in times if time is not None and time <= at), default=None)
    values = {
        "scope": scope,
        "as_of": latest,
        "attempted_at": at,
        "problem": problem,
        "lease_id": None,
        "leased_until": None,
    }
    await tx.execute(
        insert_or(tx, mirror_reads).values(values).on_conflict_do_update(index_elements=["scope"], set_=values)
    )


async def _locked(tx: AsyncConnection, scope: str) -> RowMapping | None:
    query = select(mirror_reads).where(mirror_reads.c.scope == scope).with_for_update()
    return (await tx.execute(query)).mappings().one_or_none()


def _newest(row: RowMapping | None, now: datetime) -> datetime | None:
    times = () if row is None else (row["as_of"], row["storing_as_of"])
    return max((time for time in times if time is not None and time <= now), default=None)
