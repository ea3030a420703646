"""Decide about a change: approve, deny, take that back, cancel."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial

from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import By, Decided, Fact, TakenBack
from bot.domain.policy import Decision, Review, Verdict
from bot.domain.state import State
from bot.service.context import Actor, ServiceContext
from bot.service.elsewhere import why_elsewhere
from bot.service.messages import thread_fact
from bot.service.refusals import refusals
from bot.service.rights import LookUp, Rights, with_rights
from bot.service.unit_of_work import UnitOfWork, unit_of_work
from bot.store import changes, pauses, reviews


@dataclass(frozen=True, slots=True)
class _Said:
    """What a reviewer says, and why."""

    verdict: Verdict
    reason: str | None = None


async def approve(
    context: ServiceContext, actor: Actor, change_id: int, *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Add an approval and return the change as it stands then.

    Without `look_up` only what needs none can be decided. Raises OwnChange, NotAllowed, CannotCheck, AlreadyDecided,
    TooLate, UnknownChange; each refusal is in the audit record by then.
    """
    async with refusals(context, actor, Event.REVIEW_REFUSED, change_id):
        return await with_rights(look_up, partial(_review, context, actor, change_id, _Said(Verdict.APPROVE)))


async def deny(
    context: ServiceContext, actor: Actor, change_id: int, reason: str, *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Deny a change for a reason; it ends or is held up as its rules say. Raises as `approve` does."""
    async with refusals(context, actor, Event.REVIEW_REFUSED, change_id):
        return await with_rights(look_up, partial(_review, context, actor, change_id, _Said(Verdict.DENY, reason)))


async def take_back(
    context: ServiceContext, actor: Actor, change_id: int, *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Take one's approval or denial back while the change is undecided.

    Raises NotAllowed, CannotCheck, AlreadyDecided, TooLate, UnknownChange.
    """
    async with refusals(context, actor, Event.REVIEW_REFUSED, change_id):
        return await with_rights(look_up, partial(_take_back, context, actor, change_id))


async def _review(context: ServiceContext, actor: Actor, change_id: int, said: _Said, rights: Rights) -> ChangeRequest:
    async with unit_of_work(context, actor) as unit:
        change = await changes.lock(unit.tx, change_id, team_id=actor.team_id)
        earlier = await reviews.of_change(unit.tx, change_id)
        change.refuse_review(actor.user_id, earlier, unit.at)
        rules = rights.rules_of(change.policy, actor.user_id)
        written = rules - change.policy.open_rules
        review = Review(actor.user_id, said.verdict, change.revision, unit.at, said.reason, rules=written)
        *earlier, _ = await _still_counting(unit, change, [*earlier, review], rights, except_id=actor.user_id)
        decided = change.review(review, earlier, apply_within=context.apply_within)
        await reviews.add(unit.tx, change_id, review)
        after = {"verdict": said.verdict.value, "reason": said.reason, "rules": sorted(filter(None, rules))}
        decided = await unit.step(change, decided, _event(decided, said.verdict), after)
        await _tell(context, unit, decided, actor.user_id, said)
    return decided


def _event(decided: ChangeRequest, verdict: Verdict) -> Event:
    if decided.state is not State.PENDING:
        return Event.of_state(decided.state)
    return Event.REVIEWED if verdict is Verdict.APPROVE else Event.BLOCKED


async def _take_back(context: ServiceContext, actor: Actor, change_id: int, rights: Rights) -> ChangeRequest:
    async with unit_of_work(context, actor) as unit:
        change = await changes.lock(unit.tx, change_id, team_id=actor.team_id)
        earlier = await reviews.of_change(unit.tx, change_id)
        review = change.take_back(actor.user_id, earlier, unit.at)
        left = [each for each in earlier if each is not review]
        left = await _still_counting(unit, change, left, rights)
        decided = change.undo(left, unit.at, apply_within=context.apply_within)
        await reviews.take_back(unit.tx, change_id, review, unit.at)
        event = Event.TAKEN_BACK if decided.state is State.PENDING else Event.of_state(decided.state)
        decided = await unit.step(change, decided, event, {"taken_back": review.verdict.value})
        told = TakenBack(by=actor.user_id, verdict=review.verdict.value)
        await unit.tell(thread_fact(decided, Fact.TAKEN_BACK, unit.at, told))
        if decided.state is not State.PENDING:
            await _tell(context, unit, decided, str(decided.decided_by), _Said(Verdict.APPROVE))
    return decided


async def _still_counting(
    unit: UnitOfWork, change: ChangeRequest, found: list[Review], rights: Rights, *, except_id: str | None = None
) -> list[Review]:
    """Look again at who approved when these reviews would approve the change; who may no longer does not count.

    `except_id` was looked up with the press. Raises NotLookedUp.
    """
    if change.evaluation(found, unit.at).decision is not Decision.APPROVED:
        return found
    approving = [each for each in change.standing(found) if each.verdict is Verdict.APPROVE]
    others = [each.reviewer_id for each in approving if each.reviewer_id != except_id]
    return await _without_lost(unit, change, found, rights.again(change.policy, others) if others else {}, others)


async def _without_lost(
    unit: UnitOfWork,
    change: ChangeRequest,
    found: list[Review],
    known: Mapping[str, frozenset[str]],
    people: Collection[str],
) -> list[Review]:
    """Record what the reviews of these people no longer count for."""
    kept: list[Review] = []
    for each in found:
        lost: frozenset[str] = frozenset()
        if each.reviewer_id in people and change.standing([each]):
            lost = (each.rules | change.policy.open_rules) - each.lost - known[each.reviewer_id]
        if lost:
            await reviews.lose(unit.tx, change.id, each, lost, unit.at)
            after = {"reviewer": each.reviewer_id, "rules": sorted(filter(None, lost))}
            unit.note(Event.RIGHT_LOST, change_id=change.id, after=after)
        kept.append(replace(each, lost=each.lost | lost))
    return kept


async def _tell(context: ServiceContext, unit: UnitOfWork, decided: ChangeRequest, by: str, said: _Said) -> None:
    pause = await pauses.paused(unit.tx, decided.team_id) if decided.state is State.APPROVED else None
    told = Decided(
        by=by,
        reason=said.reason,
        paused_by=None if pause is None else pause.by,
        paused_at=None if pause is None else pause.at.isoformat(),
        paused_why=None if pause is None else pause.reason,
        elsewhere=why_elsewhere(context, decided),
    )
    is_held_up = decided.state is State.PENDING and said.verdict is Verdict.DENY
    await unit.tell(thread_fact(decided, Fact.BLOCKED if is_held_up else Fact.of_state(decided.state), unit.at, told))


async def cancel(context: ServiceContext, actor: Actor, change_id: int) -> ChangeRequest:
    """Take a change back for its requester. Raises NotAllowed, TooLate, AlreadyDecided, UnknownChange."""
    async with refusals(context, actor, Event.CANCEL_REFUSED, change_id), unit_of_work(context, actor) as unit:
        change = await changes.lock(unit.tx, change_id, team_id=actor.team_id)
        canceled = change.cancel(actor.user_id, unit.at)
        await unit.step(change, canceled, Event.CANCELED)
        await unit.tell(thread_fact(canceled, Fact.CANCELED, unit.at, By(by=actor.user_id)))
    return canceled
