"""Edit an undecided change: the form makes a new revision of it, which is decided about from the start."""

from dataclasses import replace
from functools import partial

from bot.domain.change import ChangeRequest
from bot.domain.errors import InvalidNumber, NothingDiffers, TooLate
from bot.domain.events import Event
from bot.domain.facts import Edited, Fact
from bot.domain.number import pretty
from bot.domain.parentage import origin_of
from bot.domain.resubmission import deviation_from
from bot.domain.revising import changed, refuse_edit, revise
from bot.domain.standing import standing
from bot.service import redaction
from bot.service.context import ServiceContext
from bot.service.drafting import draft_of
from bot.service.elsewhere import refuse_elsewhere
from bot.service.lookup import present_within
from bot.service.messages import thread_fact
from bot.service.move_card import follow_rules
from bot.service.refusals import refusals
from bot.service.rights import LookUp, Rights
from bot.service.submission import Submission
from bot.service.submit import as_asked_then, asked
from bot.service.unit_of_work import UnitOfWork, unit_of_work
from bot.store import changes, reviews


async def edit(
    context: ServiceContext,
    submission: Submission,
    change_id: int,
    revision: int,
    *,
    look_until: float | None = None,
    look_up: LookUp | None = None,
) -> ChangeRequest:
    """Store a submission as the next revision of a change; `revision` is the one that the form was filled with.

    What the form sends twice is stored once. Raises as `submit` does, NotAllowed for anybody but the requester, and
    AlreadyDecided and TooLate for what can no longer be edited.
    """
    async with refusals(context, submission.actor, Event.EDIT_REFUSED, change_id):
        work = partial(_edit, context, submission, change_id, revision)
        return await asked(context, submission.actor, work, look_until=look_until, look_up=look_up)


async def _edit(
    context: ServiceContext, submission: Submission, change_id: int, revision: int, rights: Rights
) -> ChangeRequest:
    actor = submission.actor
    async with unit_of_work(context, actor, hold=change_id, team_id=actor.team_id) as unit:
        change = unit.held.change
        refuse_edit(change, actor.user_id, submission.number, unit.at)
        refuse_elsewhere(context, change)
        is_same = await _is_same(unit, context, change, submission)
        if is_same and change.revision == revision + 1:
            return change
        if change.revision != revision:
            raise TooLate(f"{change.label} was edited after this form was opened. Please open Edit again.")
        if is_same:
            raise NothingDiffers(f"Nothing would change: {change.label} asks for exactly this already.")
        return await _revise(context, unit, change, submission, rights)


async def _is_same(unit: UnitOfWork, context: ServiceContext, change: ChangeRequest, submission: Submission) -> bool:
    deviation = deviation_from(
        change,
        requester_id=submission.actor.user_id,
        key=context.key(submission.number),
        patch=await as_asked_then(unit.tx, context, submission.patch, change),
        reason=submission.reason.strip(),
        parent_id=change.parent_id,
        schedule=submission.schedule,
    )
    return deviation is None


async def _revise(
    context: ServiceContext, unit: UnitOfWork, change: ChangeRequest, submission: Submission, rights: Rights
) -> ChangeRequest:
    present = await present_within(unit.tx, context, submission.number)
    if present is None:
        raise InvalidNumber(f"This account does not list {pretty(submission.number)}.")
    draft = await draft_of(unit.tx, context, submission, present, unit.at)
    rights.require_may_ask(draft.policy, submission.actor.user_id)
    parent = None if change.parent_id is None else await changes.get(unit.tx, change.parent_id, team_id=change.team_id)
    origin = origin_of(parent, draft.key, draft.before, draft.patch) if parent else None
    void = [each.reviewer_id for each in standing(change, await reviews.of_change(unit.tx, change.id))]
    revised = revise(change, replace(draft, origin=origin))
    lines = list(changed(change, revised))
    after = {
        "revision": revised.revision,
        "changed": lines,
        "reason": revised.reason,
        "before": redaction.of_assignment(revised.before),
        "patch": redaction.of_patch(revised.patch),
        "policy": revised.policy.to_json(),
        "origin": revised.origin,
        **submission.schedule.to_json(),
    }
    revised = await unit.step(change, revised, Event.EDITED, after)
    told = Edited(by=submission.actor.user_id, revision=revised.revision, changed=lines, void=void)
    await unit.tell(thread_fact(revised, Fact.EDITED, unit.at, told))
    return await follow_rules(context, unit, revised)
