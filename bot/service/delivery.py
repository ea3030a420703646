"""What a courier asks of the database: what to deliver, under which lease, and what became of it.

A lane's first message can always be delivered or tried again: whichever message it is sees to the card first, and
what waits for its channel is tried again by itself.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.policy import Review
from bot.domain.warnings import Overlap, Standstill
from bot.service.context import ServiceContext
from bot.service.delivery_subject import BundleShown, name_numbers, read_subjects
from bot.service.messages import Kind
from bot.store import cards, outbox, rate_limits
from bot.store.cards import Card
from bot.store.errors import StaleCard
from bot.store.outbox import OutboxMessage, Posted

# How long one call of Slack may take at the most, and how many lanes are delivered side by side.
CALL_WITHIN = timedelta(seconds=5)
BATCH = 8


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, or a thread in it."""

    channel: str
    thread_ts: str | None = None


@dataclass(slots=True)
class Attempt:
    """A post that left for a place at some time, and may stand there; `at` is None when it certainly does not.

    `is_new` while it is recorded, and nothing has left yet.
    """

    at: datetime | None
    place: Place | None
    is_new: bool = False

    @property
    def has_left(self) -> bool:
        """Say whether somebody has to look for it before the next one."""
        return self.at is not None and not self.is_new


@dataclass(slots=True)
class Delivery:
    """What is due of one lane, on its way: `messages` in order, of which the first ones are `done`.

    Of these the first ones are `recorded`. `stored` is the card as the database has it, `card` as it will be recorded
    with the next transaction. `limits` says until when Slack wants no such calls, by method and channel. Of changes
    that were asked together `change` is the lead and `bundle` all; `shown_again` names what of a thread is shown as it
    stands by now. Of what is told beside a card, `beside` is that card.
    """

    messages: list[OutboxMessage]
    leased_until: datetime
    attempts: list[Attempt]
    limits: dict[tuple[str, str], datetime]
    done: list[Posted] = field(default_factory=list)
    recorded: int = 0
    change: ChangeRequest | None = None
    reviews: list[Review] = field(default_factory=list)
    stored: Card | None = None
    card: Card | None = None
    is_card_begun: bool = False
    has_shown: bool = False
    is_card_fresh: bool = False
    overlaps: list[Overlap] = field(default_factory=list)
    standstill: Standstill | None = None
    bundle: BundleShown | None = None
    shown_again: set[tuple[object, ...]] = field(default_factory=set)
    beside: Card | None = None

    @property
    def is_done(self) -> bool:
        """Say whether nothing is left of it."""
        return len(self.done) == len(self.messages)

    @property
    def held(self) -> list[OutboxMessage]:
        """The messages under the lease."""
        return self.messages[self.recorded :]

    @property
    def unrecorded(self) -> list[Posted]:
        """What is done, and not recorded yet."""
        return self.done[self.recorded :]

    @property
    def message(self) -> OutboxMessage:
        """The message whose turn it is."""
        return self.messages[len(self.done)]

    @property
    def attempt(self) -> Attempt:
        """The last attempt to post it."""
        return self.attempts[len(self.done)]

    def note_done(self, channel: str | None = None, ts: str | None = None) -> None:
        """Go on to the next message; this one was posted there."""
        self.done.append(Posted(self.message, channel, ts))

    @property
    def of(self) -> ChangeRequest:
        """The change that the messages are about."""
        if self.change is None:
            raise ValueError(f"{self.messages[0].fact} is about no change")
        return self.change

    @property
    def version(self) -> int:
        """The version that the card shows when it shows all of what is stored."""
        return self.of.version if self.bundle is None else self.bundle.of.version

    @property
    def of_bundle(self) -> Bundle:
        """The changes that were asked together which the messages are about; perhaps one alone."""
        return Bundle((self.of,)) if self.bundle is None else self.bundle.of

    @property
    def subject(self) -> ChangeRequest:
        """The change that the message whose turn it is is about: of several that were asked together one of them."""
        return self.subject_of(self.message)

    def subject_of(self, message: OutboxMessage) -> ChangeRequest:
        """Return the change that a message is about."""
        if self.bundle is None or message.change_id is None:
            return self.of
        return self.bundle.member(message.change_id)

    @property
    def of_card(self) -> Card:
        """The card of that change."""
        if self.card is None:
            raise ValueError(f"{self.messages[0].fact} has no card")
        return self.card


def lease_for_calls(context: ServiceContext) -> timedelta:
    """Return how long a message is held: never shorter than the calls that are made under one lease."""
    return max(context.lease, CALL_WITHIN * 4)


async def claim(context: ServiceContext) -> list[Delivery]:
    """Lease what is due now, read what it is about, and record what is about to be posted. Raises DatabaseUnavailable.

    All of it is one transaction: the first call of Slack may follow its commit.
    """
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        until = now + lease_for_calls(context)
        messages = await outbox.claim(tx, now, lease_id=context.new_id(), until=until, limit=BATCH)
        if not messages:
            return []
        limits = await rate_limits.lasting(tx, now)
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
            await cards.save(tx, begun, over=delivery.stored)
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
        await cards.save(tx, card, over=delivery.stored)
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
        await cards.save(tx, delivery.card, over=delivery.stored)


async def save_card_if_current(tx: AsyncConnection, delivery: Delivery) -> bool:
    """Save the card; whoever made it another one meanwhile has asked for that one to be shown."""
    try:
        await _save_card(tx, delivery)
    except StaleCard:
        return False
    return True
