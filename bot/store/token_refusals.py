"""For how long UponAI has refused the token: one row an outage, for reads and for writes each."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.key import WorkspaceKey
from bot.domain.state import State, WaitCause
from bot.store.schema import changes, token_refusals
from bot.store.upsert import insert_or


class Call(StrEnum):
    """What was called. A token can be good for reading alone: then a good read does not end the outage."""

    READ = "read"
    WRITE = "write"


async def begin(
    tx: AsyncConnection, workspace: WorkspaceKey, call: Call, at: datetime, outage_id: str
) -> tuple[str, bool]:
    """Record that the token was refused; return the id of the outage, and whether it has begun with this refusal."""
    begun = await tx.execute(
        insert_or(tx, token_refusals)
        .values(
            account_sid=workspace.account_sid,
            workspace_id=workspace.workspace_id,
            call=call,
            outage_id=outage_id,
            since=at,
        )
        .on_conflict_do_nothing(index_elements=["account_sid", "workspace_id", "call"])
    )
    if begun.rowcount == 1:
        return outage_id, True
    lasting = await tx.scalar(
        select(token_refusals.c.outage_id).where(*_is_of(workspace), token_refusals.c.call == call)
    )
    # Somebody may have ended it between the two statements; it is told once more then.
    return lasting or outage_id, False


async def end(tx: AsyncConnection, workspace: WorkspaceKey, call: Call) -> None:
    """Record that UponAI has accepted the token."""
    await tx.execute(delete(token_refusals).where(*_is_of(workspace), token_refusals.c.call == call))


async def lasts(tx: AsyncConnection, workspace: WorkspaceKey, call: Call) -> bool:
    """Say whether a refusal of such calls is recorded that has not ended."""
    query = select(token_refusals.c.outage_id).where(*_is_of(workspace), token_refusals.c.call == call)
    return await tx.scalar(query) is not None


async def since(tx: AsyncConnection, workspace: WorkspaceKey) -> datetime | None:
    """Return since when UponAI refuses the token, None when it does not.

    A refused PUT speaks of the present only as long as its change waits: nothing else would show that it is over.
    """
    waits = exists().where(
        changes.c.account_sid == workspace.account_sid,
        changes.c.workspace_id == workspace.workspace_id,
        changes.c.state == State.APPROVED,
        changes.c.wait_cause == WaitCause.UNAUTHORIZED,
    )
    query = select(func.min(token_refusals.c.since)).where(
        *_is_of(workspace), or_(token_refusals.c.call == Call.READ, waits)
    )
    earliest: datetime | None = await tx.scalar(query)
    return earliest


def _is_of(workspace: WorkspaceKey) -> tuple[ColumnElement[bool], ...]:
    return (
        token_refusals.c.account_sid == workspace.account_sid,
        token_refusals.c.workspace_id == workspace.workspace_id,
    )
