"""A fact that stands in a thread already is shown anew: what can still be done about it has changed."""

from bot.service.context import ServiceContext
from bot.service.delivery.lane import Delivery, Place
from bot.service.since import standing, standing_of_all
from bot.slack.api.calls import SlackRefused
from bot.slack.api.error_codes import CARD_GONE, NO_CHANNEL
from bot.slack.delivery.posting import Posting
from bot.slack.delivery.told import render_told, render_told_of_all
from bot.slack.messages.thread import Message


async def see_to_facts(context: ServiceContext, posting: Posting, delivery: Delivery) -> None:
    """Bring each post of the fact to the stored state; one that is gone needs nothing. Raises SlackError, LeaseLost."""
    payload = delivery.message.payload
    if "bundle" not in payload:
        for post, since in await standing(context, delivery):
            shown = await render_told(posting, delivery, post.payload, since, of=delivery.subject_of(post))
            await _show(posting, delivery, shown, post.fact, at=(post.posted_channel, post.posted_ts))
        return
    # As many results as come in together are shown at once: all of it was read when the first was taken.
    fact = (payload["bundle"], payload["of"])
    if fact in delivery.shown_again:
        return
    for post, since_all in await standing_of_all(context, delivery):
        shown = await render_told_of_all(posting, delivery, post.payload, since_all)
        await _show(posting, delivery, shown, post.fact, at=(post.posted_channel, post.posted_ts))
    delivery.shown_again.add(fact)


async def _show(
    posting: Posting,
    delivery: Delivery,
    shown: tuple[Message, Message],
    fact: str,
    *,
    at: tuple[str | None, str | None],
) -> None:
    channel, ts = at
    if channel is None or ts is None:
        return
    rendered, plainer = shown
    try:
        await posting.update(delivery, rendered, plainer, place=Place(channel), ts=ts, fact=fact)
    except SlackRefused as error:
        # The card has moved away from a channel that takes nothing.
        is_left = error.error in NO_CHANNEL and channel != delivery.of.channel_id
        if error.error not in CARD_GONE and not is_left:
            raise
