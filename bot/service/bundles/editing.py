"""Edit several numbers that were asked together: one form makes a new revision of all that are undecided.

What was decided, or ended, stays as it is: its reviewers saw nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.draft import ChangeDraft
from bot.domain.errors import InvalidNumber, NothingDiffers, TooLate
from bot.domain.events import Event
from bot.domain.facts import Edited, Fact
from bot.domain.number import pretty
from bot.domain.parentage import origin_of
from bot.domain.revising import changed, refuse_edit, revise
from bot.domain.schedule import schedule_of
from bot.domain.standing import standing
from bot.domain.state import State
from bot.service import redaction
from bot.service.bundles.asking import Wish, drafts_of, require_may_ask_all
from bot.service.bundles.leading import require_lead, with_lead
from bot.service.context import ServiceContext
from bot.service.elsewhere import refuse_elsewhere
from bot.service.messages import bundle_fact, results_again
from bot.service.move_card import follow_rules_of_all
from bot.service.refusals import refusals
from bot.service.rights import LookUp, Rights, with_rights
from bot.service.submission import Submission
from bot.service.submit import asked, deviation_of
from bot.service.unit_of_work import Step, UnitOfWork, unit_of_work
from bot.store import bundles, changes, reviews


async def edit_several(
    context: ServiceContext,
    submission: Submission,
    change_id: int,
    revision: int,
    *,
    look_until: float | None = None,
    look_up: LookUp | None = None,
) -> ChangeRequest:
    """Store a submission as the next revision of the undecided changes of a bundle, and return the first of them.

    No number is added: what the reviewers have seen stays one request. One that is left out, or for which nothing would
    change, is withdrawn. Raises as `edit` does.
    """
    async with refusals(context, submission.actor, Event.EDIT_REFUSED, change_id):
        work = partial(_with_lead, context, _Edit(submission, revision), change_id)
        return await asked(context, submission.actor, work, look_until=look_until, look_up=look_up)


async def edit_reason(
    context: ServiceContext, submission: Submission, change_id: int, revision: int, *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Do as `edit_several` does where each of them goes on to ask for its own: the reason alone is edited.

    What the submission says of numbers, wishes and times counts for nothing.
    """
    async with refusals(context, submission.actor, Event.EDIT_REFUSED, change_id):
        work = partial(_with_lead, context, _Edit(submission, revision, is_own=True), change_id)
        return await with_rights(look_up, work, asker=submission.actor.user_id)


@dataclass(frozen=True, slots=True)
class _Edit:
    """What was sent, the revision that the form was filled with, and whether each keeps what it asks for."""

    submission: Submission
    revision: int
    is_own: bool = False

    def of(self, change: ChangeRequest) -> Submission:
        """Return what is asked for one of the changes from now on."""
        asks = replace(self.submission, number=change.key.number, parent_id=change.parent_id)
        return replace(asks, patch=change.asked_patch, schedule=schedule_of(change)) if self.is_own else asks

    def kept(self, bundle: Bundle) -> list[ChangeRequest]:
        """Return the changes whose numbers are not left out."""
        numbers = {self.submission.number, *self.submission.others}
        return [each for each in bundle.members if self.is_own or each.key.number in numbers]


async def _with_lead(context: ServiceContext, edit: _Edit, change_id: int, rights: Rights) -> ChangeRequest:
    return await with_lead(change_id, lambda lead_id: _edit(context, edit, lead_id, rights))


async def _edit(context: ServiceContext, edit: _Edit, lead_id: int, rights: Rights) -> ChangeRequest:
    submission, revision = edit.submission, edit.revision
    actor = submission.actor
    async with unit_of_work(context, actor, hold=lead_id, team_id=actor.team_id) as unit:
        require_lead(unit.held.change)
        if unit.held.change.bundle_id is None:
            raise InvalidNumber(f"{unit.held.change.label} is about one number. For more, cancel it and ask anew.")
        bundle = await bundles.lock(unit.tx, lead_id)
        undecided = Bundle(bundle.those(State.PENDING) or bundle.members[:1])
        for each in undecided.members:
            refuse_edit(each, actor.user_id, each.key.number, unit.at)
        refuse_elsewhere(context, bundle.lead)
        if not edit.is_own:
            _refuse_new_numbers(undecided, submission)
        is_same = len(edit.kept(undecided)) == len(undecided.members) and await _is_same(unit, context, undecided, edit)
        if is_same and undecided.lead.revision == revision + 1:
            return undecided.lead
        if undecided.lead.revision != revision:
            raise TooLate(f"{undecided.label} were edited after this form was opened. Please open Edit again.")
        if is_same:
            raise NothingDiffers(f"Nothing would change: {undecided.label} ask for exactly this already.")
        return await _revise(context, unit, bundle, edit, rights)


def _refuse_new_numbers(bundle: Bundle, submission: Submission) -> None:
    new = {submission.number, *submission.others} - {each.key.number for each in bundle.members}
    if new:
        named = ", ".join(map(pretty, sorted(new)[:3]))
        raise InvalidNumber(
            f"Edit can leave numbers out, but adds none: leave out {named}, and ask for that in a request of its own."
        )


async def _is_same(unit: UnitOfWork, context: ServiceContext, bundle: Bundle, edit: _Edit) -> bool:
    for each in bundle.members:
        if await deviation_of(unit.tx, context, edit.of(each), each) is not None:
            return False
    return True


async def _revise(
    context: ServiceContext, unit: UnitOfWork, bundle: Bundle, edit: _Edit, rights: Rights
) -> ChangeRequest:
    undecided = Bundle(bundle.those(State.PENDING))
    submission = edit.of(undecided.lead)
    wishes = [Wish(each.key.number, edit.of(each).patch) for each in edit.kept(undecided)]
    # One that is left alone was asked together with others all the same: their rules go on to hold.
    drafts, needless = await drafts_of(unit, context, submission, wishes, is_several=True)
    require_may_ask_all(rights, drafts, submission.actor.user_id)
    by_number = {draft.key.number: draft for draft in drafts}
    revised = [each for each in undecided.members if each.key.number in by_number]
    parents = await changes.get_all(unit.tx, [each.parent_id for each in revised if each.parent_id])
    earlier = await reviews.of_changes(unit.tx, [each.id for each in revised])
    void = {one.reviewer_id: None for each in revised for one in standing(each, earlier.get(each.id, ()))}
    withdrawn = await unit.step_all(
        [
            Step(each, each.cancel(submission.actor.user_id, unit.at), Event.CANCELED, {"left_out": True})
            for each in undecided.members
            if each.key.number not in by_number
        ]
    )
    schedule = submission.schedule.to_json()
    steps = [_step(each, by_number[each.key.number], parents.get(each.parent_id or 0), schedule) for each in revised]
    saved = await unit.step_all(steps)
    lines = [
        *changed(revised[0], saved[0]),
        *(_left_out(each, is_needless=each.key.number in needless) for each in withdrawn),
    ]
    told = Edited(by=submission.actor.user_id, revision=saved[0].revision, changed=lines, void=list(void))
    news = {each.id: each for each in (*saved, *withdrawn)}
    present = Bundle(tuple(news.get(each.id, each) for each in bundle.members))
    again = results_again(bundle, withdrawn, unit.at) if withdrawn else []
    await unit.tell(bundle_fact(present, Fact.EDITED, unit.at, told, saved), *again)
    await follow_rules_of_all(context, unit, present, saved)
    return saved[0]


def _left_out(change: ChangeRequest, *, is_needless: bool) -> str:
    why = "nothing would change there" if is_needless else "left out"
    return f"{change.label} for {pretty(change.key.number)}: {why}, so it is withdrawn"


def _step(change: ChangeRequest, draft: ChangeDraft, parent: ChangeRequest | None, schedule: Mapping[str, str]) -> Step:
    origin = origin_of(parent, draft.key, draft.before, draft.patch) if parent else None
    revised = revise(change, replace(draft, origin=origin))
    after = {
        "revision": revised.revision,
        "changed": list(changed(change, revised)),
        "reason": revised.reason,
        "before": redaction.of_assignment(revised.before),
        "patch": redaction.of_patch(revised.patch),
        "policy": revised.policy.to_json(),
        "origin": revised.origin,
        **schedule,
    }
    return Step(change, revised, Event.EDITED, after)
