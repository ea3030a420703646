"""Decide about a change: approve, deny, take that back, cancel."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.change import ChangeRequest
from bot.domain.due import is_due, sent_from
from bot.domain.events import Event
from bot.domain.facts import By, Decided, Fact, TakenBack
from bot.domain.policy import Review, Verdict
from bot.domain.putting_back import refuse_cancel
from bot.domain.reviewing import to_take_back, without
from bot.domain.state import State
from bot.service.applying.claim import claim_decided
from bot.service.bundles import deciding
from bot.service.bundles.leading import with_lead
from bot.service.context import Actor, ServiceContext
from bot.service.counting import Said, names_of, still_counting
from bot.service.elsewhere import why_elsewhere
from bot.service.messages import TOLD_AFTER, thread_fact
from bot.service.refusals import refusals
from bot.service.rights import LookUp, Rights, with_rights
from bot.service.unit_of_work import UnitOfWork, unit_of_work
from bot.store import reviews


async def approve(
    context: ServiceContext, actor: Actor, change_id: int, *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Add an approval and return the change as it stands then.

    Without `look_up` only what needs none can be decided. Raises OwnChange, NotAllowed, CannotCheck, AlreadyDecided,
    TooLate, UnknownChange; each refusal is in the audit record by then.
    """
    async with refusals(context, actor, Event.REVIEW_REFUSED, change_id):
        return await with_lead(
            change_id,
            lambda lead_id: with_rights(look_up, partial(_review, context, actor, lead_id, Said(Verdict.APPROVE))),
        )


async def deny(
    context: ServiceContext, actor: Actor, change_id: int, reason: str, *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Deny a change for a reason; it ends or is held up as its rules say. Raises as `approve` does."""
    async with refusals(context, actor, Event.REVIEW_REFUSED, change_id):
        return await with_lead(
            change_id,
            lambda lead_id: with_rights(look_up, partial(_review, context, actor, lead_id, Said(Verdict.DENY, reason))),
        )


async def take_back(
    context: ServiceContext, actor: Actor, change_id: int, *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Take one's approval or denial back while the change is undecided.

    Raises NotAllowed, CannotCheck, AlreadyDecided, TooLate, UnknownChange.
    """
    async with refusals(context, actor, Event.REVIEW_REFUSED, change_id):
        return await with_lead(
            change_id, lambda lead_id: with_rights(look_up, partial(_take_back, context, actor, lead_id))
        )


async def _review(context: ServiceContext, actor: Actor, change_id: int, said: Said, rights: Rights) -> ChangeRequest:
    async with context.handing.place() as place:
        async with unit_of_work(context, actor, hold=change_id, team_id=actor.team_id) as unit:
            change = unit.held.change
            if change.bundle_id is not None:
                return await deciding.review(context, unit, said, rights)
            earlier = await reviews.of_change(unit.tx, change_id)
            change.refuse_review(actor.user_id, earlier, unit.at)
            rules = rights.rules_of(change.policy, actor.user_id)
            written = rules - change.policy.open_rules
            review = Review(actor.user_id, said.verdict, change.revision, unit.at, said.reason, rules=written)
            *earlier, _ = await still_counting(unit, change, [*earlier, review], rights, except_id=actor.user_id)
            decided = change.review(review, earlier, apply_within=context.apply_within)
            await reviews.add(unit.tx, change_id, review)
            after = {"verdict": said.verdict.value, "reason": said.reason, "rules": sorted(filter(None, rules))}
            decided = await _step(context, unit, decided, replace(said, by=actor.user_id), after)
            claimed = None if place is None else await claim_decided(context, unit, decided)
        if place is not None:
            place.set_result(claimed)
        return decided


async def _take_back(context: ServiceContext, actor: Actor, change_id: int, rights: Rights) -> ChangeRequest:
    async with unit_of_work(context, actor, hold=change_id, team_id=actor.team_id) as unit:
        change = unit.held.change
        if change.bundle_id is not None:
            return await deciding.take_back(context, unit, rights)
        earlier = await reviews.of_change(unit.tx, change_id)
        review = to_take_back(change, actor.user_id, earlier, unit.at)
        left = await still_counting(unit, change, [each for each in earlier if each is not review], rights)
        decided = without(change, left, unit.at, apply_within=context.apply_within)
        await reviews.take_back(unit.tx, change_id, review, unit.at)
        told = TakenBack(by=actor.user_id, verdict=review.verdict.value)
        await unit.tell(thread_fact(decided, Fact.TAKEN_BACK, unit.at, told))
        after = {"taken_back": review.verdict.value}
        if decided.state is State.PENDING:
            return await unit.step(change, decided, Event.TAKEN_BACK, after)
        # A denial was all that held it up.
        return await _step(context, unit, decided, Said(Verdict.APPROVE, by=str(decided.decided_by)), after)


async def _step(
    context: ServiceContext, unit: UnitOfWork, decided: ChangeRequest, said: Said, after: Mapping[str, Any]
) -> ChangeRequest:
    """Save what a review comes to, and tell it: an approval that is sent at once is told with its result."""
    event, fact = names_of(decided, said.verdict)
    waits = decided.state is State.APPROVED and not is_due(decided, unit.at)
    pause = unit.held.pause if decided.state is State.APPROVED and not waits else None
    told = Decided(
        by=said.by,
        reason=said.reason,
        paused_by=None if pause is None else pause.by,
        paused_at=None if pause is None else pause.at.isoformat(),
        paused_why=None if pause is None else pause.reason,
        elsewhere=why_elsewhere(context, decided),
        sent_from=sent_from(decided).isoformat() if waits else None,
        is_closed=decided.opens_at is not None if waits else None,
    )
    is_sent_next = is_due(decided, unit.at) and not (told.paused_by or told.elsewhere)
    wait = TOLD_AFTER if is_sent_next else timedelta(0)
    decided = await unit.step(unit.held.change, decided, event, after, shown_after=wait)
    await unit.tell(replace(thread_fact(decided, fact, unit.at, told), due_at=unit.at + wait))
    return decided


async def cancel(context: ServiceContext, actor: Actor, change_id: int) -> ChangeRequest:
    """Take a change back for its requester. Raises NotAllowed, TooLate, AlreadyDecided, UnknownChange."""
    async with refusals(context, actor, Event.CANCEL_REFUSED, change_id):
        return await with_lead(change_id, partial(_cancel, context, actor))


async def _cancel(context: ServiceContext, actor: Actor, change_id: int) -> ChangeRequest:
    async with unit_of_work(context, actor, hold=change_id, team_id=actor.team_id) as unit:
        change = unit.held.change
        if change.bundle_id is not None:
            return await deciding.cancel(unit)
        refuse_cancel(change)
        canceled = change.cancel(actor.user_id, unit.at)
        await unit.step(change, canceled, Event.CANCELED)
        await unit.tell(thread_fact(canceled, Fact.CANCELED, unit.at, By(by=actor.user_id)))
    return canceled
