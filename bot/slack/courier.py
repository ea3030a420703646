"""Delivers what the outbox holds: each message under a lease, in the order of its lane, every fact once.

Before a post leaves, the attempt is committed. Whoever takes a message over after an attempt looks for its fact in
the channel first, and posts only when it is not there.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.change import ChangeRequest
from bot.service.context import ServiceContext
from bot.service.effects import Kind, cannot_post, card_again
from bot.slack.blocks import context
from bot.slack.calls import SlackError, SlackMisconfigured, SlackRateLimited, SlackRefused, SlackUnavailable, call
from bot.slack.card import card_blocks, card_text
from bot.slack.find_post import CALL_WITHIN, find_post, metadata
from bot.slack.thread import Message, render_channel_fact, render_fact
from bot.store import cards, changes, outbox, rate_limits, reviews
from bot.store.cards import Card
from bot.store.errors import LeaseLost
from bot.store.outbox import OutboxMessage

log = structlog.get_logger(__name__)

BATCH = 8
LONGEST_WAIT = timedelta(seconds=15)
MISCONFIGURED_WAIT = timedelta(seconds=15)
NO_CHANNEL = frozenset(
    {"not_in_channel", "channel_not_found", "is_archived", "restricted_action", "no_permission", "channel_is_archived"}
)
CARD_GONE = frozenset({"message_not_found", "cant_update_message"})
REPEATED = "(This may repeat an earlier message: Slack's answer to it was lost.)"


class Courier:
    """Posts and updates messages for one process; several may work on one database."""

    def __init__(self, *, context: ServiceContext, client: AsyncWebClient) -> None:
        self._context = context
        self._client = client
        self.problem: str | None = None

    async def deliver_due(self) -> int:
        """Deliver what is due now, and return how many messages were taken. Raises DatabaseUnavailable."""
        context = self._context
        now = context.now()
        async with context.database.transaction() as tx:
            messages = await outbox.claim(tx, now, lease_id=context.new_id(), until=now + context.lease, limit=BATCH)
        # All are finished before a failure of one is raised: a post must not be cut off in the middle.
        outcomes = await asyncio.gather(*(self._deliver(message) for message in messages), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return len(messages)

    async def _deliver(self, message: OutboxMessage) -> None:
        try:
            await self._send(message)
            self.problem = None
        except LeaseLost:
            log.warning("outbox.lease_lost", fact=message.fact)
            await self._show_again(message)
        except SlackError as error:
            await self._put_off(message, error)

    async def _send(self, message: OutboxMessage) -> None:
        match message.kind:
            case Kind.CARD:
                await self._card(message)
            case Kind.THREAD:
                await self._fact(message)
            case Kind.CHANNEL:
                rendered = render_channel_fact(message.payload)
                await self._post(message, message.payload["channel"], None, rendered, message.fact)
            case Kind.DIRECT:
                await self._direct(message)

    async def _card(self, message: OutboxMessage) -> None:
        """Show the stored state on the card; post one when there is none, or when it was deleted."""
        async with self._context.database.reading() as tx:
            change = await changes.get(tx, _change_id(message))
            given = await reviews.of_change(tx, change.id)
            card = await cards.get(tx, change.id)
        rendered = card_text(change), card_blocks(change, given)
        if card is not None and card.message_ts:
            if card.shown_version >= change.version:
                await self._complete(message)
                return
            if await self._update_card(message, change, card, rendered):
                return
        generation = 1 if card is None else card.generation + 1
        fact = f"{change.label}/card" if generation == 1 else f"{change.label}/card#{generation}"
        new = Card(
            change_id=change.id,
            channel_id=change.channel_id,
            message_ts="",
            generation=generation,
            shown_version=change.version,
        )
        await self._post(message, change.channel_id, None, rendered, fact, card=new)

    async def _update_card(self, message: OutboxMessage, change: ChangeRequest, card: Card, rendered: Message) -> bool:
        """Update the card; return False when it is no longer there."""
        text, blocks = rendered
        fact = f"{change.label}/card" if card.generation == 1 else f"{change.label}/card#{card.generation}"
        try:
            await self._call(
                "chat.update",
                channel=card.channel_id,
                ts=card.message_ts,
                text=text,
                blocks=blocks,
                metadata=metadata(fact, change.label),
            )
        except SlackRefused as error:
            if error.error not in CARD_GONE:
                raise
            return False
        await self._complete(message, card=replace(card, shown_version=change.version))
        return True

    async def _fact(self, message: OutboxMessage) -> None:
        async with self._context.database.reading() as tx:
            change = await changes.get(tx, _change_id(message))
            card = await cards.get(tx, change.id)
        if card is None or not card.message_ts:
            raise SlackUnavailable("The card is not posted yet.", was_sent=False)
        rendered = render_fact(change, message.payload)
        await self._post(message, card.channel_id, card.message_ts, rendered, message.fact)

    async def _direct(self, message: OutboxMessage) -> None:
        async with self._context.database.reading() as tx:
            change = await changes.get(tx, _change_id(message))
        opened = await self._call("conversations.open", users=message.payload["user"])
        rendered = render_fact(change, message.payload)
        await self._post(message, opened["channel"]["id"], None, rendered, message.fact)

    async def _post(
        self,
        message: OutboxMessage,
        channel: str,
        thread_ts: str | None,
        rendered: Message,
        fact: str,
        *,
        card: Card | None = None,
    ) -> None:
        text, blocks = rendered
        if message.attempted_at is not None:
            try:
                found = await find_post(
                    self._client, channel=channel, thread_ts=thread_ts, fact=fact, since=message.attempted_at
                )
            except SlackMisconfigured:
                # Without the history scopes nobody can look: better twice, and said so, than never.
                found, text, blocks = None, f"{REPEATED} {text}", [context(REPEATED), *blocks]
            if found is not None:
                await self._complete(message, channel=channel, ts=found, card=card)
                return
        await self._refuse_while_limited("chat.postMessage", channel)
        async with self._context.database.transaction() as tx:
            await outbox.mark_attempted(tx, message, self._context.now())
        arguments: dict[str, Any] = {"thread_ts": thread_ts} if thread_ts else {}
        label = None if message.change_id is None else f"RN-{message.change_id}"
        posted = await self._call(
            "chat.postMessage",
            channel=channel,
            text=text,
            blocks=blocks,
            metadata=metadata(fact, label),
            unfurl_links=False,
            unfurl_media=False,
            **arguments,
        )
        await self._complete(message, channel=channel, ts=posted["ts"], card=card)

    async def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call Slack unless it asked to wait, and remember for all replicas when it does."""
        channel = arguments.get("channel", "")
        await self._refuse_while_limited(method, channel)
        try:
            return await call(self._client, method, timeout=CALL_WITHIN, **arguments)
        except SlackRateLimited as error:
            context = self._context
            async with context.database.transaction() as tx:
                await rate_limits.hold(tx, method, channel, context.now() + error.retry_after)
            raise

    async def _refuse_while_limited(self, method: str, channel: str) -> None:
        context = self._context
        async with context.database.reading() as tx:
            until = await rate_limits.until(tx, method, channel)
        if until is not None and (wait := until - context.now()) > timedelta(0):
            raise SlackRateLimited(method, wait)

    async def _complete(
        self,
        message: OutboxMessage,
        *,
        channel: str | None = None,
        ts: str | None = None,
        card: Card | None = None,
    ) -> None:
        context = self._context
        async with context.database.transaction() as tx:
            await outbox.complete(tx, message, context.now(), channel=channel, ts=ts)
            if card is not None:
                await cards.save(tx, replace(card, message_ts=ts) if ts else card)
        log.info("outbox.delivered", fact=message.fact)

    async def _put_off(self, message: OutboxMessage, error: SlackError) -> None:
        """Try again later; when the channel is the fault, wait for a person to name another."""
        log.warning("outbox.put_off", fact=message.fact, problem=str(error), attempts=message.attempts)
        context = self._context
        if isinstance(error, SlackRefused) and error.error in NO_CHANNEL and message.kind in (Kind.CARD, Kind.THREAD):
            await self._ask_for_channel(message, error)
            return
        if isinstance(error, SlackMisconfigured | SlackRefused):
            self.problem = str(error)
        was_sent = isinstance(error, SlackUnavailable) and error.was_sent
        due_at = context.now() + _wait(message, error)
        try:
            async with context.database.transaction() as tx:
                await outbox.postpone(tx, message, due_at, problem=str(error), was_sent=was_sent)
        except LeaseLost:
            log.warning("outbox.lease_lost", fact=message.fact)

    async def _ask_for_channel(self, message: OutboxMessage, error: SlackRefused) -> None:
        context = self._context
        async with context.database.transaction() as tx:
            change = await changes.get(tx, _change_id(message))
            await outbox.park(tx, message, str(error))
            await outbox.enqueue(tx, [cannot_post(change, context.now(), error.error, message.fact)])

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
            await outbox.enqueue(tx, [card_again(change, context.now(), context.new_id())])


def _change_id(message: OutboxMessage) -> int:
    if message.change_id is None:
        raise ValueError(f"{message.fact} is about no change")
    return message.change_id


def _wait(message: OutboxMessage, error: SlackError) -> timedelta:
    """Wait as long as Slack says, else 1, 2, 4 … s up to a limit: once Slack is back, all is told soon."""
    if isinstance(error, SlackMisconfigured):
        return MISCONFIGURED_WAIT
    asked = getattr(error, "retry_after", None)
    return asked or min(timedelta(seconds=2 ** min(message.attempts, 10)), LONGEST_WAIT)
