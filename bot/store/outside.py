"""Changes that were made outside, as they were found, and the notices that tell them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import Assignment, Field, fields_to_bits
from bot.domain.key import NumberKey, WorkspaceKey
from bot.domain.outside import MovedOutside
from bot.store.outside_tables import outside_changes, outside_notices


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one message tells: changes of one reading, or one of them. `channel_id` is empty where nobody is told."""

    id: int
    team_id: str
    account_sid: str
    workspace_id: int
    channel_id: str
    seen_at: datetime
    announced_at: datetime | None
    kept_by: str | None
    kept_at: datetime | None

    @property
    def workspace(self) -> WorkspaceKey:
        """Where its numbers belong."""
        return WorkspaceKey(self.account_sid, self.workspace_id)


@dataclass(frozen=True, slots=True)
class OutsideChange:
    """One stored change that was made outside, and the notice that tells it."""

    id: int
    notice_id: int
    moved: MovedOutside


_NOTICE = tuple(outside_notices.c[name] for name in Notice.__dataclass_fields__)


async def open_notice(
    tx: AsyncConnection, workspace: WorkspaceKey, *, reading: str, team_id: str, channel_id: str, at: datetime
) -> int:
    """Return the notice that a channel is told next of such readings; nobody has to announce one without a channel.

    Of whole readings there is one until it is announced, also where a process died in between. While this transaction
    holds it nobody announces it: what is added is part of the message.
    """
    is_it = (outside_notices.c.reading == reading, outside_notices.c.channel_id == channel_id)
    if channel_id:
        query = select(outside_notices.c.id).where(*_is_untold(workspace), *is_it)
        found = await tx.scalar(query.order_by(outside_notices.c.id).limit(1).with_for_update())
        if found is not None:
            return int(found)
    values = {
        "team_id": team_id,
        "account_sid": workspace.account_sid,
        "workspace_id": workspace.workspace_id,
        "reading": reading,
        "channel_id": channel_id,
        "seen_at": at,
        "announced_at": None if channel_id else at,
    }
    made = await tx.execute(insert(outside_notices).values(values).returning(outside_notices.c.id))
    return int(made.scalar_one())


async def add(tx: AsyncConnection, notice_id: int, moved: Sequence[MovedOutside]) -> None:
    """Store changes that one notice tells."""
    rows = [
        {
            "notice_id": notice_id,
            "number": each.key.number,
            "before": each.before.to_json(),
            "after": each.after.to_json(),
            "fields": fields_to_bits(each.fields),
        }
        for each in moved
    ]
    await tx.execute(insert(outside_changes), rows)


async def has_untold(tx: AsyncConnection, workspace: WorkspaceKey) -> bool:
    """Say whether something was found that no message was asked for yet."""
    query = select(outside_notices.c.id).where(*_is_untold(workspace)).limit(1)
    return await tx.scalar(query) is not None


async def take_untold(
    tx: AsyncConnection, workspace: WorkspaceKey, at: datetime, *, reading: str | None = None
) -> list[Notice]:
    """Mark what is untold, of one reading when it is given, as announced, and return it: of several, one gets it.

    What somebody adds to at this moment is left to them: they announce it when they have done so.
    """
    untold = select(outside_notices.c.id).where(*_is_untold(workspace)).with_for_update(skip_locked=True)
    if reading is not None:
        untold = untold.where(outside_notices.c.reading == reading)
    free = untold.cte("free")
    marked = update(outside_notices).where(outside_notices.c.id.in_(select(free.c.id))).values(announced_at=at)
    rows = (await tx.execute(marked.returning(*_NOTICE))).mappings()
    return sorted(map(_notice, rows), key=lambda notice: notice.id)


async def split_off(tx: AsyncConnection, notice: Notice, change: OutsideChange) -> int:
    """Give one change of an announced notice a notice of its own."""
    copied = insert(outside_notices).values(
        team_id=notice.team_id,
        account_sid=notice.account_sid,
        workspace_id=notice.workspace_id,
        reading=f"split/{notice.id}",
        channel_id=notice.channel_id,
        seen_at=notice.seen_at,
        announced_at=notice.announced_at,
    )
    made = int((await tx.execute(copied.returning(outside_notices.c.id))).scalar_one())
    await tx.execute(update(outside_changes).where(outside_changes.c.id == change.id).values(notice_id=made))
    return made


async def notice_of(tx: AsyncConnection, notice_id: int, *, for_update: bool = False) -> Notice | None:
    """Return a notice, None when there is none (any more)."""
    query = select(*_NOTICE).where(outside_notices.c.id == notice_id)
    row = (await tx.execute(query.with_for_update() if for_update else query)).mappings().one_or_none()
    return None if row is None else _notice(row)


async def keep(tx: AsyncConnection, notice_id: int, by: str, at: datetime) -> None:
    """Record who said that what a notice tells is to stay. Lock the notice first."""
    await tx.execute(update(outside_notices).where(outside_notices.c.id == notice_id).values(kept_by=by, kept_at=at))


async def first_of(tx: AsyncConnection, notice: Notice, limit: int) -> list[OutsideChange]:
    """Return the first changes of a notice, in the order in which they were found."""
    query = select(outside_changes).where(outside_changes.c.notice_id == notice.id).order_by(outside_changes.c.id)
    return [_change(row, notice.workspace) for row in (await tx.execute(query.limit(limit))).mappings()]


async def count_of(tx: AsyncConnection, notice_id: int) -> int:
    """Count the changes of a notice."""
    query = select(func.count()).select_from(outside_changes).where(outside_changes.c.notice_id == notice_id)
    return int(await tx.scalar(query) or 0)


async def find(tx: AsyncConnection, change_id: int) -> tuple[OutsideChange, Notice] | None:
    """Return one change with its notice, None when it is not stored (any more)."""
    row = (await tx.execute(select(outside_changes).where(outside_changes.c.id == change_id))).mappings().one_or_none()
    notice = None if row is None else await notice_of(tx, row["notice_id"])
    return None if row is None or notice is None else (_change(row, notice.workspace), notice)


async def untellable(tx: AsyncConnection, workspace: WorkspaceKey, since: datetime) -> int:
    """Count the numbers that were changed outside since then and told to nobody, for want of a channel."""
    query = (
        select(func.count())
        .select_from(outside_changes.join(outside_notices, outside_notices.c.id == outside_changes.c.notice_id))
        .where(
            outside_notices.c.account_sid == workspace.account_sid,
            outside_notices.c.workspace_id == workspace.workspace_id,
            outside_notices.c.channel_id == "",
            outside_notices.c.seen_at >= since,
        )
    )
    return int(await tx.scalar(query) or 0)


async def delete_before(tx: AsyncConnection, before: datetime, *, limit: int) -> int:
    """Delete up to `limit` changes that were found before, and notices that are empty by then; return how many."""
    old_notices = select(outside_notices.c.id).where(outside_notices.c.seen_at < before)
    old = select(outside_changes.c.id).where(outside_changes.c.notice_id.in_(old_notices)).limit(limit)
    deleted = (await tx.execute(delete(outside_changes).where(outside_changes.c.id.in_(old)))).rowcount
    if deleted < limit:
        is_old = (outside_notices.c.seen_at < before, outside_notices.c.announced_at.is_not(None))
        await tx.execute(delete(outside_notices).where(*is_old))
    return deleted


def _is_untold(workspace: WorkspaceKey) -> tuple[Any, ...]:
    return (
        outside_notices.c.account_sid == workspace.account_sid,
        outside_notices.c.workspace_id == workspace.workspace_id,
        outside_notices.c.announced_at.is_(None),
    )


def _notice(row: RowMapping) -> Notice:
    return Notice(**row)


def _change(row: RowMapping, workspace: WorkspaceKey) -> OutsideChange:
    key = NumberKey(workspace.account_sid, workspace.workspace_id, row["number"])
    fields = frozenset(field for field in Field if field.bit & row["fields"])
    before, after = Assignment.from_json(row["before"]), Assignment.from_json(row["after"])
    return OutsideChange(row["id"], row["notice_id"], MovedOutside(key, before, after, fields))
