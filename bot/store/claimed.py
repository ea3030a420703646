"""The claim of a change by who has locked it already: one statement, where a claim of any has to look for one first."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.key import WorkspaceKey
from bot.store import changes
from bot.store.claims import MAY_BE_SENT

_SAVE_IF_NEXT = changes.SAVE.where(*MAY_BE_SENT)


async def save_if_next(
    tx: AsyncConnection, claimed: ChangeRequest, *, now: datetime, workspace: WorkspaceKey
) -> ChangeRequest:
    """Save the claim of a locked change, provided that `claims.next_to_apply` would find it. Raises StaleVersion."""
    of_workspace = {"of_sid": workspace.account_sid, "of_workspace": workspace.workspace_id}
    return await changes.save(tx, claimed, _SAVE_IF_NEXT, now=now, **of_workspace)
