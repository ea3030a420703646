"""A pressed button, parsed at the door. Its value is a hint: what it may do is decided by the stored change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.label import parse_label
from bot.service.context import Actor


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a button in a message."""

    actor: Actor
    change_id: int
    channel_id: str
    thread_ts: str | None
    trigger_id: str
    response_url: str | None
    selected: str | None


def label_of(value: str | None, block_id: str) -> str:
    """Return what names the change: a button's value; a select has none, its block is named after the change."""
    return value or block_id.partition(":")[2]


def thread_of(body: Mapping[str, Any]) -> str | None:
    """Return the thread in which the pressed message is a reply, None when it stands in the channel itself.

    A message that has replies names itself as its thread: who pressed there looks at the channel.
    """
    message, container = body.get("message") or {}, body.get("container") or {}
    thread_ts = message.get("thread_ts") or container.get("thread_ts")
    own_ts = message.get("ts") or container.get("message_ts")
    return None if thread_ts == own_ts else thread_ts


def parse_press(body: Mapping[str, Any]) -> Press:
    """Read the first action of a block_actions payload. Raises UnknownChange when it names no change."""
    action = body["actions"][0]
    container = body.get("container") or {}
    user = body["user"]
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id", "")
    return Press(
        actor=Actor(user.get("team_id") or (body.get("team") or {}).get("id", ""), user["id"], "slack:button"),
        change_id=parse_label(label_of(action.get("value"), action.get("block_id", ""))),
        channel_id=channel,
        thread_ts=thread_of(body),
        trigger_id=body.get("trigger_id", ""),
        response_url=body.get("response_url"),
        selected=action.get("selected_conversation"),
    )
