"""Decide about a change: approve, deny, cancel."""

from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import By, Decided, Fact
from bot.domain.policy import Review, Verdict
from bot.domain.state import State
from bot.service.context import Actor, ServiceContext
from bot.service.elsewhere import why_elsewhere
from bot.service.messages import thread_fact
from bot.service.refusals import refusals
from bot.service.unit_of_work import unit_of_work
from bot.store import changes, pauses, reviews


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
    async with refusals(context, actor, Event.REVIEW_REFUSED, change_id), unit_of_work(context, actor) as unit:
        change = await changes.lock(unit.tx, change_id, team_id=actor.team_id)
        review = Review(actor.user_id, verdict, change.revision, unit.at, reason)
        earlier = await reviews.of_change(unit.tx, change_id)
        decided = change.review(review, earlier, apply_within=context.apply_within)
        await reviews.add(unit.tx, change_id, review)
        event = Event.REVIEWED if decided.state is State.PENDING else Event.of_state(decided.state)
        decided = await unit.step(change, decided, event, {"verdict": verdict.value, "reason": reason})
        pause = await pauses.paused(unit.tx, actor.team_id) if decided.state is State.APPROVED else None
        told = Decided(
            by=actor.user_id,
            reason=reason,
            paused_by=None if pause is None else pause.by,
            paused_at=None if pause is None else pause.at.isoformat(),
            paused_why=None if pause is None else pause.reason,
            elsewhere=why_elsewhere(context, decided),
        )
        await unit.tell(thread_fact(decided, Fact.of_state(decided.state), unit.at, told))
    return decided


async def cancel(context: ServiceContext, actor: Actor, change_id: int) -> ChangeRequest:
    """Take a change back for its requester. Raises NotAllowed, TooLate, AlreadyDecided, UnknownChange."""
    async with refusals(context, actor, Event.CANCEL_REFUSED, change_id), unit_of_work(context, actor) as unit:
        change = await changes.lock(unit.tx, change_id, team_id=actor.team_id)
        canceled = change.cancel(actor.user_id, unit.at)
        await unit.step(change, canceled, Event.CANCELED)
        await unit.tell(thread_fact(canceled, Fact.CANCELED, unit.at, By(by=actor.user_id)))
    return canceled
