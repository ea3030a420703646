"""Send a worker to look at an `unclear` change."""

from functools import partial

from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import By, Fact
from bot.domain.state import FollowUp
from bot.service.context import Actor, ServiceContext
from bot.service.elsewhere import refuse_elsewhere
from bot.service.messages import thread_fact
from bot.service.refusals import refusals
from bot.service.rights import LookUp, Rights, with_rights
from bot.service.unit_of_work import unit_of_work
from bot.store import changes


async def ask_follow_up(
    context: ServiceContext, actor: Actor, change_id: int, follow_up: FollowUp, *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Record who wants the look and what for; the worker does it.

    Raises AlreadyDecided, NotAllowed, CannotCheck, Elsewhere, UnknownChange.
    A reviewer is whoever may approve by one of the rules that hold for the change; the caller has checked that they are
    a full member of the team.
    """
    async with refusals(context, actor, Event.FOLLOW_UP_REFUSED, change_id):
        return await with_rights(look_up, partial(_ask_follow_up, context, actor, change_id, follow_up))


async def _ask_follow_up(
    context: ServiceContext, actor: Actor, change_id: int, follow_up: FollowUp, rights: Rights
) -> ChangeRequest:
    async with unit_of_work(context, actor) as unit:
        change = await changes.lock(unit.tx, change_id, team_id=actor.team_id)
        refuse_elsewhere(context, change)
        is_reviewer = actor.user_id != change.requester_id and bool(rights.of(change.policy, actor.user_id))
        asked = change.ask_follow_up(follow_up, actor.user_id, is_reviewer=is_reviewer)
        await unit.step(change, asked, Event.of_follow_up(follow_up))
        await unit.tell(thread_fact(asked, Fact.of_follow_up(follow_up), unit.at, By(by=actor.user_id)))
    return asked
