"""What is told beside the card: reminders in its thread, and direct messages to the requester.

Both are told once or not at all: of a post that may have arrived, and that nobody can look for, there is no repetition.
What Slack refuses is dropped with a line in the log; the card and its thread say it all.
"""

from datetime import datetime

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.state import State
from bot.service.context import ServiceContext
from bot.service.delivery import steps as room
from bot.service.delivery.lane import Attempt, Delivery, Place
from bot.service.delivery.undelivered import show_again
from bot.service.picture import is_passed, is_passed_by_all
from bot.slack.api.calls import SlackMisconfigured, SlackRefused
from bot.slack.api.error_codes import NO_SCOPE
from bot.slack.api.identity import ask_identity
from bot.slack.delivery.posting import Posting, Standing
from bot.slack.messages.direct import bundle_message, requester_message
from bot.slack.messages.fallback import plain_fact
from bot.slack.messages.reminder import reminder_message
from bot.slack.messages.rows import thread_link
from bot.slack.messages.thread import Message

log = structlog.get_logger(__name__)


class Threads:
    """Knows where the threads of this installation are found; Slack is asked once for each process."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._team_url: str | None = None

    async def link(self, delivery: Delivery) -> str | None:
        """Return the address of the thread of what is told, None where no card is posted. Raises SlackError."""
        card = delivery.beside
        if card is None or not card.is_posted:
            return None
        if self._team_url is None:
            self._team_url = (await ask_identity(self._client)).team_url
        return thread_link(self._team_url, card.channel_id, card.message_ts)


async def remind(context: ServiceContext, posting: Posting, delivery: Delivery) -> None:
    """Remind of a change in its thread, while it waits in the revision that the reminder is for. Raises SlackError."""
    change, card, payload = delivery.of, delivery.beside, delivery.message.payload
    together = (change,) if delivery.bundle is None else delivery.bundle.of.members
    said = {change.id: delivery.reviews} if delivery.bundle is None else delivery.bundle.reviews
    waiting = [each for each in together if each.state is State.PENDING and each.revision == payload["revision"]]
    if not waiting or context.now() >= datetime.fromisoformat(payload["until"]):
        delivery.note_done()
        return
    if card is None or not card.is_posted:
        _drop(delivery, "the card is not posted")
        return
    rendered = reminder_message(waiting, said)
    try:
        posted = await _post(context, posting, delivery, rendered, Place(card.channel_id, card.message_ts))
    except SlackRefused as error:
        _drop(delivery, error.error)
        return
    if posted is not None and posted.is_astray:
        await show_again(context, delivery)
    if posted is not None:
        delivery.note_done(posted.channel, posted.ts)


async def tell_requester(context: ServiceContext, posting: Posting, delivery: Delivery, threads: Threads) -> None:
    """Tell the requester the state of their change, unless something has followed by now. Raises SlackError."""
    change, bundle = delivery.of, delivery.bundle
    if _is_passed(delivery, State(delivery.message.payload["state"])):
        delivery.note_done()
        return
    link = await threads.link(delivery)
    try:
        opened = await posting.call(delivery, "conversations.open", users=change.requester_id)
        place = Place(opened["channel"]["id"])
        rendered = requester_message(change, link) if bundle is None else bundle_message(bundle.of, link)
        posted = await _post(context, posting, delivery, rendered, place)
    except SlackRefused as error:
        _drop(delivery, error.error)
        return
    except SlackMisconfigured as error:
        if error.error != NO_SCOPE:
            raise
        _drop(delivery, error.error)
        return
    if posted is not None:
        delivery.note_done(posted.channel, posted.ts)


async def _post(
    context: ServiceContext, posting: Posting, delivery: Delivery, rendered: Message, place: Place
) -> Standing | None:
    """Post it unless it stands there; None, and it is dropped, when nobody can say whether it does."""
    attempt, fact = delivery.attempt, delivery.message.fact
    found = await posting.find(delivery, attempt, fact, place=place)
    if found is None and attempt.at is not None:
        _drop(delivery, "it may have been told")
        return None

    async def begin(_: Attempt) -> None:
        await room.begin_post(context, delivery, place)

    return found or await posting.post(
        delivery, attempt, rendered, plain_fact(delivery.of), place=place, fact=fact, begin=begin
    )


def _is_passed(delivery: Delivery, told: State) -> bool:
    if delivery.bundle is None:
        return is_passed(delivery.of, told)
    return is_passed_by_all(delivery.bundle.of, delivery.message.change_id or 0, told)


def _drop(delivery: Delivery, why: str) -> None:
    log.warning("courier.not_told", fact=delivery.message.fact, why=why)
    delivery.note_done()
