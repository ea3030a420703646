"""The card of a change: brought to the stored state, and posted where there is none, by whoever delivers."""

from dataclasses import replace
from functools import partial

from bot.service.context import ServiceContext
from bot.service.delivery.lane import Attempt, Delivery, Place
from bot.service.delivery.steps import begin_card
from bot.service.messages import card_fact
from bot.slack.api.calls import SlackError, SlackRefused, SlackUnavailable
from bot.slack.api.error_codes import CARD_GONE
from bot.slack.delivery.posting import Posting
from bot.slack.messages.bundle_card import bundle_card
from bot.slack.messages.card import card_blocks, card_text
from bot.slack.messages.fallback import plain_card
from bot.slack.messages.progress import named_ids
from bot.slack.messages.thread import Message


async def see_to_card(context: ServiceContext, posting: Posting, delivery: Delivery) -> None:
    """Bring the card to the stored state; post one when there is none, or when it is gone.

    What becomes of it is in `delivery.card`, and recorded with the next step of the delivery. Raises SlackError,
    LeaseLost, StaleCard.
    """
    card, change = delivery.of_card, delivery.of
    if card.is_posted:
        is_forced = bool(delivery.message.payload.get("is_forced")) and not delivery.is_card_fresh
        if (card.shown_version >= delivery.version and not is_forced) or await _update(posting, delivery):
            return
        delivery.card = card.anew(change.channel_id)
    if await _post(context, posting, delivery) and not await _update(posting, delivery):
        delivery.card = delivery.of_card.anew(change.channel_id)
        raise SlackUnavailable("The card was deleted just now.", was_sent=False)


async def _rendered(posting: Posting, delivery: Delivery) -> Message:
    ids = frozenset[str]().union(*map(named_ids, delivery.of_bundle.members))
    names = await posting.names.of(ids) if ids else {}
    if delivery.bundle is not None:
        return bundle_card(delivery.bundle, standstill=delivery.standstill, names=names)
    change, overlaps = delivery.of, delivery.overlaps
    blocks = card_blocks(change, delivery.reviews, overlaps=overlaps, standstill=delivery.standstill, names=names)
    return card_text(change, overlaps), blocks


async def _post(context: ServiceContext, posting: Posting, delivery: Delivery) -> bool:
    """Post the card; say whether it was found instead, and shows the state of an earlier attempt."""
    card, change = delivery.of_card, delivery.of
    place = Place(card.channel_id)
    attempt = Attempt(card.attempted_at, place, is_new=delivery.is_card_begun)
    delivery.is_card_begun = False
    rendered = await _rendered(posting, delivery)
    try:
        posted = await posting.post(
            delivery,
            attempt,
            rendered,
            plain_card(change),
            place=place,
            fact=card_fact(change.id, card.generation),
            begin=partial(begin_card, context, delivery),
        )
    except SlackError:
        delivery.card = replace(delivery.of_card, attempted_at=attempt.at if attempt.has_left else None)
        raise
    delivery.card = replace(
        delivery.of_card,
        message_ts=posted.ts,
        shown_version=0 if posted.was_found else delivery.version,
        attempted_at=None,
    )
    delivery.is_card_fresh = not posted.was_found
    return posted.was_found


async def _update(posting: Posting, delivery: Delivery) -> bool:
    """Update the card; return False when it is no longer there."""
    card, change = delivery.of_card, delivery.of
    try:
        await posting.update(
            delivery,
            await _rendered(posting, delivery),
            plain_card(change),
            place=Place(card.channel_id),
            ts=card.message_ts,
            fact=card_fact(change.id, card.generation),
        )
    except SlackRefused as error:
        if error.error not in CARD_GONE:
            raise
        return False
    delivery.card = replace(card, shown_version=delivery.version)
    delivery.is_card_fresh = True
    return True
