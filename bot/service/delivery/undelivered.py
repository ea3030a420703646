"""What becomes of messages that were not delivered: they are tried again, wait for their channel, or are shown anew."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.backoff import backoff
from bot.service.context import ServiceContext
from bot.service.delivery.lane import Delivery
from bot.service.delivery.steps import save_card_if_current
from bot.service.messages import cannot_post, card_again
from bot.store import cards, changes, outbox

SHORTEST_PARKING, LONGEST_PARKING = timedelta(seconds=15), timedelta(minutes=15)


async def put_off(context: ServiceContext, delivery: Delivery, wait: timedelta, problem: str | None) -> None:
    """Give back what is not done, the first of it for a while. Raises LeaseLost."""
    async with context.database.transaction() as tx:
        now = due_at = await context.clock.read(tx)
        if await save_card_if_current(tx, delivery):
            due_at += wait
        was_sent = delivery.attempt.has_left
        await _end_early(tx, delivery, now)
        await outbox.postpone(tx, delivery.message, due_at, problem=problem, was_sent=was_sent)


async def park(context: ServiceContext, delivery: Delivery, code: str, problem: str) -> None:
    """Let the message wait for its channel, and tell the requester once for each outage. Raises LeaseLost.

    `code` is Slack's for what is wrong. A card that was moved meanwhile is tried in its new channel at once.
    """
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        was_sent = delivery.attempt.has_left
        wait = backoff(delivery.message.attempts, first=SHORTEST_PARKING, longest=LONGEST_PARKING)
        if delivery.card is not None:
            change = await changes.lock(tx, delivery.of.id)
            since = delivery.card.problem_at or now
            delivery.card = replace(delivery.card, problem=code, problem_at=since)
            if not await save_card_if_current(tx, delivery):
                await _end_early(tx, delivery, now)
                await outbox.postpone(tx, delivery.message, now, problem=problem, was_sent=was_sent)
                return
            if delivery.stored is None or delivery.stored.problem_at is None:
                await outbox.enqueue(tx, [cannot_post(change, now, code, context.new_id())])
            wait = max(now - since, SHORTEST_PARKING)
        due_at = now + min(wait, LONGEST_PARKING)
        await _end_early(tx, delivery, now)
        await outbox.park(tx, delivery.message, due_at, problem=problem, was_sent=was_sent)


async def _end_early(tx: AsyncConnection, delivery: Delivery, now: datetime) -> None:
    """Record what is done, and give back what comes after the message whose turn it is."""
    await outbox.complete(tx, delivery.unrecorded, now)
    rest = slice(len(delivery.done) + 1, None)
    messages, attempts = delivery.messages[rest], delivery.attempts[rest]
    unattempted = [one.id for one, attempt in zip(messages, attempts, strict=True) if not attempt.has_left]
    await outbox.give_back(tx, messages, unattempted=unattempted)


async def show_again(context: ServiceContext, delivery: Delivery) -> None:
    """Mark the card as dirty: what was shown may be gone, or may have overwritten something newer."""
    async with context.database.transaction() as tx:
        change = await changes.lock(tx, delivery.of.id)
        await cards.mark_dirty(tx, change.id)
        await outbox.enqueue(tx, [card_again(change, await context.clock.read(tx), context.new_id())])
