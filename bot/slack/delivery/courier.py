"""Delivers what the outbox holds: each message under a lease, in the order of its lane, every fact once."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.change import ChangeRequest
from bot.domain.policy import Review
from bot.service.context import ServiceContext
from bot.service.messages import Kind, cannot_post, card_again
from bot.slack.api.calls import SlackError, SlackMisconfigured, SlackRefused, SlackUnavailable
from bot.slack.delivery.find_post import metadata
from bot.slack.delivery.posting import Delivery, Posted, Posting, lease_for_calls
from bot.slack.messages.card import card_blocks, card_text
from bot.slack.messages.fallback import plain_card, plain_fact
from bot.slack.messages.thread import Message, render_channel_fact, render_fact
from bot.store import cards, changes, outbox, reviews
from bot.store.cards import Card
from bot.store.errors import LeaseLost
from bot.store.outbox import OutboxMessage

log = structlog.get_logger(__name__)

BATCH = 8
LONGEST_WAIT = timedelta(seconds=15)
NO_CHANNEL = frozenset(
    {"not_in_channel", "channel_not_found", "is_archived", "restricted_action", "no_permission", "channel_is_archived"}
)
CARD_GONE = frozenset({"message_not_found", "cant_update_message"})


class Courier:
    """Posts and updates messages for one process; several may work on one database."""

    def __init__(self, *, context: ServiceContext, client: AsyncWebClient) -> None:
        self._context = context
        self._posting = Posting(context, client)
        self.problem: str | None = None

    async def deliver_due(self) -> int:
        """Deliver what is due now, and return how many messages were taken. Raises DatabaseUnavailable."""
        context = self._context
        async with context.database.transaction() as tx:
            now = await context.clock.read(tx)
            until = now + lease_for_calls(context)
            messages = await outbox.claim(tx, now, lease_id=context.new_id(), until=until, limit=BATCH)
        # All are finished before a failure of one is raised: a post must not be cut off in the middle.
        outcomes = await asyncio.gather(*(self._deliver(message) for message in messages), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return len(messages)

    async def _deliver(self, message: OutboxMessage) -> None:
        delivery = Delivery(message)
        try:
            try:
                await self._send(delivery)
                self.problem = None
            except SlackError as error:
                await self._put_off(delivery, error)
        except LeaseLost:
            log.warning("outbox.lease_lost", fact=message.fact)
            await self._show_again(message)

    async def _send(self, delivery: Delivery) -> None:
        message = delivery.message
        match message.kind:
            case Kind.CARD:
                await self._card(delivery)
            case Kind.THREAD:
                await self._fact(delivery)
            case Kind.CHANNEL:
                await self._channel(delivery)
            case Kind.DIRECT:
                async with self._context.database.reading() as tx:
                    change = await changes.get(tx, _change_id(message))
                await self._direct(delivery, message.payload["user"], render_fact(change, message.payload))

    async def _card(self, delivery: Delivery) -> None:
        """Show the stored state on the card; post one when there is none, or when it was deleted."""
        message = delivery.message
        async with self._context.database.reading() as tx:
            change = await changes.get(tx, _change_id(message))
            given = await reviews.of_change(tx, change.id)
            card = await cards.get(tx, change.id)
        if card is not None and card.message_ts:
            if card.shown_version >= change.version:
                await self._complete(message)
                return
            if await self._update_card(message, change, given, card):
                return
        new = Card(
            change_id=change.id,
            channel_id=change.channel_id,
            message_ts="",
            generation=1 if card is None else card.generation + 1,
            shown_version=change.version,
        )
        posted = await self._posting.post(
            delivery,
            (card_text(change), card_blocks(change, given)),
            plain_card(change),
            channel=change.channel_id,
            fact=_card_fact(new),
        )
        new = replace(new, message_ts=posted.ts)
        if not posted.was_found:
            await self._complete(message, posted=posted, card=new)
        elif not await self._update_card(message, change, given, new):
            # What was found shows the state of an earlier attempt; and now somebody has deleted it.
            raise SlackUnavailable("The card was deleted just now.", was_sent=False)

    async def _update_card(
        self, message: OutboxMessage, change: ChangeRequest, given: list[Review], card: Card
    ) -> bool:
        """Update the card and complete the message; return False when the card is no longer there."""
        try:
            await self._posting.show(
                "chat.update",
                (card_text(change), card_blocks(change, given)),
                plain_card(change),
                channel=card.channel_id,
                ts=card.message_ts,
                metadata=metadata(_card_fact(card), change.label),
            )
        except SlackRefused as error:
            if error.error not in CARD_GONE:
                raise
            return False
        await self._complete(message, card=replace(card, shown_version=change.version))
        return True

    async def _fact(self, delivery: Delivery) -> None:
        message = delivery.message
        async with self._context.database.reading() as tx:
            change = await changes.get(tx, _change_id(message))
            card = await cards.get(tx, change.id)
        if card is None or not card.message_ts:
            raise SlackUnavailable("The card is not posted yet.", was_sent=False)
        posted = await self._posting.post(
            delivery,
            render_fact(change, message.payload),
            plain_fact(change),
            channel=card.channel_id,
            thread_ts=card.message_ts,
            fact=message.fact,
        )
        await self._complete(message, posted=posted)

    async def _channel(self, delivery: Delivery) -> None:
        """Tell a channel; where the bot cannot post, the person who caused it is told instead."""
        message = delivery.message
        rendered = render_channel_fact(message.payload)
        try:
            posted = await self._posting.post(
                delivery, rendered, rendered, channel=message.payload["channel"], fact=message.fact
            )
        except SlackRefused as error:
            if error.error not in NO_CHANNEL:
                raise
            await self._direct(delivery, message.payload["by"], rendered)
            return
        await self._complete(message, posted=posted)

    async def _direct(self, delivery: Delivery, user_id: str, rendered: Message) -> None:
        """Tell one person; whoever cannot be written to is not waited for."""
        message = delivery.message
        try:
            opened = await self._posting.call("conversations.open", users=user_id)
            posted = await self._posting.post(
                delivery, rendered, rendered, channel=opened["channel"]["id"], fact=message.fact
            )
        except SlackRefused as error:
            log.exception("courier.person_unreachable", fact=message.fact, error=error.error)
            await self._complete(message)
            return
        await self._complete(message, posted=posted)

    async def _complete(
        self, message: OutboxMessage, *, posted: Posted | None = None, card: Card | None = None
    ) -> None:
        context = self._context
        place: dict[str, Any] = {} if posted is None else {"channel": posted.channel, "ts": posted.ts}
        async with context.database.transaction() as tx:
            await outbox.complete(tx, message, await context.clock.read(tx), **place)
            if card is not None:
                await cards.save(tx, card)
        log.info("outbox.delivered", fact=message.fact)

    async def _put_off(self, delivery: Delivery, error: SlackError) -> None:
        """Try again later; when the channel is the fault, wait for a person to name another. Raises LeaseLost."""
        message, context = delivery.message, self._context
        log.warning("outbox.put_off", fact=message.fact, problem=str(error), attempts=message.attempts)
        if isinstance(error, SlackRefused) and error.error in NO_CHANNEL and message.kind in (Kind.CARD, Kind.THREAD):
            async with context.database.transaction() as tx:
                change = await changes.get(tx, _change_id(message))
                await outbox.park(tx, message, str(error))
                unique = f"{message.fact}/{change.version}"
                await outbox.enqueue(tx, [cannot_post(change, await context.clock.read(tx), error.error, unique)])
            return
        if isinstance(error, SlackMisconfigured | SlackRefused):
            self.problem = str(error)
        async with context.database.transaction() as tx:
            due_at = await context.clock.read(tx) + _wait(message, error)
            await outbox.postpone(tx, message, due_at, problem=str(error), was_sent=delivery.may_have_arrived)

    async def _show_again(self, message: OutboxMessage) -> None:
        """Mark the card as dirty: what was shown under the lost lease may have overwritten something newer."""
        if message.kind != Kind.CARD:
            return
        context = self._context
        async with context.database.transaction() as tx:
            change = await changes.get(tx, _change_id(message))
            card = await cards.get(tx, change.id)
            if card is not None:
                await cards.save(tx, replace(card, shown_version=0))
            await outbox.enqueue(tx, [card_again(change, await context.clock.read(tx), context.new_id())])


def _change_id(message: OutboxMessage) -> int:
    if message.change_id is None:
        raise ValueError(f"{message.fact} is about no change")
    return message.change_id


def _card_fact(card: Card) -> str:
    """Name the post of a card; one that had to be posted anew is another fact."""
    return f"RN-{card.change_id}/card" if card.generation == 1 else f"RN-{card.change_id}/card#{card.generation}"


def _wait(message: OutboxMessage, error: SlackError) -> timedelta:
    """Wait as long as Slack says, else 1, 2, 4 … s up to a limit: once Slack is back, all is told soon."""
    if isinstance(error, SlackMisconfigured):
        return LONGEST_WAIT
    asked = getattr(error, "retry_after", None)
    return asked or min(timedelta(seconds=2 ** min(message.attempts - 1, 10)), LONGEST_WAIT)
