"""Open changes of other UponAI workspaces than the one that the bot is set to."""

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.key import WorkspaceKey
from bot.domain.state import State
from bot.store.changes import from_row
from bot.store.schema import changes, is_unfinished

# What a worker would go on with by itself, were it set to that workspace.
_WAITS_FOR_WORKER = or_(
    changes.c.state.in_([State.APPROVED, State.APPLYING]),
    and_(changes.c.state == State.UNCLEAR, changes.c.follow_up.is_not(None)),
)


async def waiting(tx: AsyncConnection, workspace: WorkspaceKey, *, team_id: str, limit: int) -> list[ChangeRequest]:
    """Return a team's changes that a worker of another workspace than this would go on with, oldest first."""
    query = select(changes).where(
        is_unfinished(changes), changes.c.team_id == team_id, _WAITS_FOR_WORKER, _is_not_of(workspace)
    )
    # `+ 0` keeps SQLite from walking the whole table for the order: the open changes are few.
    rows = await tx.execute(query.order_by(changes.c.id + 0).limit(limit))
    return [from_row(row) for row in rows.mappings()]


async def count(tx: AsyncConnection, workspace: WorkspaceKey) -> dict[WorkspaceKey, int]:
    """Count the open changes of every other workspace, undecided ones too."""
    columns = (changes.c.account_sid, changes.c.workspace_id)
    query = (
        select(*columns, func.count())
        .where(is_unfinished(changes), or_(changes.c.state == State.PENDING, _WAITS_FOR_WORKER), _is_not_of(workspace))
        .group_by(*columns)
        .order_by(*columns)
    )
    return {WorkspaceKey(sid, workspace_id): n for sid, workspace_id, n in await tx.execute(query)}


def _is_not_of(workspace: WorkspaceKey) -> ColumnElement[bool]:
    return or_(
        changes.c.account_sid != workspace.account_sid,
        changes.c.workspace_id != workspace.workspace_id,
    )
