"""Send a worker to look at an `unclear` change."""

from bot.domain.change import ChangeRequest
from bot.domain.state import Errand
from bot.service.context import Actor, ServiceContext
from bot.service.effects import thread_fact
from bot.service.elsewhere import refuse_elsewhere
from bot.service.recording import recording
from bot.service.refusals import refusals
from bot.store import changes


async def ask_errand(context: ServiceContext, actor: Actor, change_id: int, errand: Errand) -> ChangeRequest:
    """Record who wants the look and what for; the worker does it.

    Raises AlreadyDecided, NotAllowed, Elsewhere, UnknownChange.
    With the policy of today every full member of the team is a reviewer; the caller has checked that membership.
    """
    async with refusals(context, actor, "errand.refused", change_id), recording(context, actor) as record:
        change = await changes.lock(record.tx, change_id, team_id=actor.team_id)
        refuse_elsewhere(context, change)
        asked = change.ask_errand(errand, actor.user_id, is_reviewer=True)
        await record.step(change, asked, f"errand.{errand}")
        await record.tell(thread_fact(asked, f"asked_{errand}", record.at, {"by": actor.user_id}))
    return asked
