"""A message of a thread as it is shown now: about one change, or about several that were asked together."""

from collections.abc import Mapping
from typing import Any

from bot.domain.change import ChangeRequest
from bot.domain.facts import Fact
from bot.domain.since import NOTHING_SINCE, NOTHING_SINCE_ALL, BundleSince, Since
from bot.service.context import ServiceContext
from bot.service.delivery.lane import Delivery
from bot.service.messages import is_of_all
from bot.service.since import since_of_all
from bot.slack.delivery.posting import Posting
from bot.slack.messages.bundle_results import plain_results
from bot.slack.messages.bundle_thread import render_bundle_fact
from bot.slack.messages.fallback import plain_fact
from bot.slack.messages.thread import Message, render_fact
from bot.slack.messages.unmentioned import named_in_thread

# What asks for these to be shown again is left out where they are first posted in the same delivery.
_FILLING_UP = frozenset({Fact.PUT_BACK, Fact.RESULTS})


async def render_first(context: ServiceContext, posting: Posting, delivery: Delivery) -> tuple[Message, Message]:
    """Return what is posted of the fact whose turn it is: what fills up begins with all that there is by now."""
    payload = delivery.message.payload
    if payload["name"] in _FILLING_UP and is_of_all(payload):
        return await render_told_of_all(posting, delivery, payload, await since_of_all(context, delivery.of_bundle))
    return await render_told(posting, delivery, payload)


async def render_told(
    posting: Posting,
    delivery: Delivery,
    payload: Mapping[str, Any],
    since: Since = NOTHING_SINCE,
    *,
    of: ChangeRequest | None = None,
) -> tuple[Message, Message]:
    """Return what is shown of the fact whose turn it is, and what is shown where Slack takes no such blocks.

    `of` is the change that it is told of, where that is another one of those that were asked together.
    """
    if is_of_all(payload):
        return await render_told_of_all(posting, delivery, payload)
    change = of or delivery.subject
    named = named_in_thread(delivery.of_bundle, payload)
    return await posting.without_calling(render_fact(change, payload, since), named), plain_fact(change)


async def render_told_of_all(
    posting: Posting, delivery: Delivery, payload: Mapping[str, Any], since: BundleSince = NOTHING_SINCE_ALL
) -> tuple[Message, Message]:
    """Do as `render_told` does for a fact of a whole bundle."""
    bundle = delivery.of_bundle
    named = named_in_thread(bundle, payload)
    plainer = plain_fact(bundle.lead)
    if payload["name"] == Fact.RESULTS:
        plainer = await posting.without_calling(plain_results(bundle, since), named)
    return await posting.without_calling(render_bundle_fact(bundle, payload, since), named), plainer
