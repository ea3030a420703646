"""Changes of another UponAI account or workspace than the one that the bot is set to.

They were asked before the settings changed. Nothing is sent for them: they wait, until the settings are back or they
expire, and people and operators are told so.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.errors import Elsewhere
from bot.domain.key import WorkspaceKey
from bot.service.context import ServiceContext
from bot.store import elsewhere


def why_elsewhere(context: ServiceContext, change: ChangeRequest) -> str | None:
    """Say that a change belongs to another workspace, None when it does not."""
    there, here = change.key.workspace, context.workspace
    if there == here:
        return None
    return f"{change.label} belongs to {there.name(beside=here)}, and I am set to {here.name(beside=there)}."


def refuse_elsewhere(context: ServiceContext, change: ChangeRequest) -> None:
    """Raise Elsewhere for a change of another workspace: the same number here is another number."""
    why = why_elsewhere(context, change)
    if why is not None:
        raise Elsewhere(f"{why} Whoever runs me can set me back to it.")


async def waiting(context: ServiceContext, team_id: str, limit: int) -> list[ChangeRequest]:
    """Return a team's changes that go on once the bot is set to their workspace, oldest first."""
    async with context.database.reading() as tx:
        return await elsewhere.waiting(tx, context.workspace, team_id=team_id, limit=limit)


async def warnings(tx: AsyncConnection, here: WorkspaceKey) -> list[str]:
    """Tell an operator of the open changes of each other workspace."""
    found = await elsewhere.count(tx, here)
    return [
        f"{'1 open change belongs' if count == 1 else f'{count} open changes belong'} to {there.name(beside=here)}, "
        f"and the bot is set to {here.name(beside=there)}: nothing is sent for them, and they expire. "
        "Check UPONAI_ACCOUNT_SID and UPONAI_WORKSPACE_ID."
        for there, count in found.items()
    ]
