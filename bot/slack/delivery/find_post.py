"""Look for a message whose posting was unclear, by the fact in its metadata, before it is repeated."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

Call = Callable[..., Awaitable[dict[str, Any]]]
EVENT_TYPE = "route_number"
PAGE = 200
# A look goes back a little further than the attempt, because two clocks are compared.
SLACK_CLOCK_MARGIN = timedelta(minutes=2)


def metadata(fact: str, change: str | None) -> dict[str, Any]:
    """Make the message metadata that names a fact."""
    payload = {"fact": fact} if change is None else {"change": change, "fact": fact}
    return {"event_type": EVENT_TYPE, "event_payload": payload}


async def find_post(call: Call, *, channel: str, thread_ts: str | None, fact: str, since: datetime) -> str | None:
    """Return the ts of the message that tells `fact`, None when there is none. Raises SlackError."""
    cursor = ""
    oldest = f"{(since - SLACK_CLOCK_MARGIN).timestamp():.6f}"
    while True:
        arguments: dict[str, Any] = {
            "channel": channel,
            "oldest": oldest,
            "include_all_metadata": True,
            "limit": PAGE,
            **({"cursor": cursor} if cursor else {}),
        }
        if thread_ts is None:
            page = await call("conversations.history", **arguments)
        else:
            page = await call("conversations.replies", ts=thread_ts, **arguments)
        found = next((m["ts"] for m in page.get("messages", []) if _tells(m, fact)), None)
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if found or not cursor:
            return found


def _tells(message: Mapping[str, Any], fact: str) -> bool:
    posted = message.get("metadata") or {}
    return posted.get("event_type") == EVENT_TYPE and (posted.get("event_payload") or {}).get("fact") == fact
