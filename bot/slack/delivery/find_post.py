"""Look for a message whose posting was unclear, by the fact in its metadata, before it is repeated."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.slack.api.calls import SlackRefused
from bot.slack.api.error_codes import THREAD_GONE

Call = Callable[..., Awaitable[dict[str, Any]]]
EVENT_TYPE = "route_number"
PAGE = 200
# Two clocks are compared to end a look, and either may be hours off.
CLOCK_MARGIN = timedelta(days=1)


def metadata(fact: str, change: str | None) -> dict[str, Any]:
    """Make the message metadata that names a fact."""
    payload = {"fact": fact} if change is None else {"change": change, "fact": fact}
    return {"event_type": EVENT_TYPE, "event_payload": payload}


async def find_post(call: Call, *, channel: str, thread_ts: str | None, fact: str, since: datetime) -> str | None:
    """Return the ts of the message that tells `fact`, None when there is none. Raises SlackError.

    A thread is read whole. A channel is read back from its newest message to those that are far older than `since`,
    whatever the clocks say at least one page.
    """
    if thread_ts is not None:
        try:
            return await _find(
                lambda **page: call("conversations.replies", channel=channel, ts=thread_ts, **page), fact
            )
        except SlackRefused as error:
            if error.error != THREAD_GONE:
                raise
            # An answer to a message that is gone goes into the channel.
    oldest = (since - CLOCK_MARGIN).timestamp()
    return await _find(lambda **page: call("conversations.history", channel=channel, **page), fact, oldest)


async def _find(read: Call, fact: str, oldest: float | None = None) -> str | None:
    cursor: dict[str, str] = {}
    while True:
        page = await read(include_all_metadata=True, limit=PAGE, **cursor)
        messages = page.get("messages") or []
        found = next((message["ts"] for message in messages if _tells(message, fact)), None)
        following = (page.get("response_metadata") or {}).get("next_cursor")
        is_far_back = oldest is not None and any(float(message["ts"]) < oldest for message in messages)
        if found or not following or is_far_back:
            return found
        cursor = {"cursor": following}


def _tells(message: Mapping[str, Any], fact: str) -> bool:
    posted = message.get("metadata") or {}
    return posted.get("event_type") == EVENT_TYPE and (posted.get("event_payload") or {}).get("fact") == fact
