"""Put-backs: stored with the change that they end, hurried on or called off by an approver."""

from datetime import datetime
from functools import partial

from bot.domain.account import ListedNumber
from bot.domain.change import ChangeRequest
from bot.domain.due import sent_from
from bot.domain.events import Event
from bot.domain.facts import By, Fact, PutBackPlanned
from bot.domain.putting_back import covered, hurry, keep, put_back_of
from bot.service import redaction
from bot.service.bundles import putting_back
from bot.service.bundles.leading import with_lead
from bot.service.bundles.putting_back import is_approver
from bot.service.context import Actor, ServiceContext
from bot.service.elsewhere import refuse_elsewhere
from bot.service.messages import put_backs_fact, thread_fact
from bot.service.put_back_facts import put_back_hurried, put_backs_again
from bot.service.refusals import refusals
from bot.service.rights import LookUp, Rights, with_rights
from bot.service.unit_of_work import UnitOfWork, unit_of_work
from bot.store import bundles, changes
from bot.store.outbox import OutboxDraft


async def plan(unit: UnitOfWork, parent: ChangeRequest, live: ListedNumber, as_of: datetime) -> ChangeRequest:
    """Store the put-back of a change that is about to be applied; `cover` has to follow behind that step."""
    draft = put_back_of(parent, live.assignment, as_of, unit.at)
    if parent.bundle_id is None:
        planned = await changes.insert(unit.tx, draft)
    else:
        planned = await bundles.add_put_back(unit.tx, draft, parent.bundle_id)
    after = {
        "number": planned.key.number,
        "account_sid": planned.key.account_sid,
        "workspace_id": planned.key.workspace_id,
        "reason": planned.reason,
        "before": redaction.of_assignment(planned.before),
        "patch": redaction.of_patch(planned.patch),
        "policy": planned.policy.to_json(),
        "origin": planned.origin,
        "parent_id": planned.parent_id,
        "channel_id": planned.channel_id,
        "due_at": planned.due_at.isoformat(),
    }
    await unit.submitted(planned, after, event=Event.PUT_BACK_PLANNED)
    return planned


async def cover(
    context: ServiceContext, unit: UnitOfWork, planned: ChangeRequest, parent: ChangeRequest
) -> list[OutboxDraft]:
    """Let the approval of a change that is applied now hold for its put-back; return what its thread is told."""
    approved = covered(planned, parent, unit.at, context.apply_within)
    approved = await unit.step(planned, approved, Event.PUT_BACK_COVERED, {"covered_by": parent.label})
    told = PutBackPlanned(change=approved.label, sent_from=sent_from(approved).isoformat())
    if approved.bundle_id is None:
        return [thread_fact(parent, Fact.PUT_BACK, unit.at, told)]
    return [put_backs_fact(parent, unit.at, told), put_backs_again(approved, parent, unit.at)]


async def put_back_now(
    context: ServiceContext, actor: Actor, change_id: int, *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Let a put-back be sent as soon as its rules let it. Raises as `keep_applied` does."""
    async with refusals(context, actor, Event.PUT_BACK_REFUSED, change_id):
        return await with_lead(
            change_id, lambda lead_id: with_rights(look_up, partial(_put_back_now, context, actor, lead_id))
        )


async def _put_back_now(context: ServiceContext, actor: Actor, change_id: int, rights: Rights) -> ChangeRequest:
    async with unit_of_work(context, actor, hold=change_id, team_id=actor.team_id) as unit:
        change = unit.held.change
        refuse_elsewhere(context, change)
        if change.bundle_id is not None:
            return await putting_back.hurry_all(context, unit, rights)
        may = is_approver(change, actor, rights)
        due = hurry(change, actor.user_id, unit.at, is_approver=may, apply_within=context.apply_within)
        due = await unit.step(change, due, Event.PUT_BACK_HURRIED, {"due_at": due.due_at.isoformat()})
        parent = await changes.get(unit.tx, due.parent_id or due.id)
        await unit.tell(*put_back_hurried(due, parent, actor.user_id, unit.at))
    return due


async def keep_applied(
    context: ServiceContext, actor: Actor, change_id: int, *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Call a put-back off, so that what is live stays.

    Raises OwnChange, NotAllowed, CannotCheck, AlreadyDecided, Elsewhere, UnknownChange; the caller has checked that
    the actor is a full member of the team.
    """
    async with refusals(context, actor, Event.PUT_BACK_REFUSED, change_id):
        return await with_lead(change_id, lambda lead_id: with_rights(look_up, partial(_keep, context, actor, lead_id)))


async def _keep(context: ServiceContext, actor: Actor, change_id: int, rights: Rights) -> ChangeRequest:
    async with unit_of_work(context, actor, hold=change_id, team_id=actor.team_id) as unit:
        change = unit.held.change
        if change.bundle_id is not None:
            return await putting_back.keep_all(unit, rights)
        kept = keep(change, actor.user_id, unit.at, is_approver=is_approver(change, actor, rights))
        kept = await unit.step(change, kept, Event.CANCELED)
        await unit.tell(thread_fact(kept, Fact.CANCELED, unit.at, By(by=actor.user_id)))
    return kept
