"""The review of an override afterwards, and the reminders until there was one; of several the first speaks for all."""

from functools import partial

from bot.domain import overriding
from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import Fact, OverrideReviewed, Unreviewed
from bot.domain.overriding import Override
from bot.service.bundles.leading import with_lead
from bot.service.context import WORKER_ID, Actor, ServiceContext
from bot.service.messages import thread_again, thread_fact
from bot.service.override import locked
from bot.service.refusals import refusals
from bot.service.rights import LookUp, Rights, with_rights
from bot.service.unit_of_work import UnitOfWork, unit_of_work
from bot.store import bundles, changes, overrides


async def review_override(
    context: ServiceContext, actor: Actor, change_id: int, *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Record that somebody has looked at an override afterwards: whoever could have approved the change.

    Raises AlreadyDecided, NotAllowed, CannotCheck, UnknownChange.
    """
    async with refusals(context, actor, Event.OVERRIDE_REVIEW_REFUSED, change_id):
        return await with_rights(
            look_up, lambda rights: with_lead(change_id, partial(_review_of, context, actor, rights))
        )


async def _review_of(context: ServiceContext, actor: Actor, rights: Rights, change_id: int) -> ChangeRequest:
    async with unit_of_work(context, actor, hold=change_id, team_id=actor.team_id) as unit:
        together = await locked(unit)
        made = await overrides.of_all(unit.tx, together.members)
        overridden = [each for each in together.members if each.id in made] or [together.lead]
        those = [each for each in overridden if not overriding.came_to_nothing(each)] or overridden
        for each in those:
            # Slack is asked only about who could review it otherwise.
            overriding.review(each, made.get(each.id), actor.user_id, unit.at, is_approver=True)
        policies = {each.policy for each in those}
        rights.require_known(to_decide=[(held, [actor.user_id]) for held in policies if held.needs_look_up])
        for each in those:
            is_approver = bool(rights.of(each.policy, actor.user_id))
            reviewed = overriding.review(each, made[each.id], actor.user_id, unit.at, is_approver=is_approver)
            await overrides.save(unit.tx, reviewed)
            after = {"overridden_by": reviewed.overridden_by, "revision": reviewed.revision}
            unit.note(Event.OVERRIDE_REVIEWED, change_id=each.id, after=after)
        await _tell(unit, those, made[those[0].id].overridden_by)
    return those[0]


async def _tell(unit: UnitOfWork, those: list[ChangeRequest], overridden_by: str) -> None:
    first = those[0]
    told = OverrideReviewed(by=unit.actor.user_id, overridden_by=overridden_by, others=len(those) - 1)
    again = [
        thread_again(first.team_id, first.id, name, unit.at, "reviewed", lead_id=first.lead_id)
        for name in (Fact.OVERRIDDEN, Fact.OVERRIDE_UNREVIEWED)
    ]
    once = Fact.OVERRIDE_REVIEWED.value
    await unit.tell(*again, thread_fact(first, Fact.OVERRIDE_REVIEWED, unit.at, told, once=once))


async def remind_next(context: ServiceContext) -> bool:
    """Remind people of one override that nobody has reviewed for another day; say whether one was due.

    Each day is told once, whoever tells it: its reminder is recorded with the time of the next one.
    """
    async with unit_of_work(context, Actor("", WORKER_ID, "worker")) as unit:
        change_id = await overrides.next_due(unit.tx, unit.at)
        if change_id is None:
            return False
        # The changes first, their lead before all, as with a review of them: nobody waits in a circle.
        change = await changes.get(unit.tx, change_id)
        lead = await changes.lock(unit.tx, change.lead_id)
        together = Bundle((lead,)) if lead.bundle_id is None else await bundles.lock(unit.tx, lead.bundle_id)
        made = await overrides.of_all(unit.tx, together.members)
        stands = [each.id for each in together.members if not overriding.came_to_nothing(each)]
        due = [made[each] for each in stands if each in made and made[each].is_due(unit.at)]
        for each in due:
            await overrides.save(unit.tx, each.reminded(unit.at))
        if due:
            await _remind(unit, together, due)
    return True


async def _remind(unit: UnitOfWork, together: Bundle, due: list[Override]) -> None:
    first = due[0]
    [change] = [each for each in together.members if each.id == first.change_id]
    told = Unreviewed(by=first.overridden_by, since=first.at.isoformat(), reason=first.reason, others=len(due) - 1)
    name, days = Fact.OVERRIDE_UNREVIEWED, first.days
    # The reminder of the day before asks for nothing any more.
    former = thread_again(change.team_id, change.id, name, unit.at, f"reminded/{days}", lead_id=change.lead_id)
    drafts = [former] if days > 1 else []
    await unit.tell(*drafts, thread_fact(change, name, unit.at, told, once=f"{name}/{days}"))
