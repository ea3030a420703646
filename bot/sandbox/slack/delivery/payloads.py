"""The JSON in which Slack shows its things to apps: users, channels, messages, views, interactions."""

from typing import Any

from bot.sandbox.slack.workspace.model import Channel, Message, User, View
from bot.sandbox.slack.workspace.world import World

VERIFICATION_TOKEN = "verification-token"  # noqa: S105  Slack's deprecated field, no secret.


def user_json(user: User) -> dict[str, Any]:
    """Show a user as users.info does."""
    shown: dict[str, Any] = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "color": user.color,
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": user.tz_offset,
        "profile": {
            "title": user.title,
            "real_name": user.real_name,
            "real_name_normalized": user.real_name,
            "display_name": user.real_name,
            "display_name_normalized": user.real_name,
            "team": user.team_id,
        },
        "is_admin": user.is_admin,
        "is_owner": user.is_owner,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 1700000000,
    }
    if user.is_stranger:
        shown["is_stranger"] = True
    return shown


def channel_json(world: World, channel: Channel) -> dict[str, Any]:
    """Show a conversation as conversations.info does to the bot."""
    is_im = channel.kind == "im"
    shown: dict[str, Any] = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": is_im,
        "is_mpim": False,
        "is_org_shared": False,
        "context_team_id": world.team.id,
    }
    if is_im:
        peers = [member for member in channel.members if member != world.app.bot_user_id]
        return {**shown, "user": peers[0] if peers else world.app.bot_user_id, "is_open": True}
    return {
        **shown,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "private",
        "is_private": channel.kind == "private",
        "is_general": False,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_member": world.app.bot_user_id in channel.members,
        "num_members": len(channel.members),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def message_json(world: World, message: Message, *, with_metadata: bool = True) -> dict[str, Any]:
    """Show a message as history, answers and interactions do."""
    shown: dict[str, Any] = {
        "type": "message",
        "user": message.user_id,
        "text": message.text,
        "ts": message.ts,
        "team": world.team.id,
    }
    if message.deleted:
        shown.update(subtype="tombstone", hidden=True, user="USLACKBOT")
    if message.by_app:
        shown.update(
            bot_id=world.app.bot_id,
            app_id=world.app.app_id,
            bot_profile={
                "id": world.app.bot_id,
                "app_id": world.app.app_id,
                "name": world.app.name,
                "deleted": False,
                "team_id": world.team.id,
            },
        )
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.is_broadcast:
        shown["subtype"] = "thread_broadcast"
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if message.edited_ts:
        shown["edited"] = {"user": message.user_id, "ts": message.edited_ts}
    if message.metadata and with_metadata:
        shown["metadata"] = message.metadata
    if not message.ephemeral_for:
        replies = world.replies(message)
        if replies:
            shown.update(thread_ts=message.ts, reply_count=len(replies), latest_reply=replies[-1].ts)
    return shown


def _values(world: World, view: View) -> dict[str, Any]:
    if not world.has_state_gaps:
        return view.values
    values: dict[str, Any] = {}
    for block_id, states in view.values.items():
        told = {name: state for name, state in states.items() if (block_id, name) not in view.untouched}
        if told:
            values[block_id] = told
    return values


def view_json(world: World, view: View) -> dict[str, Any]:
    """Show a view as answers and interactions do."""
    content = view.content
    return {
        "id": view.id,
        "team_id": world.team.id,
        "type": content["type"],
        "blocks": content["blocks"],
        "private_metadata": content.get("private_metadata", ""),
        "callback_id": content.get("callback_id", ""),
        "state": {"values": _values(world, view)},
        "hash": view.hash,
        "title": content.get("title"),
        "clear_on_close": content.get("clear_on_close", False),
        "notify_on_close": content.get("notify_on_close", False),
        "close": content.get("close"),
        "submit": content.get("submit"),
        "previous_view_id": view.previous_view_id,
        "root_view_id": view.root_view_id,
        "app_id": world.app.app_id,
        "external_id": content.get("external_id", ""),
        "app_installed_team_id": world.team.id,
        "bot_id": world.app.bot_id,
    }


def interaction(world: World, kind: str, user: User, **rest: Any) -> dict[str, Any]:
    """Give what all interactions share, and `rest`.

    `team` is the acting person's own workspace, which differs from the app's in a shared channel.
    """
    team = world.teams.get(user.team_id, world.team)
    return {
        "type": kind,
        "team": {"id": team.id, "domain": team.domain},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": world.app.app_id,
        "token": VERIFICATION_TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
        **rest,
    }


def app_home_opened(world: World, user: User, event_ts: str) -> dict[str, Any]:
    """Give the event of a person who opens the app's home."""
    channel = world.direct_channel(user.id, world.app.bot_user_id)
    event: dict[str, Any] = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": channel.id,
        "tab": "home",
        "event_ts": event_ts,
    }
    if user.id in world.homes:
        event["view"] = view_json(world, world.homes[user.id])
    authorization = {
        "enterprise_id": None,
        "team_id": world.team.id,
        "user_id": world.app.bot_user_id,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": world.team.id,
        "api_app_id": world.app.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{event_ts.replace('.', '')}",
        "event_time": int(world.now()),
        "authorizations": [authorization],
    }
