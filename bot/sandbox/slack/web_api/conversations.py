"""The conversations.* methods: channels, their members and their history."""

from typing import Any

from bot.sandbox.slack.delivery.payloads import channel_json, message_json
from bot.sandbox.slack.web_api.call import Call, Method, page_of
from bot.sandbox.slack.workspace.errors import SlackError, invalid
from bot.sandbox.slack.workspace.model import Channel, Message

_FAMILY = {"channel": "channels", "private": "groups", "im": "im"}
_TYPES = {"public_channel": "channel", "private_channel": "private", "im": "im", "mpim": "mpim"}
_PAGE, _PAGE_MOST = 100, 1000


def _known(call: Call, verb: str) -> Channel:
    channel = call.channel(call.text("channel", error="channel_not_found"))
    call.need(f"{_FAMILY[channel.kind]}:{verb}")
    return channel


async def info(call: Call) -> dict[str, Any]:
    """Show one conversation."""
    return {"channel": channel_json(call.world, _known(call, "read"))}


async def members(call: Call) -> dict[str, Any]:
    """List who is in a conversation."""
    channel = _known(call, "read")
    page, cursor = page_of(channel.members, call.optional("cursor"), call.number("limit", _PAGE, _PAGE_MOST))
    return {"members": page, "response_metadata": cursor}


async def list_(call: Call) -> dict[str, Any]:
    """List the conversations of some types that the bot may see."""
    wanted = (call.optional("types") or "public_channel").split(",")
    kinds = []
    for name in wanted:
        kind = _TYPES.get(name.strip())
        if kind is None:
            raise SlackError("invalid_types")
        call.need(f"{_FAMILY.get(kind, kind)}:read")
        kinds.append(kind)
    seen = [
        channel_json(call.world, channel)
        for channel in call.world.channels.values()
        if channel.kind in kinds
        and (channel.kind == "channel" or call.is_member(channel))
        and not (call.flag("exclude_archived") and channel.is_archived)
    ]
    page, cursor = page_of(seen, call.optional("cursor"), call.number("limit", _PAGE, _PAGE_MOST))
    return {"channels": page, "response_metadata": cursor}


async def open_(call: Call) -> dict[str, Any]:
    """Open the bot's direct conversation with one person."""
    channel_id = call.optional("channel")
    if channel_id:
        return {"channel": {"id": call.channel(channel_id).id}}
    users = [name for name in call.text("users").split(",") if name]
    if len(users) != 1:
        raise invalid("invalid_arguments", ["this stand-in opens conversations with one person only"])
    user = call.world.user(users[0])
    if user.deleted:
        raise SlackError("user_disabled")
    before = set(call.world.channels)
    channel = call.world.direct_channel(user.id, call.world.app.bot_user_id)
    shown: dict[str, Any] = {"id": channel.id}
    if call.flag("return_im"):
        shown = channel_json(call.world, channel)
    already: dict[str, Any] = {"no_op": True, "already_open": True} if channel.id in before else {}
    return {**already, "channel": shown}


def _readable(call: Call) -> Channel:
    channel = _known(call, "history")
    if not call.is_member(channel):
        raise SlackError("not_in_channel")
    return channel


def _between(call: Call, messages: list[Message]) -> list[Message]:
    oldest, latest = call.optional("oldest"), call.optional("latest")
    inclusive = call.flag("inclusive")
    try:
        low = float(oldest) if oldest else 0.0
        high = float(latest) if latest else float("inf")
    except ValueError:
        raise SlackError("invalid_ts_oldest" if oldest else "invalid_ts_latest") from None

    def is_within(message: Message) -> bool:
        at = float(message.ts)
        return low < at < high or (inclusive and at in (low, high))

    return [message for message in messages if is_within(message)]


def _page(call: Call, messages: list[Message]) -> dict[str, Any]:
    page, cursor = page_of(messages, call.optional("cursor"), call.number("limit", _PAGE, _PAGE_MOST))
    with_metadata = call.flag("include_all_metadata")
    answer: dict[str, Any] = {
        "messages": [message_json(call.world, message, with_metadata=with_metadata) for message in page],
        "has_more": bool(cursor["next_cursor"]),
    }
    if cursor["next_cursor"]:
        answer["response_metadata"] = cursor
    return answer


async def history(call: Call) -> dict[str, Any]:
    """List a conversation's messages, the newest first, without threads' replies."""
    channel = _readable(call)
    top = [
        message
        for message in call.world.messages[channel.id]
        if not message.ephemeral_for and (message.is_broadcast or message.thread_ts in (None, message.ts))
    ]
    return {**_page(call, _between(call, top)[::-1]), "pin_count": 0}


async def replies(call: Call) -> dict[str, Any]:
    """List a thread: its first message, then the replies, the oldest first."""
    channel = _readable(call)
    ts = call.text("ts", error="thread_not_found")
    thread = [
        message
        for message in call.world.messages[channel.id]
        if ts in (message.ts, message.thread_ts) and not message.ephemeral_for
    ]
    if not thread:
        raise SlackError("thread_not_found")
    first = [message for message in thread if message.ts == ts]
    rest = _between(call, [message for message in thread if message.ts != ts])
    return _page(call, [*first, *rest])


METHODS = {
    "conversations.info": Method(info),
    "conversations.members": Method(members),
    "conversations.list": Method(list_),
    "conversations.open": Method(open_, "im:write"),
    "conversations.history": Method(history),
    "conversations.replies": Method(replies),
}
