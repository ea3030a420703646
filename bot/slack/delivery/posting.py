"""Posts a message once: what may have arrived is looked for, by the fact in its metadata, before it is posted again.

An attempt is committed before it leaves, with a lease that outlives it; so whoever takes the message over knows.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.service.context import ServiceContext
from bot.service.delivery import steps as room
from bot.service.delivery.lane import CALL_WITHIN, Attempt, Delivery, Place
from bot.slack.api.calls import SlackError, SlackMisconfigured, SlackRateLimited, SlackRefused, SlackUnavailable, call
from bot.slack.api.error_codes import NO_CHANNEL, UNSHOWABLE
from bot.slack.api.names import Names
from bot.slack.block_kit.elements import context as small_print
from bot.slack.delivery.find_post import find_post, metadata
from bot.slack.messages.thread import Message
from bot.slack.messages.unmentioned import unmentioned
from bot.store.errors import LeaseLost

log = structlog.get_logger(__name__)

REPEATED = "(This may repeat an earlier message: Slack's answer to it was lost.)"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a message stands; `was_found` when an earlier attempt had posted it.

    `is_astray` when Slack put an answer to a message that is gone into the channel itself.
    """

    channel: str
    ts: str
    was_found: bool = False
    is_astray: bool = False


class Posting:
    """Calls Slack for one process, and remembers for all how long Slack asked to wait."""

    def __init__(self, context: ServiceContext, client: AsyncWebClient) -> None:
        self._context = context
        self._client = client
        self.names = Names(client, now=context.now)

    async def call(self, delivery: Delivery, method: str, **arguments: Any) -> dict[str, Any]:
        """Call Slack, unless it asked to wait. Raises SlackError, LeaseLost."""
        self._refuse_while_limited(delivery, method, str(arguments.get("channel", "")))
        return await self._call_now(delivery, method, **arguments)

    async def without_calling(self, message: Message, people: frozenset[str]) -> Message:
        """Return a message that names these people where it would mention them."""
        return unmentioned(message, people, await self.names.of(people)) if people else message

    async def update(
        self, delivery: Delivery, rendered: Message, plainer: Message, *, place: Place, ts: str, fact: str
    ) -> None:
        """Show something else in a message. Raises SlackError, LeaseLost."""
        arguments = {"channel": place.channel, "ts": ts, "metadata": metadata(fact, _label(delivery, fact))}
        await show(self.call, delivery, "chat.update", rendered, plainer, **arguments)

    async def post(
        self,
        delivery: Delivery,
        attempt: Attempt,
        rendered: Message,
        plainer: Message,
        *,
        place: Place,
        fact: str,
        begin: Callable[[Attempt], Awaitable[None]],
        in_channel_too: bool = False,
    ) -> Standing:
        """Post a fact, unless it stands there already.

        `attempt` is the last one, whose `at` says afterwards whether one may stand there that nobody knows of.
        `begin` records the new one, unless that is done. Raises SlackError, LeaseLost, StaleCard.
        """
        is_begun = attempt.is_new and attempt.place == place
        if attempt.is_new and not is_begun:
            attempt.at, attempt.is_new = None, False
        is_repeated = False
        if not is_begun:
            found = await self.find(delivery, attempt, fact, place=place)
            if found is not None:
                return found
            is_repeated = attempt.at is not None
        if is_repeated:
            # Nobody can look: better twice, and said so, than never.
            rendered, plainer = _repeated(rendered), _repeated(plainer)
        self._refuse_while_limited(delivery, "chat.postMessage", place.channel)
        if not is_begun:
            await begin(attempt)
        attempt.is_new = False
        arguments: dict[str, Any] = {"thread_ts": place.thread_ts} if place.thread_ts else {}
        if place.thread_ts and in_channel_too:
            # An update leaves it in the channel, and need not say so again.
            arguments |= {"reply_broadcast": True}
        arguments |= {"channel": place.channel, "metadata": metadata(fact, _label(delivery, fact))}
        arguments |= {"unfurl_links": False, "unfurl_media": False}
        try:
            # Nothing but a look at the lease comes between the attempt's commit and the call.
            posted = await show(self._call_now, delivery, "chat.postMessage", rendered, plainer, **arguments)
        except SlackError as error:
            if not is_repeated and not (isinstance(error, SlackUnavailable) and error.was_sent):
                attempt.at = None
            raise
        thread_ts = (posted.get("message") or {}).get("thread_ts")
        return Standing(place.channel, posted["ts"], is_astray=bool(place.thread_ts) and not thread_ts)

    async def find(self, delivery: Delivery, attempt: Attempt, fact: str, *, place: Place) -> Standing | None:
        """Return where an earlier attempt stands. Raises SlackError, LeaseLost.

        Afterwards the attempt is known not to have arrived, unless nobody can look where it went.
        """
        if attempt.at is None:
            return None
        tried = attempt.place or place
        try:
            ts = await find_post(
                partial(self.call, delivery),
                channel=tried.channel,
                thread_ts=tried.thread_ts,
                fact=fact,
                since=attempt.at,
            )
        except SlackMisconfigured:
            # The history scopes are missing.
            return None
        except SlackRefused as error:
            if error.error in NO_CHANNEL and tried.channel != place.channel:
                return None
            raise
        if ts is not None:
            return Standing(tried.channel, ts, was_found=True)
        attempt.at = None
        return None

    async def _call_now(self, delivery: Delivery, method: str, **arguments: Any) -> dict[str, Any]:
        # A process that stood still since its last commit may have lost the message to another one. A call takes one
        # time-out at the most, and a late one may land for another: both have to end before anybody takes over.
        if not self._is_enough_left(delivery):
            await room.hold(self._context, delivery)
        if not self._is_enough_left(delivery):
            raise LeaseLost(f"{delivery.messages[0].fact}: too little of the lease is left to call Slack under it")
        delivery.has_shown |= method.startswith("chat.")
        try:
            return await call(self._client, method, timeout=CALL_WITHIN, **arguments)
        except SlackRateLimited as error:
            await room.note_rate(self._context, delivery, method, str(arguments.get("channel", "")), error.retry_after)
            raise

    def _is_enough_left(self, delivery: Delivery) -> bool:
        return delivery.leased_until - self._context.now() >= CALL_WITHIN * 2

    def _refuse_while_limited(self, delivery: Delivery, method: str, channel: str) -> None:
        until = delivery.limits.get((method, channel))
        if until is not None and (wait := until - self._context.now()) > timedelta(0):
            raise SlackRateLimited(method, wait)


async def show(
    send: Callable[..., Awaitable[dict[str, Any]]],
    delivery: Delivery,
    method: str,
    rendered: Message,
    plainer: Message,
    **arguments: Any,
) -> dict[str, Any]:
    """Post or update with `rendered`; with `plainer` when Slack can never show that."""
    text, blocks = rendered
    try:
        return await send(delivery, method, text=text, blocks=blocks, **arguments)
    except SlackRefused as error:
        if error.error not in UNSHOWABLE:
            raise
        log.exception("posting.unshowable", method=method, error=error.error)
    text, blocks = plainer
    return await send(delivery, method, text=text, blocks=blocks, **arguments)


def _label(delivery: Delivery, fact: str) -> str | None:
    """Name the change that a fact is about: its name begins with it, of a card with the one that the card is of."""
    return None if delivery.messages[0].change_id is None else fact.partition("/")[0]


def _repeated(rendered: Message) -> Message:
    text, blocks = rendered
    return f"{REPEATED} {text}", [small_print(REPEATED), *blocks]
