"""Send a worker to look at an `unclear` change."""

from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import By, Fact
from bot.domain.state import FollowUp
from bot.service.context import Actor, ServiceContext
from bot.service.elsewhere import refuse_elsewhere
from bot.service.messages import thread_fact
from bot.service.refusals import refusals
from bot.service.unit_of_work import unit_of_work
from bot.store import changes


async def ask_follow_up(context: ServiceContext, actor: Actor, change_id: int, follow_up: FollowUp) -> ChangeRequest:
    """Record who wants the look and what for; the worker does it.

    Raises AlreadyDecided, NotAllowed, Elsewhere, UnknownChange.
    With the policy of today every full member of the team is a reviewer; the caller has checked that membership.
    """
    async with refusals(context, actor, Event.FOLLOW_UP_REFUSED, change_id), unit_of_work(context, actor) as unit:
        change = await changes.lock(unit.tx, change_id, team_id=actor.team_id)
        refuse_elsewhere(context, change)
        asked = change.ask_follow_up(follow_up, actor.user_id, is_reviewer=True)
        await unit.step(change, asked, Event.of_follow_up(follow_up))
        await unit.tell(thread_fact(asked, Fact.of_follow_up(follow_up), unit.at, By(by=actor.user_id)))
    return asked
