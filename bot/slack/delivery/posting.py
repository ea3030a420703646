"""Posts a message once: what may have arrived is looked for, by the fact in its metadata, before it is posted again.

An attempt is committed before it leaves, with a lease that outlives it; so whoever takes the message over knows.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.label import format_label
from bot.service.context import ServiceContext
from bot.slack.api.calls import SlackMisconfigured, SlackRateLimited, SlackRefused, SlackUnavailable, call
from bot.slack.block_kit.elements import context as small_print
from bot.slack.delivery.find_post import find_post, metadata
from bot.slack.messages.thread import Message
from bot.store import outbox, rate_limits
from bot.store.outbox import OutboxMessage

log = structlog.get_logger(__name__)

CALL_WITHIN = timedelta(seconds=5)
REPEATED = "(This may repeat an earlier message: Slack's answer to it was lost.)"
# Slack will never take these words or blocks: something plainer is shown in their place.
UNSHOWABLE = frozenset(
    {
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_blocks",
    }
)


class Delivery:
    """A claimed message on its way; `may_have_arrived` when a post of it left and nobody knows what became of it."""

    def __init__(self, message: OutboxMessage) -> None:
        self.message = message
        self.may_have_arrived = message.attempted_at is not None


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message stands; `was_found` when an earlier attempt had posted it."""

    channel: str
    ts: str
    was_found: bool


class Posting:
    """Calls Slack for one process, and remembers for all how long Slack asked to wait."""

    def __init__(self, context: ServiceContext, client: AsyncWebClient) -> None:
        self._context = context
        self._client = client

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Call Slack, unless it asked to wait. Raises SlackError."""
        channel = str(arguments.get("channel", ""))
        await self._refuse_while_limited(method, channel)
        try:
            return await call(self._client, method, timeout=CALL_WITHIN, **arguments)
        except SlackRateLimited as error:
            async with self._context.database.transaction() as tx:
                until = await self._context.clock.read(tx) + error.retry_after
                await rate_limits.hold(tx, method, channel, until)
            raise

    async def show(self, method: str, rendered: Message, plainer: Message, **arguments: Any) -> dict[str, Any]:
        """Post or update with `rendered`; with `plainer` when Slack can never show that."""
        text, blocks = rendered
        try:
            return await self.call(method, text=text, blocks=blocks, **arguments)
        except SlackRefused as error:
            if error.error not in UNSHOWABLE:
                raise
            log.exception("posting.unshowable", method=method, error=error.error)
        text, blocks = plainer
        return await self.call(method, text=text, blocks=blocks, **arguments)

    async def post(
        self,
        delivery: Delivery,
        rendered: Message,
        plainer: Message,
        *,
        channel: str,
        fact: str,
        thread_ts: str | None = None,
    ) -> Posted:
        """Post a fact, unless it stands there already. Raises SlackError, LeaseLost."""
        message = delivery.message
        if delivery.may_have_arrived and message.attempted_at is not None:
            try:
                found = await find_post(
                    self.call, channel=channel, thread_ts=thread_ts, fact=fact, since=message.attempted_at
                )
            except SlackMisconfigured:
                # Without the history scopes nobody can look: better twice, and said so, than never.
                rendered, plainer = _repeated(rendered), _repeated(plainer)
            else:
                if found is not None:
                    return Posted(channel, found, was_found=True)
                delivery.may_have_arrived = False
        await self._refuse_while_limited("chat.postMessage", channel)
        await self._mark_attempted(message)
        arguments: dict[str, Any] = {"thread_ts": thread_ts} if thread_ts else {}
        label = None if message.change_id is None else format_label(message.change_id)
        try:
            posted = await self.show(
                "chat.postMessage",
                rendered,
                plainer,
                channel=channel,
                metadata=metadata(fact, label),
                unfurl_links=False,
                unfurl_media=False,
                **arguments,
            )
        except SlackUnavailable as error:
            delivery.may_have_arrived = delivery.may_have_arrived or error.was_sent
            raise
        return Posted(channel, posted["ts"], was_found=False)

    async def _mark_attempted(self, message: OutboxMessage) -> None:
        async with self._context.database.transaction() as tx:
            now = await self._context.clock.read(tx)
            await outbox.mark_attempted(tx, message, now, until=now + lease_for_calls(self._context))

    async def _refuse_while_limited(self, method: str, channel: str) -> None:
        async with self._context.database.reading() as tx:
            until = await rate_limits.until(tx, method, channel)
        if until is not None and (wait := until - self._context.now()) > timedelta(0):
            raise SlackRateLimited(method, wait)


def lease_for_calls(context: ServiceContext) -> timedelta:
    """Return how long a message is held: never shorter than the calls that are made under one lease."""
    return max(context.lease, CALL_WITHIN * 4)


def _repeated(rendered: Message) -> Message:
    text, blocks = rendered
    return f"{REPEATED} {text}", [small_print(REPEATED), *blocks]
