"""Take the next piece of work about changes, each under a lease of its own."""

from functools import partial

from bot.domain.change import ChangeRequest
from bot.domain.due import is_due, may_send_at
from bot.domain.events import Event
from bot.domain.facts import Expired, Fact
from bot.service import token
from bot.service.applying.closed import put_off
from bot.service.bundles.expiring import expire_with
from bot.service.context import WORKER_ID, Actor, ServiceContext, Work
from bot.service.messages import TOLD_AFTER, thread_fact
from bot.service.unit_of_work import Save, UnitOfWork, unit_of_work
from bot.store import claimed, claims
from bot.store.errors import StaleVersion
from bot.store.token_refusals import Call


async def claim_next(context: ServiceContext) -> ChangeRequest | None:
    """Claim the next approved change that is due, in the order of approval for its number; None when there is none."""
    async with unit_of_work(context, _worker()) as unit:
        while (change := await claims.next_to_apply(unit.tx, unit.at, context.workspace)) is not None:
            if may_send_at(change, unit.at):
                return await _claim(context, unit, change)
            await put_off(unit, change)
        return None


async def take_waiting(context: ServiceContext) -> ChangeRequest | None:
    """Take on the next look for a change that waits for UponAI; nobody else looks for it within a lease."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        change = await claims.next_waiting(tx, now, context.workspace)
        return None if change is None else await claims.postpone(tx, change, now + context.lease)


async def claim_waiting(context: ServiceContext, change: ChangeRequest) -> ChangeRequest | None:
    """Claim a change whose wait for UponAI is over; None when it cannot be sent (any more)."""
    async with unit_of_work(context, _worker()) as unit:
        await token.note_accepted(unit.tx, context, Call.READ)
        present = await claims.next_to_apply(unit.tx, unit.at, context.workspace, waiting_id=change.id)
        if present is None:
            return None
        if may_send_at(present, unit.at):
            return await _claim(context, unit, present)
        await put_off(unit, present)
        return None


async def claim_decided(context: ServiceContext, unit: UnitOfWork, decided: ChangeRequest) -> ChangeRequest | None:
    """Claim a change in the transaction that approved it; None when it cannot be sent yet, or others come first."""
    if not (is_due(decided, unit.at) and may_send_at(decided, unit.at)):
        return None
    # What follows is the worker's doing, and nobody has to be woken for it.
    reviewer, unit.actor = unit.actor, _worker()
    save = partial(claimed.save_if_next, now=unit.at, workspace=context.workspace)
    try:
        taken = await _claim(context, unit, decided, save=save)
    except StaleVersion:
        unit.actor = reviewer
        return None
    unit.work &= ~Work.APPLY
    return taken


async def _claim(
    context: ServiceContext, unit: UnitOfWork, change: ChangeRequest, *, save: Save | None = None
) -> ChangeRequest:
    taken = change.claim(context.new_id(), unit.at, context.lease)
    waited = {} if change.waiting_since is None else {"waiting_since": change.waiting_since.isoformat()}
    return await unit.step(
        change, taken, Event.APPLYING, {"attempt": taken.attempts, **waited}, shown_after=TOLD_AFTER, save=save
    )


async def take_abandoned(context: ServiceContext) -> ChangeRequest | None:
    """Take over a change whose worker is gone, or whose lost answer has been waited for."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        change = await claims.next_abandoned(tx, now, context.workspace)
        return None if change is None else await claims.take(tx, change, context.new_id(), now + context.lease)


async def take_follow_up(context: ServiceContext) -> ChangeRequest | None:
    """Take an `unclear` change that a person wants looked at."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        change = await claims.next_follow_up(tx, now, context.workspace)
        return None if change is None else await claims.take(tx, change, context.new_id(), now + context.lease)


async def expire_next(context: ServiceContext) -> ChangeRequest | None:
    """Expire one change whose time is over, and tell its thread; None when there is none."""
    async with unit_of_work(context, _worker()) as unit:
        change = await claims.next_expired(unit.tx, unit.at)
        if change is None:
            return None
        if change.bundle_id is not None:
            return await expire_with(unit, change)
        expired = await unit.step(change, change.expire(unit.at), Event.EXPIRED, {"was": change.state.value})
        await unit.tell(thread_fact(expired, Fact.EXPIRED, unit.at, Expired(was=change.state.value)))
        return expired


def _worker() -> Actor:
    return Actor("", WORKER_ID, "worker")
