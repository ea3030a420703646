"""The chat.* methods: posting, updating and deleting messages."""

import json
from typing import Any

from bot.sandbox.slack.block_kit.blocks import accept_message
from bot.sandbox.slack.delivery.payloads import message_json
from bot.sandbox.slack.web_api.call import Call, Method
from bot.sandbox.slack.workspace.errors import SlackError, invalid
from bot.sandbox.slack.workspace.model import Channel, Message

_METADATA_BYTES_MOST = 16_384


def _content(call: Call) -> tuple[str, list[dict[str, Any]]]:
    text = call.args.get("text") or ""
    if not isinstance(text, str):
        raise invalid("invalid_arguments", ["must be a string [json-pointer:/text]"])
    blocks = call.structure("blocks", "invalid_blocks_format")
    if blocks is not None and not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    return text, accept_message(text, blocks)


def _metadata(call: Call) -> dict[str, Any] | None:
    metadata = call.structure("metadata", "invalid_metadata_format")
    if metadata in (None, {}):
        return None
    if (
        not isinstance(metadata, dict)
        or set(metadata) - {"event_type", "event_payload", "entities"}
        or not isinstance(metadata.get("event_type"), str)
        or not isinstance(metadata.get("event_payload"), dict)
    ):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata).encode()) > _METADATA_BYTES_MOST:
        raise SlackError("metadata_too_large")
    return metadata


def _open_to_bot(call: Call) -> Channel:
    wanted = call.text("channel", error="channel_not_found")
    if wanted in call.world.users:
        user = call.world.users[wanted]
        if user.id == call.world.app.bot_user_id or user.is_stranger:
            raise SlackError("channel_not_found")
        return call.world.direct_channel(user.id, call.world.app.bot_user_id)
    by_name = [channel.id for channel in call.world.channels.values() if f"#{channel.name}" == wanted]
    channel = call.channel(by_name[0] if by_name else wanted)
    if not call.is_member(channel):
        raise SlackError("not_in_channel")
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def _posted(call: Call, channel: Channel, **more: Any) -> Message:
    text, blocks = _content(call)
    thread_ts = _thread(call, channel)
    if thread_ts is None:
        # Slack leaves out of account that a message outside of any thread should be shown in the channel too.
        more.pop("is_broadcast", None)
    return call.world.post(channel, text=text, by_app=True, blocks=blocks, thread_ts=thread_ts, **more)


async def post_message(call: Call) -> dict[str, Any]:
    """Post a message as the bot."""
    channel = _open_to_bot(call)
    message = _posted(call, channel, metadata=_metadata(call), is_broadcast=call.flag("reply_broadcast"))
    return {"channel": channel.id, "ts": message.ts, "message": message_json(call.world, message)}


def _thread(call: Call, channel: Channel) -> str | None:
    thread_ts = call.optional("thread_ts")
    if thread_ts is None:
        return None
    parent = call.world.message(channel.id, thread_ts)
    if parent is None and not any(thread_ts in (m.ts, m.thread_ts) for m in call.world.messages[channel.id]):
        # Of a message that is gone without a trace Slack says nothing: the answer stands in the channel itself.
        return None
    # Slack files an answer to a reply under the reply's own thread; a parent that was deleted is no obstacle.
    return parent.thread_ts or thread_ts if parent is not None else thread_ts


def _own(call: Call, channel: Channel, refusal: str) -> Message:
    message = call.world.message(channel.id, call.text("ts"))
    if message is None or message.ephemeral_for:
        raise SlackError("message_not_found")
    if not message.by_app:
        raise SlackError(refusal)
    return message


async def update(call: Call) -> dict[str, Any]:
    """Replace a message of the bot's; `text` without `blocks` takes the blocks away."""
    channel = _open_to_bot(call)
    message = _own(call, channel, "cant_update_message")
    text, blocks = _content(call)
    if "metadata" in call.args:
        message.metadata = _metadata(call)
    if (message.text, message.blocks) != (text, blocks):
        message.text = text
        message.replace_blocks(blocks)
        # Slack says of a text alone that it was edited, and of blocks it does not.
        message.edited_ts = None if blocks else message.ts
    # There is no way back: an update without the flag leaves the reply in the channel.
    message.is_broadcast |= call.flag("reply_broadcast") and message.thread_ts not in (None, message.ts)
    call.world.changed()
    shown = message_json(call.world, message)
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": shown}


async def delete(call: Call) -> dict[str, Any]:
    """Delete a message of the bot's."""
    channel = _open_to_bot(call)
    message = _own(call, channel, "cant_delete_message")
    call.world.delete_message(message)
    return {"channel": channel.id, "ts": message.ts}


async def post_ephemeral(call: Call) -> dict[str, Any]:
    """Show a message to one member of a channel alone."""
    channel = _open_to_bot(call)
    user_id = call.text("user")
    if user_id not in channel.members:
        raise SlackError("user_not_in_channel")
    message = _posted(call, channel, ephemeral_for=user_id)
    return {"message_ts": message.ts}


async def get_permalink(call: Call) -> dict[str, Any]:
    """Give a message's address."""
    channel = call.channel(call.text("channel"))
    ts = call.text("message_ts")
    message = call.world.message(channel.id, ts)
    if message is None:
        raise SlackError("message_not_found")
    address = f"https://{call.world.team.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.thread_ts:
        address += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": address}


METHODS = {
    "chat.postMessage": Method(post_message, "chat:write"),
    "chat.update": Method(update, "chat:write"),
    "chat.delete": Method(delete, "chat:write"),
    "chat.postEphemeral": Method(post_ephemeral, "chat:write"),
    "chat.getPermalink": Method(get_permalink),
}
