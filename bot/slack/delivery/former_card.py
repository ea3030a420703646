"""A card that is not the card any more says so, and has no buttons."""

from datetime import datetime

from bot.domain.change import ChangeRequest
from bot.service.delivery.lane import Attempt, Delivery, Place
from bot.service.messages import card_fact
from bot.slack.api.calls import SlackRefused
from bot.slack.api.error_codes import CARD_GONE
from bot.slack.block_kit.elements import section
from bot.slack.delivery.posting import Posting
from bot.slack.messages.thread import Message


async def tell_former_card(posting: Posting, delivery: Delivery) -> None:
    """Let a former card say where the card is now, provided that it can be found. Raises SlackError, LeaseLost."""
    payload, change = delivery.message.payload, delivery.of
    place, ts = Place(payload["channel"]), payload["ts"]
    fact = card_fact(change.id, payload["generation"])
    if not ts:
        attempt = Attempt(datetime.fromisoformat(payload["attempted_at"]), place)
        found = await posting.find(delivery, attempt, fact, place=place)
        if found is None:
            return
        ts = found.ts
    rendered = _render(change)
    try:
        await posting.update(delivery, rendered, rendered, place=place, ts=ts, fact=fact)
    except SlackRefused as error:
        if error.error not in CARD_GONE:
            raise


def _render(change: ChangeRequest) -> Message:
    text = f"The card of {change.label} is in <#{change.channel_id}> now."
    return text, [section(text)]
