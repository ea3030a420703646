"""Response URLs: five answers within thirty minutes to one command or press."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.block_kit.blocks import accept_message
from bot.sandbox.slack.workspace.errors import SlackError
from bot.sandbox.slack.workspace.model import Channel, Message
from bot.sandbox.slack.workspace.world import World

USES, LIFETIME_SECONDS = 5, 1800.0


@dataclass
class _ResponseUrl:
    user_id: str
    channel_id: str
    message_ts: str | None
    expires_at: float
    uses: int = 0


class ResponseUrls:
    """The response URLs that were handed out, and what is posted to them."""

    def __init__(self, world: World, base_url: Callable[[], str]) -> None:
        """Hand out addresses below `base_url()`."""
        self._world = world
        self._base_url = base_url
        self._issued: dict[str, _ResponseUrl] = {}

    def issue(self, user_id: str, channel_id: str, message_ts: str | None = None) -> str:
        """Give the address for one command or one press on a message."""
        key = secrets.token_urlsafe(18)
        expires_at = self._world.now() + LIFETIME_SECONDS
        self._issued[key] = _ResponseUrl(user_id, channel_id, message_ts, expires_at)
        return f"{self._base_url()}/response/{key}"

    def post(self, key: str, body: dict[str, Any]) -> None:
        """Do what was posted, or refuse as Slack does."""
        issued = self._issued.get(key)
        if issued is None:
            raise SlackError("no_such_url")
        if self._world.now() > issued.expires_at:
            raise SlackError("expired_url")
        if issued.uses >= USES:
            raise SlackError("used_url")
        answer(self._world, self._world.channels[issued.channel_id], issued.user_id, body, issued.message_ts)
        issued.uses += 1


def answer(world: World, channel: Channel, user_id: str, body: dict[str, Any], message_ts: str | None = None) -> None:
    """Show what an app answered to a person: to them alone unless it says otherwise."""
    original = world.message(channel.id, message_ts) if message_ts else None
    if body.get("delete_original"):
        if original is not None:
            world.delete_message(original)
        return
    text = str(body.get("text") or "")
    blocks = accept_message(text, body.get("blocks"))
    if body.get("replace_original") and original is not None:
        original.text = text
        original.replace_blocks(blocks)
        world.changed()
        return
    in_channel = body.get("response_type") == "in_channel"
    world.post(
        channel,
        text=text,
        by_app=True,
        blocks=blocks,
        thread_ts=body.get("thread_ts") or _thread_of(original),
        ephemeral_for=None if in_channel else user_id,
    )


def _thread_of(original: Message | None) -> str | None:
    return original.thread_ts if original is not None else None
