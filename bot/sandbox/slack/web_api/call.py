"""One call of the Web API as its method sees it: who calls, with which arguments."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.slack.delivery.socket_mode import SocketMode
from bot.sandbox.slack.workspace.errors import SlackError, invalid
from bot.sandbox.slack.workspace.model import Channel
from bot.sandbox.slack.workspace.triggers import Triggers
from bot.sandbox.slack.workspace.world import World

_TRUE = ("1", "true", "True", True, 1)


@dataclass
class Call:
    """The arguments of a call, and what its method works on."""

    method: str
    args: dict[str, Any]
    world: World
    triggers: Triggers
    socket_mode: SocketMode
    base_url: str

    def text(self, name: str, *, error: str | None = None) -> str:
        """Give a required argument."""
        value = self.args.get(name)
        if value is None or value == "":
            if error:
                raise SlackError(error)
            raise invalid("invalid_arguments", [f"missing required field: {name}"])
        if isinstance(value, (dict, list)):
            raise invalid("invalid_arguments", [f"must be a string [json-pointer:/{name}]"])
        return str(value)

    def optional(self, name: str) -> str | None:
        """Give an argument that may be absent."""
        value = self.args.get(name)
        return None if value in (None, "") else str(value)

    def flag(self, name: str) -> bool:
        """Give a flag."""
        return self.args.get(name) in _TRUE

    def number(self, name: str, default: int, most: int) -> int:
        """Give a count within its bounds."""
        value = self.args.get(name)
        if value in (None, ""):
            return default
        try:
            number = int(str(value))
        except ValueError:
            raise SlackError("invalid_limit") from None
        if not 1 <= number <= most:
            raise SlackError("invalid_limit")
        return number

    def structure(self, name: str, error: str) -> Any:
        """Give an argument that is JSON, whether it came parsed or as text."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(error) from None

    def need(self, scope: str) -> None:
        """Refuse when the app lacks a scope."""
        if scope not in self.world.app.scopes:
            raise SlackError("missing_scope", needed=scope, provided=",".join(self.world.app.scopes))

    def channel(self, channel_id: str) -> Channel:
        """Find a conversation that the bot may know of."""
        channel = self.world.channels.get(channel_id)
        if channel is None or (channel.kind != "channel" and not self.is_member(channel)):
            raise SlackError("channel_not_found")
        return channel

    def is_member(self, channel: Channel) -> bool:
        """Tell whether the bot is in a conversation."""
        return self.world.app.bot_user_id in channel.members


@dataclass(frozen=True)
class Method:
    """A method of the Web API: what it does, which scope and which kind of token it takes."""

    run: Callable[[Call], Awaitable[dict[str, Any]]]
    scope: str | None = None
    kind: Literal["bot", "app"] = "bot"


def page_of(items: list[Any], cursor: str | None, limit: int) -> tuple[list[Any], dict[str, Any]]:
    """Cut one page out of a list, with Slack's response_metadata."""
    start = 0
    if cursor:
        if not cursor.startswith("next:") or not cursor[5:].isdigit():
            raise SlackError("invalid_cursor")
        start = int(cursor[5:])
    end = start + limit
    return items[start:end], {"next_cursor": f"next:{end}" if end < len(items) else ""}
