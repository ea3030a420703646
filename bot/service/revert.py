"""Find what can be put back."""

from bot.domain.change import ChangeRequest
from bot.domain.errors import AlreadyDecided
from bot.domain.events import Event
from bot.domain.state import State
from bot.service.context import Actor, ServiceContext
from bot.service.refusals import refusals
from bot.store import changes


async def revertible(context: ServiceContext, actor: Actor, change_id: int) -> ChangeRequest:
    """Return an applied change. Raises UnknownChange, and AlreadyDecided for one that changed nothing."""
    async with refusals(context, actor, Event.REVERT_REFUSED, change_id):
        async with context.database.reading() as tx:
            change = await changes.get(tx, change_id, team_id=actor.team_id)
        if change.state is not State.APPLIED:
            raise AlreadyDecided(f"{change.label} is {change.state}; only an applied change can be reverted.")
    return change
