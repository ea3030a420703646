"""Take the next piece of work about changes, each under a lease of its own."""

from bot.domain.change import ChangeRequest
from bot.service import token
from bot.service.context import WORKER_ID, Actor, ServiceContext
from bot.service.effects import thread_fact
from bot.service.recording import Recording, recording
from bot.store import due, leases
from bot.store.token_refusals import Call


async def claim_next(context: ServiceContext) -> ChangeRequest | None:
    """Claim the next approved change that is due, in the order of approval for its number; None when there is none."""
    async with recording(context, _worker()) as record:
        change = await due.next_to_apply(record.tx, record.at, context.workspace)
        if change is None:
            return None
        return await _claim(context, record, change)


async def take_waiting(context: ServiceContext) -> ChangeRequest | None:
    """Take on the next look for a change that waits for UponAI; nobody else looks for it within a lease."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        change = await due.next_waiting(tx, now, context.workspace)
        return None if change is None else await leases.postpone(tx, change, now + context.lease)


async def claim_waiting(context: ServiceContext, change: ChangeRequest) -> ChangeRequest | None:
    """Claim a change whose wait for UponAI is over; None when it cannot be sent (any more)."""
    async with recording(context, _worker()) as record:
        await token.note_accepted(record.tx, context, Call.READ)
        present = await due.next_to_apply(record.tx, record.at, context.workspace, waiting_id=change.id)
        return None if present is None else await _claim(context, record, present)


async def _claim(context: ServiceContext, record: Recording, change: ChangeRequest) -> ChangeRequest:
    claimed = change.claim(context.new_id(), record.at, context.lease)
    waited = {} if change.waiting_since is None else {"waiting_since": change.waiting_since.isoformat()}
    return await record.step(change, claimed, "change.applying", {"attempt": claimed.attempts, **waited})


async def take_abandoned(context: ServiceContext) -> ChangeRequest | None:
    """Take over a change whose worker is gone, or whose lost answer has been waited for."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        change = await due.next_abandoned(tx, now, context.workspace)
        return None if change is None else await leases.take(tx, change, context.new_id(), now + context.lease)


async def take_errand(context: ServiceContext) -> ChangeRequest | None:
    """Take an `unclear` change that a person wants looked at."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        change = await due.next_errand(tx, now, context.workspace)
        return None if change is None else await leases.take(tx, change, context.new_id(), now + context.lease)


async def expire_next(context: ServiceContext) -> ChangeRequest | None:
    """Expire one change whose time is over, and tell its thread; None when there is none."""
    async with recording(context, _worker()) as record:
        change = await due.next_expired(record.tx, record.at)
        if change is None:
            return None
        expired = await record.step(change, change.expire(record.at), "change.expired", {"was": change.state.value})
        await record.tell(thread_fact(expired, "expired", record.at, {"was": change.state.value}))
        return expired


def _worker() -> Actor:
    return Actor("", WORKER_ID, "worker")
