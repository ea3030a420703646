"""Decide about a change: approve, deny, cancel."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import By, Decided, Fact
from bot.domain.policy import Review, Verdict
from bot.domain.state import State
from bot.service.context import Actor, ServiceContext
from bot.service.elsewhere import why_elsewhere
from bot.service.messages import TOLD_AFTER, thread_fact
from bot.service.refusals import refusals
from bot.service.unit_of_work import unit_of_work
from bot.store import reviews


async def approve(context: ServiceContext, actor: Actor, change_id: int) -> ChangeRequest:
    """Add an approval and return the change as it stands then.

    Raises OwnChange, AlreadyDecided, TooLate, UnknownChange; each refusal is in the audit record by then.
    """
    return await _review(context, actor, change_id, Verdict.APPROVE, None)


async def deny(context: ServiceContext, actor: Actor, change_id: int, reason: str) -> ChangeRequest:
    """Deny a change for a reason; one denial decides. Raises as `approve` does."""
    return await _review(context, actor, change_id, Verdict.DENY, reason)


async def _review(
    context: ServiceContext, actor: Actor, change_id: int, verdict: Verdict, reason: str | None
) -> ChangeRequest:
    async with (
        refusals(context, actor, Event.REVIEW_REFUSED, change_id),
        unit_of_work(context, actor, hold=change_id, team_id=actor.team_id) as unit,
    ):
        change = unit.held.change
        review = Review(actor.user_id, verdict, change.revision, unit.at, reason)
        earlier = await reviews.of_change(unit.tx, change_id)
        decided = change.review(review, earlier, apply_within=context.apply_within)
        await reviews.add(unit.tx, change_id, review)
        event = Event.REVIEWED if decided.state is State.PENDING else Event.of_state(decided.state)
        pause = unit.held.pause if decided.state is State.APPROVED else None
        told = Decided(
            by=actor.user_id,
            reason=reason,
            paused_by=None if pause is None else pause.by,
            paused_at=None if pause is None else pause.at.isoformat(),
            paused_why=None if pause is None else pause.reason,
            elsewhere=why_elsewhere(context, decided),
        )
        is_sent_next = decided.is_due(unit.at) and not (told.paused_by or told.elsewhere)
        wait = TOLD_AFTER if is_sent_next else timedelta(0)
        after = {"verdict": verdict.value, "reason": reason}
        decided = await unit.step(change, decided, event, after, shown_after=wait)
        fact = thread_fact(decided, Fact.of_state(decided.state), unit.at, told)
        await unit.tell(replace(fact, due_at=unit.at + wait))
    return decided


async def cancel(context: ServiceContext, actor: Actor, change_id: int) -> ChangeRequest:
    """Take a change back for its requester. Raises NotAllowed, TooLate, AlreadyDecided, UnknownChange."""
    async with (
        refusals(context, actor, Event.CANCEL_REFUSED, change_id),
        unit_of_work(context, actor, hold=change_id, team_id=actor.team_id) as unit,
    ):
        change = unit.held.change
        canceled = change.cancel(actor.user_id, unit.at)
        await unit.step(change, canceled, Event.CANCELED)
        await unit.tell(thread_fact(canceled, Fact.CANCELED, unit.at, By(by=actor.user_id)))
    return canceled
