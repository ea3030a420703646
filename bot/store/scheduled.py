"""What is approved, and sent now or later: at its Start, when its rules open, or to put another change back."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.key import WorkspaceKey
from bot.domain.state import State
from bot.store.changes import from_row
from bot.store.columns import UtcDateTime
from bot.store.schema import changes, is_unfinished

# The opening of its rules is never earlier than when a change is due.
_SENT_FROM = func.coalesce(changes.c.opens_at, changes.c.due_at, type_=UtcDateTime)


async def coming(tx: AsyncConnection, team_id: str, now: datetime, limit: int) -> list[tuple[ChangeRequest, int]]:
    """Return a team's approved changes that are sent later than now, what is sent first at the top.

    Of those that were asked together the one that is sent first stands for all that are sent later, and counts them.
    """
    together = (func.coalesce(changes.c.bundle_id, -changes.c.id),)
    found = (
        select(
            changes,
            func.row_number().over(partition_by=together, order_by=(_SENT_FROM, changes.c.id)).label("place"),
            func.count().over(partition_by=together).label("in_all"),
        )
        .where(
            changes.c.team_id == team_id,
            is_unfinished(changes),
            changes.c.state == State.APPROVED,
            or_(changes.c.due_at > now, changes.c.opens_at > now),
        )
        .subquery("changes")
    )
    sent_from = func.coalesce(found.c.opens_at, found.c.due_at, type_=UtcDateTime)
    query = select(found).where(found.c.place == 1).order_by(sent_from, found.c.id).limit(limit)
    return [(from_row(row), row["in_all"] - 1) for row in (await tx.execute(query)).mappings()]


async def to_be_sent(
    tx: AsyncConnection, team_id: str, workspace: WorkspaceKey, now: datetime, limit: int
) -> list[ChangeRequest]:
    """Return a team's approved changes that are due in a workspace, in the order in which they fell due."""
    query = select(changes).where(*_is_due(team_id, workspace, now)).order_by(changes.c.due_at, changes.c.id)
    return [from_row(row) for row in (await tx.execute(query.limit(limit))).mappings()]


async def count_to_be_sent(tx: AsyncConnection, team_id: str, workspace: WorkspaceKey, now: datetime) -> int:
    """Count what `to_be_sent` would return."""
    query = select(func.count()).select_from(changes).where(*_is_due(team_id, workspace, now))
    return int(await tx.scalar(query) or 0)


def _is_due(team_id: str, workspace: WorkspaceKey, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        changes.c.team_id == team_id,
        is_unfinished(changes),
        changes.c.state.in_([State.APPROVED]),
        changes.c.account_sid == workspace.account_sid,
        changes.c.workspace_id == workspace.workspace_id,
        changes.c.due_at <= now,
        or_(changes.c.opens_at.is_(None), changes.c.opens_at <= now),
    )
