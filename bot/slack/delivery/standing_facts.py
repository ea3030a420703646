"""A fact that stands in a thread already is shown anew: what can still be done about it has changed."""

from bot.service.context import ServiceContext
from bot.service.delivery import Delivery, Place
from bot.service.since import standing
from bot.slack.api.calls import SlackRefused
from bot.slack.api.error_codes import CARD_GONE, NO_CHANNEL
from bot.slack.delivery.posting import Posting
from bot.slack.messages.fallback import plain_fact
from bot.slack.messages.thread import render_fact


async def see_to_facts(context: ServiceContext, posting: Posting, delivery: Delivery) -> None:
    """Bring each post of the fact to the stored state; one that is gone needs nothing. Raises SlackError, LeaseLost."""
    change = delivery.of
    for post, since in await standing(context, delivery):
        channel, ts = post.posted_channel, post.posted_ts
        if channel is None or ts is None:
            continue
        rendered = render_fact(change, post.payload, since)
        try:
            await posting.update(delivery, rendered, plain_fact(change), place=Place(channel), ts=ts, fact=post.fact)
        except SlackRefused as error:
            # The card has moved away from a channel that takes nothing.
            is_left = error.error in NO_CHANNEL and channel != change.channel_id
            if error.error not in CARD_GONE and not is_left:
                raise
