"""What a courier asks of the database: what to deliver, under which lease, and what became of it.

A lane's first message can always be delivered or tried again: whichever message it is sees to the card first, and
what waits for its channel is tried again by itself.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.backoff import backoff
from bot.domain.change import ChangeRequest
from bot.domain.policy import Review
from bot.domain.warnings import Overlap, Standstill
from bot.service.context import ServiceContext
from bot.service.messages import Kind, cannot_post, card_again
from bot.store import cards, changes, outbox, overlaps, pauses, rate_limits, reviews
from bot.store.cards import Card
from bot.store.errors import StaleCard
from bot.store.outbox import OutboxMessage

# How long one call of Slack may take at the most, and how many messages are delivered side by side.
CALL_WITHIN = timedelta(seconds=5)
BATCH = 8
SHORTEST_PARKING, LONGEST_PARKING = timedelta(seconds=15), timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, or a thread in it."""

    channel: str
    thread_ts: str | None = None


@dataclass(slots=True)
class Attempt:
    """A post that left for a place at some time, and may stand there; `at` is None when it certainly does not."""

    at: datetime | None
    place: Place | None


@dataclass(slots=True)
class Delivery:
    """A claimed message on its way.

    `stored` is the card as the database has it, `card` as it will be recorded with the next transaction.
    """

    message: OutboxMessage
    leased_until: datetime
    attempt: Attempt
    change: ChangeRequest | None = None
    reviews: list[Review] = field(default_factory=list)
    stored: Card | None = None
    card: Card | None = None
    has_shown: bool = False
    overlaps: list[Overlap] = field(default_factory=list)
    standstill: Standstill | None = None

    @property
    def of(self) -> ChangeRequest:
        """The change that the message is about."""
        if self.change is None:
            raise ValueError(f"{self.message.fact} is about no change")
        return self.change

    @property
    def of_card(self) -> Card:
        """The card of that change."""
        if self.card is None:
            raise ValueError(f"{self.message.fact} has no card")
        return self.card


def lease_for_calls(context: ServiceContext) -> timedelta:
    """Return how long a message is held: never shorter than the calls that are made under one lease."""
    return max(context.lease, CALL_WITHIN * 4)


async def claim(context: ServiceContext) -> list[Delivery]:
    """Lease what is due now. Raises DatabaseUnavailable."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        until = now + lease_for_calls(context)
        messages = await outbox.claim(tx, now, lease_id=context.new_id(), until=until, limit=BATCH)
    return [Delivery(message, until, _attempt_of(message)) for message in messages]


async def read(context: ServiceContext, delivery: Delivery) -> None:
    """Read the change that the message is about, and its card."""
    message = delivery.message
    if message.change_id is None:
        return
    async with context.database.reading() as tx:
        delivery.change = await changes.get(tx, message.change_id)
        if message.kind not in (Kind.CARD, Kind.THREAD):
            return
        delivery.reviews = await reviews.of_change(tx, message.change_id)
        delivery.stored = await cards.get(tx, message.change_id)
        if delivery.change.state.is_open:
            delivery.overlaps = await overlaps.of_change(tx, delivery.change)
            pause = await pauses.paused(tx, delivery.change.team_id)
            delivery.standstill = None if pause is None else Standstill(pause.by, pause.at)
    card = delivery.stored or Card(change_id=message.change_id, channel_id=delivery.change.channel_id)
    if message.kind == Kind.CARD and message.attempted_at and not card.is_posted and card.attempted_at is None:
        # The release before this one noted the attempt at the message.
        card = replace(card, attempted_at=message.attempted_at)
    delivery.card = card


async def hold(context: ServiceContext, delivery: Delivery) -> None:
    """Hold the message for as long as a fresh claim would. Raises LeaseLost, StaleCard.

    Whoever moves a card waits for the leases from before the move: none may be given for the former card after it.
    """
    async with context.database.transaction() as tx:
        if delivery.stored is not None:
            await cards.require(tx, delivery.stored)
        until = await context.clock.read(tx) + lease_for_calls(context)
        await outbox.hold(tx, delivery.message, until=until)
    delivery.leased_until = until


async def begin_card(context: ServiceContext, delivery: Delivery, attempt: Attempt) -> None:
    """Record that the card is about to be posted. Raises LeaseLost, StaleCard."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        until = now + lease_for_calls(context)
        card = replace(delivery.of_card, attempted_at=now)
        await cards.save(tx, card, over=delivery.stored)
        await outbox.hold(tx, delivery.message, until=until)
    delivery.stored = delivery.card = card
    delivery.leased_until, attempt.at = until, now


async def begin_post(context: ServiceContext, delivery: Delivery, place: Place) -> None:
    """Record that the message is about to be posted, and the card as it stands. Raises LeaseLost, StaleCard."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        until = now + lease_for_calls(context)
        await _save_card(tx, delivery)
        await outbox.mark_attempted(
            tx, delivery.message, now, until=until, channel=place.channel, thread_ts=place.thread_ts
        )
    delivery.stored = delivery.card
    delivery.leased_until = until
    delivery.attempt.at, delivery.attempt.place = now, place


async def complete(
    context: ServiceContext, delivery: Delivery, *, channel: str | None = None, ts: str | None = None
) -> None:
    """Record that the message is done, where it was posted, and that its channel takes messages. Raises LeaseLost."""
    async with context.database.transaction() as tx:
        if delivery.card is not None:
            delivery.card = replace(delivery.card, problem=None, problem_at=None)
            await _save_card_if_current(tx, delivery)
        await outbox.complete(tx, delivery.message, await context.clock.read(tx), channel=channel, ts=ts)


async def put_off(context: ServiceContext, delivery: Delivery, wait: timedelta, problem: str | None) -> None:
    """Give the message back for a while. Raises LeaseLost."""
    async with context.database.transaction() as tx:
        due_at = await context.clock.read(tx)
        if await _save_card_if_current(tx, delivery):
            due_at += wait
        was_sent = delivery.attempt.at is not None
        await outbox.postpone(tx, delivery.message, due_at, problem=problem, was_sent=was_sent)


async def park(context: ServiceContext, delivery: Delivery, code: str, problem: str) -> None:
    """Let the message wait for its channel, and tell the requester once for each outage. Raises LeaseLost.

    `code` is Slack's for what is wrong. A card that was moved meanwhile is tried in its new channel at once.
    """
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        was_sent = delivery.attempt.at is not None
        wait = backoff(delivery.message.attempts, first=SHORTEST_PARKING, longest=LONGEST_PARKING)
        if delivery.card is not None:
            change = await changes.lock(tx, delivery.of.id)
            since = delivery.card.problem_at or now
            delivery.card = replace(delivery.card, problem=code, problem_at=since)
            if not await _save_card_if_current(tx, delivery):
                await outbox.postpone(tx, delivery.message, now, problem=problem, was_sent=was_sent)
                return
            if delivery.stored is None or delivery.stored.problem_at is None:
                await outbox.enqueue(tx, [cannot_post(change, now, code, context.new_id())])
            wait = max(now - since, SHORTEST_PARKING)
        due_at = now + min(wait, LONGEST_PARKING)
        await outbox.park(tx, delivery.message, due_at, problem=problem, was_sent=was_sent)


async def show_again(context: ServiceContext, delivery: Delivery) -> None:
    """Mark the card as dirty: what was shown may be gone, or may have overwritten something newer."""
    async with context.database.transaction() as tx:
        change = await changes.lock(tx, delivery.of.id)
        await cards.mark_dirty(tx, change.id)
        await outbox.enqueue(tx, [card_again(change, await context.clock.read(tx), context.new_id())])


async def wait_for_rate(context: ServiceContext, method: str, channel: str) -> timedelta:
    """Return how much longer Slack wants no such call; zero or less when it wants them."""
    async with context.database.reading() as tx:
        until = await rate_limits.until(tx, method, channel)
    return timedelta(0) if until is None else until - context.now()


async def note_rate(context: ServiceContext, method: str, channel: str, wait: timedelta) -> None:
    """Let all processes wait with such calls."""
    async with context.database.transaction() as tx:
        await rate_limits.hold(tx, method, channel, await context.clock.read(tx) + wait)


def _attempt_of(message: OutboxMessage) -> Attempt:
    channel = message.attempted_channel
    return Attempt(message.attempted_at, None if channel is None else Place(channel, message.attempted_thread))


async def _save_card(tx: AsyncConnection, delivery: Delivery) -> None:
    if delivery.card is not None and delivery.card != delivery.stored:
        await cards.save(tx, delivery.card, over=delivery.stored)


async def _save_card_if_current(tx: AsyncConnection, delivery: Delivery) -> bool:
    """Save the card; whoever made it another one meanwhile has asked for that one to be shown."""
    try:
        await _save_card(tx, delivery)
    except StaleCard:
        return False
    return True
