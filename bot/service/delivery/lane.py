"""What is due of one lane, on its way: messages, the posts that were begun, and what they are about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.policy import Review
from bot.domain.warnings import Overlap, Standstill
from bot.store.cards import Card
from bot.store.outbox import OutboxMessage, Posted

# How long one call of Slack may take at the most, and how many lanes are delivered side by side.
CALL_WITHIN = timedelta(seconds=5)
BATCH = 8


@dataclass(frozen=True, slots=True)
class BundleShown:
    """Changes that were asked together, each with its reviews and the other open changes of its number, by id."""

    of: Bundle
    reviews: Mapping[int, list[Review]] = field(default_factory=dict)
    overlaps: Mapping[int, list[Overlap]] = field(default_factory=dict)

    def member(self, change_id: int) -> ChangeRequest:
        """Return one of them, the lead where it is none of them."""
        return next((each for each in self.of.members if each.id == change_id), self.of.lead)


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
