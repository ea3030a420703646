"""What one person sees, as the browser page is told."""

from collections import Counter
from typing import Any

from bot.sandbox.slack.workspace.errors import CannotDo
from bot.sandbox.slack.workspace.model import Channel, Message, User, View
from bot.sandbox.slack.workspace.world import World


def state_for(world: World, user_id: str) -> dict[str, Any]:
    """Give everything that this person's client shows."""
    if user_id not in world.users:
        raise CannotDo("There is no such person here.")
    channels = world.channels_seen_by(user_id)
    # Counted once for all: looking for each message's replies anew would cost the square of their number.
    replies = Counter(
        message.thread_ts
        for channel in channels
        for message in world.messages[channel.id]
        if message.thread_ts not in (None, message.ts) and not message.ephemeral_for
    )
    home = world.homes.get(user_id)
    return {
        "team": {"id": world.team.id, "name": world.team.name},
        "me": user_id,
        "people": [_person(user) for user in world.users.values()],
        "usergroups": {group.id: group.handle for group in world.usergroups.values()},
        "channels": [_channel(world, channel, user_id) for channel in channels],
        "messages": {
            channel.id: [
                _message(world, message, replies[message.ts])
                for message in world.messages[channel.id]
                if message.ephemeral_for in (None, user_id)
            ]
            for channel in channels
        },
        "views": [_view(view) for view in world.stack(user_id)],
        "home": home and {"id": home.id, "hash": home.hash, "blocks": home.content["blocks"]},
        "commands": [vars(command) for command in world.app.commands],
        "notices": [vars(notice) for notice in world.notices.get(user_id, [])],
        "revision": world.revision,
    }


def _person(user: User) -> dict[str, Any]:
    kind = "member"
    if user.is_bot:
        kind = "bot"
    elif user.is_stranger:
        kind = "external"
    elif user.is_restricted or user.is_ultra_restricted:
        kind = "guest"
    elif user.is_admin:
        kind = "admin"
    return {
        "id": user.id,
        "name": user.name,
        "real_name": user.real_name,
        "title": user.title,
        "color": user.color,
        "initials": "".join(word[0] for word in user.real_name.split()[:2]).upper(),
        "kind": kind,
        "deleted": user.deleted,
    }


def _channel(world: World, channel: Channel, user_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "is_archived": channel.is_archived,
        "members": channel.members,
        "bot_is_member": world.app.bot_user_id in channel.members,
    }
    if channel.kind == "im":
        peer = next((member for member in channel.members if member != user_id), user_id)
        is_app = peer == world.app.bot_user_id
        shown.update(peer=peer, kind="app" if is_app else "im", name=world.users[peer].real_name)
        shown["is_read_only"] = is_app and world.app.is_messages_tab_read_only
    return shown


def _message(world: World, message: Message, reply_count: int) -> dict[str, Any]:
    return {
        "ts": message.ts,
        "user": message.user_id,
        "bot": {"name": world.app.name} if message.by_app else None,
        "text": message.text,
        "blocks": message.blocks,
        "thread_ts": message.thread_ts,
        "broadcast": message.is_broadcast,
        "reply_count": reply_count,
        "edited": message.edited_ts is not None,
        "ephemeral": message.ephemeral_for is not None,
        "deleted": message.deleted,
    }


def _view(view: View) -> dict[str, Any]:
    content = view.content
    return {
        "id": view.id,
        "hash": view.hash,
        "type": content["type"],
        "title": content.get("title"),
        "submit": content.get("submit"),
        "close": content.get("close"),
        "blocks": content["blocks"],
        "callback_id": content.get("callback_id", ""),
        "values": view.values,
        "errors": view.errors,
        "notice": view.notice,
    }
