"""What a courier asks of the database: what to deliver, under which lease, and what became of it.

A lane's first message can always be delivered or tried again: whichever message it is sees to the card first, and
what waits for its channel is tried again by itself.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.service.context import ServiceContext
from bot.service.delivery.lane import BATCH, CALL_WITHIN, Attempt, Delivery, Place
from bot.service.delivery.subject import name_numbers, read_subjects
from bot.service.messages import Kind
from bot.store import cards, outbox, rate_limits
from bot.store.cards import Card
from bot.store.errors import StaleCard
from bot.store.outbox import OutboxMessage


def lease_for_calls(context: ServiceContext) -> timedelta:
    """Return how long a message is held: never shorter than the calls that are made under one lease."""
    return max(context.lease, CALL_WITHIN * 4)


async def claim(context: ServiceContext) -> list[Delivery]:
    """Lease what is due now, read what it is about, and record what is about to be posted. Raises DatabaseUnavailable.

    All of it is one transaction: the first call of Slack may follow its commit.
    """
    async with context.database.transaction() as tx:
        limits, now = await rate_limits.lasting(tx, context.clock)
        until = now + lease_for_calls(context)
        messages = await outbox.claim(tx, now, lease_id=context.new_id(), until=until, limit=BATCH)
        if not messages:
            return []
        lanes = [list(lane) for _, lane in groupby(messages, key=lambda message: message.lane)]
        deliveries = [Delivery(lane, until, [_attempt_of(message) for message in lane], limits) for lane in lanes]
        await read_subjects(tx, deliveries)
        name_numbers(context, deliveries)
        for delivery in deliveries:
            await _begin(tx, delivery, now)
    return deliveries


async def _begin(tx: AsyncConnection, delivery: Delivery, now: datetime) -> None:
    """Record posts whose place is known and that nobody has to look for first; they leave after the commit."""
    card = delivery.card
    if card is None:
        return
    if card.is_posted:
        place = Place(card.channel_id, card.message_ts)
        pairs = zip(delivery.messages, delivery.attempts, strict=True)
        new = [(one, attempt) for one, attempt in pairs if one.kind == Kind.THREAD and attempt.at is None]
        await outbox.mark_attempted(
            tx, [message for message, _ in new], now, channel=place.channel, thread_ts=place.thread_ts
        )
        for _, attempt in new:
            attempt.at, attempt.place, attempt.is_new = now, place, True
    elif card.attempted_at is None:
        begun = replace(card, attempted_at=now)
        try:
            # Not waited for: whoever moves the card holds it, and waits for the messages that are held here.
            await cards.save(tx, begun, over=delivery.stored, may_wait=False)
        except StaleCard:
            # Somebody was quicker: the delivery will find that out at its next step.
            return
        delivery.stored = delivery.card = begun
        delivery.is_card_begun = True


async def hold(context: ServiceContext, delivery: Delivery) -> None:
    """Hold the messages for as long as a fresh claim would. Raises LeaseLost, StaleCard.

    Whoever moves a card waits for the leases from before the move: none may be given for the former card after it.
    """
    async with context.database.transaction() as tx:
        if delivery.stored is not None:
            await cards.require(tx, delivery.stored)
        until = await context.clock.read(tx) + lease_for_calls(context)
        await outbox.hold(tx, delivery.held, until=until)
    delivery.leased_until = until


async def begin_card(context: ServiceContext, delivery: Delivery, attempt: Attempt) -> None:
    """Record that the card is about to be posted. Raises LeaseLost, StaleCard."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        until = now + lease_for_calls(context)
        card = replace(delivery.of_card, attempted_at=now)
        await _save(tx, delivery, card)
        await outbox.hold(tx, delivery.held, until=until)
    delivery.stored = delivery.card = card
    delivery.leased_until, attempt.at = until, now


async def begin_post(context: ServiceContext, delivery: Delivery, place: Place) -> None:
    """Record that the message is about to be posted, and the card as it stands. Raises LeaseLost, StaleCard."""
    attempt = delivery.attempt
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        until = now + lease_for_calls(context)
        await _save_card(tx, delivery)
        await outbox.hold(tx, delivery.held, until=until)
        await outbox.mark_attempted(tx, [delivery.message], now, channel=place.channel, thread_ts=place.thread_ts)
    delivery.stored = delivery.card
    delivery.leased_until = until
    attempt.at, attempt.place = now, place


async def record_done(context: ServiceContext, delivery: Delivery) -> None:
    """Record where the first messages were posted, for the next one which is about their posts. Raises LeaseLost."""
    if not delivery.unrecorded:
        return
    async with context.database.transaction() as tx:
        await outbox.complete(tx, delivery.unrecorded, context.now())
    delivery.recorded = len(delivery.done)


async def complete(context: ServiceContext, delivery: Delivery) -> None:
    """Record that all is done, where it was posted, and that its channel takes messages. Raises LeaseLost."""
    async with context.database.transaction() as tx:
        if delivery.card is not None:
            delivery.card = replace(delivery.card, problem=None, problem_at=None)
            await save_card_if_current(tx, delivery)
        # When it was done says only when it may be forgotten: the time of the last reading is good enough.
        await outbox.complete(tx, delivery.unrecorded, context.now())


async def note_rate(context: ServiceContext, delivery: Delivery, method: str, channel: str, wait: timedelta) -> None:
    """Let all processes wait with such calls."""
    async with context.database.transaction() as tx:
        until = await context.clock.read(tx) + wait
        await rate_limits.hold(tx, method, channel, until)
    delivery.limits[method, channel] = until


def _attempt_of(message: OutboxMessage) -> Attempt:
    channel = message.attempted_channel
    return Attempt(message.attempted_at, None if channel is None else Place(channel, message.attempted_thread))


async def _save_card(tx: AsyncConnection, delivery: Delivery) -> None:
    if delivery.card is not None and delivery.card != delivery.stored:
        await _save(tx, delivery, delivery.card)


async def _save(tx: AsyncConnection, delivery: Delivery, card: Card) -> None:
    if delivery.stored is None:
        # The first one is no row yet that anybody could hold: whoever adds it holds its messages, as a claim does.
        await outbox.hold(tx, delivery.held, until=delivery.leased_until)
    await cards.save(tx, card, over=delivery.stored)


async def save_card_if_current(tx: AsyncConnection, delivery: Delivery) -> bool:
    """Save the card; whoever made it another one meanwhile has asked for that one to be shown."""
    try:
        await _save_card(tx, delivery)
    except StaleCard:
        return False
    return True
