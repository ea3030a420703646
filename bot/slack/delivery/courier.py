"""Delivers what the outbox holds: each message under a lease, in the order of its lane, every fact once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.backoff import backoff
from bot.service import since
from bot.service.context import ServiceContext
from bot.service.delivery import steps as room
from bot.service.delivery import undelivered
from bot.service.delivery.lane import Attempt, Delivery, Place
from bot.service.messages import Kind
from bot.slack.api.calls import SlackError, SlackMisconfigured, SlackRefused
from bot.slack.api.error_codes import NO_CHANNEL
from bot.slack.delivery.beside import Threads, remind, tell_requester
from bot.slack.delivery.card_looks import CardLooks
from bot.slack.delivery.former_card import tell_former_card
from bot.slack.delivery.outside import tell_outside, tell_outside_again
from bot.slack.delivery.posting import Posting, Standing
from bot.slack.delivery.standing_card import see_to_card
from bot.slack.delivery.standing_facts import see_to_facts
from bot.slack.delivery.told import render_first
from bot.slack.messages.direct import linked
from bot.slack.messages.thread import Message, is_in_channel_too, is_moot, render_channel_fact, render_fact
from bot.slack.messages.unmentioned import named_in_channel
from bot.store.errors import LeaseLost, StaleCard

log = structlog.get_logger(__name__)

LONGEST_WAIT = timedelta(seconds=15)
CAN_WAIT_FOR_CHANNEL = frozenset(
    {Kind.CARD, Kind.THREAD, Kind.FORMER_CARD, Kind.THREAD_AGAIN, Kind.OUTSIDE, Kind.OUTSIDE_AGAIN}
)


class Courier:
    """Posts and updates messages for one process; several may work on one database."""

    def __init__(self, *, context: ServiceContext, client: AsyncWebClient) -> None:
        self._context = context
        self._threads = Threads(client)
        self._posting = Posting(context, client)
        self._looks = CardLooks(context, client)
        self.problem: str | None = None

    async def deliver_due(self) -> int:
        """Deliver what is due now, and return how many messages were taken. Raises DatabaseUnavailable."""
        deliveries = await room.claim(self._context)
        # All are finished before a failure of one is raised: a post must not be cut off in the middle.
        outcomes = await asyncio.gather(*map(self._deliver, deliveries), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return sum(len(delivery.messages) for delivery in deliveries)

    async def look_at_cards(self) -> None:
        """Have cards of open changes shown anew that somebody deleted. Raises DatabaseUnavailable."""
        await self._looks.look()

    async def _deliver(self, delivery: Delivery) -> None:
        facts = [message.fact for message in delivery.messages]
        try:
            try:
                while not delivery.is_done:
                    await self._send(delivery)
                await room.complete(self._context, delivery)
                self.problem = None
                for fact in facts:
                    log.info("outbox.delivered", fact=fact)
            except SlackError as error:
                await self._put_off(delivery, error)
            except StaleCard:
                log.info("outbox.card_moved", facts=facts)
                await undelivered.put_off(self._context, delivery, timedelta(0), None)
        except LeaseLost:
            log.warning("outbox.lease_lost", facts=facts)
            if delivery.has_shown and delivery.card is not None:
                # What was shown under the lost lease may have overwritten something newer.
                await undelivered.show_again(self._context, delivery)
            if delivery.has_shown:
                await since.show_again(self._context, delivery)

    async def _send(self, delivery: Delivery) -> None:
        """Deliver the message whose turn it is."""
        message = delivery.message
        match message.kind:
            case Kind.CARD:
                await see_to_card(self._context, self._posting, delivery)
                delivery.note_done()
            case Kind.FORMER_CARD:
                await tell_former_card(self._posting, delivery)
                delivery.note_done()
            case Kind.THREAD_AGAIN:
                await room.record_done(self._context, delivery)
                await see_to_facts(self._context, self._posting, delivery)
                delivery.note_done()
            case Kind.REMINDER:
                await remind(self._context, self._posting, delivery)
            case Kind.REQUESTER:
                await tell_requester(self._context, self._posting, delivery, self._threads)
            case Kind.CHANNEL:
                await self._channel(delivery)
            case Kind.DIRECT:
                link = await self._threads.link(delivery)
                rendered = linked(render_fact(delivery.subject, message.payload), link)
                await self._direct(delivery, message.payload["user"], rendered)
            case Kind.OUTSIDE:
                await tell_outside(self._context, delivery, self._post)
            case Kind.OUTSIDE_AGAIN:
                await room.record_done(self._context, delivery)
                await tell_outside_again(self._context, self._posting, delivery)
            case _:
                await self._fact(delivery)

    async def _fact(self, delivery: Delivery) -> None:
        """Tell a fact in the card's thread; without a card there is none, so that comes first."""
        if is_moot(delivery.of, delivery.message.payload):
            delivery.note_done()
            return
        await see_to_card(self._context, self._posting, delivery)
        card, message = delivery.of_card, delivery.message
        rendered, plainer = await render_first(self._context, self._posting, delivery)
        try:
            posted = await self._post(delivery, rendered, plainer, Place(card.channel_id, card.message_ts))
        except SlackRefused as error:
            if error.error not in NO_CHANNEL:
                # The card may be gone: the next try shows it anew, and so finds out.
                delivery.card = replace(card, shown_version=0)
            raise
        if posted.is_astray:
            await undelivered.show_again(self._context, delivery)
        if not posted.was_found:
            delivery.shown_again.add((delivery.of.lead_id, message.payload["name"]))
        delivery.note_done(posted.channel, posted.ts)

    async def _channel(self, delivery: Delivery) -> None:
        """Tell a channel; where the bot cannot post, the person who caused it is told instead."""
        payload = delivery.message.payload
        rendered = render_channel_fact(payload)
        silent = await self._posting.without_calling(rendered, named_in_channel(payload))
        try:
            posted = await self._post(delivery, silent, silent, Place(payload["channel"]))
        except SlackRefused as error:
            if error.error not in NO_CHANNEL:
                raise
            await self._direct(delivery, payload["by"], rendered)
            return
        delivery.note_done(posted.channel, posted.ts)

    async def _direct(self, delivery: Delivery, user_id: str, rendered: Message) -> None:
        """Tell one person; whoever cannot be written to is not waited for."""
        try:
            opened = await self._posting.call(delivery, "conversations.open", users=user_id)
            posted = await self._post(delivery, rendered, rendered, Place(opened["channel"]["id"]))
        except SlackRefused as error:
            log.exception("courier.person_unreachable", fact=delivery.message.fact, error=error.error)
            delivery.note_done()
            return
        delivery.note_done(posted.channel, posted.ts)

    async def _post(self, delivery: Delivery, rendered: Message, plainer: Message, place: Place) -> Standing:
        async def begin(_: Attempt) -> None:
            await room.begin_post(self._context, delivery, place)

        message = delivery.message
        return await self._posting.post(
            delivery,
            delivery.attempt,
            rendered,
            plainer,
            place=place,
            fact=message.fact,
            begin=begin,
            in_channel_too=message.kind == Kind.THREAD and is_in_channel_too(message.payload),
        )

    async def _put_off(self, delivery: Delivery, error: SlackError) -> None:
        """Try again later, and seldom when the channel is the fault. Raises LeaseLost."""
        message = delivery.message
        log.warning("outbox.put_off", fact=message.fact, problem=str(error), attempts=message.attempts)
        if isinstance(error, SlackRefused) and error.error in NO_CHANNEL and message.kind in CAN_WAIT_FOR_CHANNEL:
            await undelivered.park(self._context, delivery, error.error, str(error))
            return
        if isinstance(error, SlackMisconfigured | SlackRefused):
            self.problem = str(error)
        await undelivered.put_off(self._context, delivery, _wait(message.attempts, error), str(error))


def _wait(attempts: int, error: SlackError) -> timedelta:
    """Wait as long as Slack says, else 1, 2, 4 … s up to a limit: once Slack is back, all is told soon."""
    if isinstance(error, SlackMisconfigured):
        return LONGEST_WAIT
    asked = getattr(error, "retry_after", None)
    return asked or backoff(attempts, first=timedelta(seconds=1), longest=LONGEST_WAIT)
