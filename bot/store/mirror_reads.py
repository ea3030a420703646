"""When the mirror was read as a whole, and who is reading it now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
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
    taken = await tx.execute(
        update(mirror_reads)
        .where(
            mirror_reads.c.scope == scope,
            mirror_reads.c.attempted_at <= now - older_than,
            or_(mirror_reads.c.leased_until.is_(None), mirror_reads.c.leased_until <= now),
        )
        .values(attempted_at=now, lease_id=lease_id, leased_until=until)
    )
    return taken.rowcount == 1


async def record(
    tx: AsyncConnection, scope: str, *, as_of: datetime | None = None, problem: str | None = None, at: datetime
) -> None:
    """Record how a read ended, and let go of it: `as_of` is when a complete one started, and never goes back."""
    known = await last(tx, scope)
    times = (as_of, None if known is None else known.as_of)
    latest = max((time for time in times if time is not None), default=None)
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
