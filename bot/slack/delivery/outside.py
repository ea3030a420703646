"""Messages about changes that were made outside: posted once, and shown anew when somebody has kept what they tell."""

from collections.abc import Awaitable, Callable

from bot.service.context import ServiceContext
from bot.service.delivery.lane import Delivery, Place
from bot.service.outside.showing import post_of, shown
from bot.service.outside.telling import notice_fact
from bot.slack.api.calls import SlackRefused
from bot.slack.api.error_codes import CARD_GONE
from bot.slack.delivery.posting import Posting, Standing
from bot.slack.messages.outside import outside_message, plain_outside
from bot.slack.messages.thread import Message

Post = Callable[[Delivery, Message, Message, Place], Awaitable[Standing]]


async def tell_outside(context: ServiceContext, delivery: Delivery, post: Post) -> None:
    """Post what a notice tells. Raises SlackError, LeaseLost."""
    payload = delivery.message.payload
    told = await shown(context, payload["notice"])
    if told is None:
        delivery.note_done()
        return
    posted = await post(delivery, outside_message(told), plain_outside(told), Place(payload["channel"]))
    delivery.note_done(posted.channel, posted.ts)


async def tell_outside_again(context: ServiceContext, posting: Posting, delivery: Delivery) -> None:
    """Bring the message to the stored state; one that is gone needs nothing. Raises SlackError, LeaseLost."""
    fact = notice_fact(delivery.message.payload["notice"])
    told, post = await shown(context, delivery.message.payload["notice"]), await post_of(context, fact)
    if told is not None and post is not None and post.posted_channel and post.posted_ts:
        place = Place(post.posted_channel)
        try:
            await posting.update(
                delivery, outside_message(told), plain_outside(told), place=place, ts=post.posted_ts, fact=fact
            )
        except SlackRefused as error:
            if error.error not in CARD_GONE:
                raise
    delivery.note_done()
