"""The stand-in's state: one workspace with its people, channels, messages and open views."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox.slack.workspace.errors import SlackError
from bot.sandbox.slack.workspace.ids import Timestamps, new_hash, new_id
from bot.sandbox.slack.workspace.model import AppIdentity, Channel, Message, Notice, Team, User, UserGroup, View

_NOTICES_KEPT = 5


@dataclass
class World:
    """Everything that the workspace holds; whoever alters it calls `changed()`."""

    team: Team
    app: AppIdentity
    now: Callable[[], float] = time.time
    teams: dict[str, Team] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    usergroups: dict[str, UserGroup] = field(default_factory=dict)
    stacks: dict[str, list[View]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    notices: dict[str, list[Notice]] = field(default_factory=dict)
    revision: int = 0
    # People report that Slack leaves untouched inputs which came by views.update out of state.values
    # (bolt-python #572, bolt-js #1073): True does the same, to try an app's fallback.
    has_state_gaps: bool = False

    def __post_init__(self) -> None:
        """Start the clock of timestamps and nobody watching."""
        self.teams.setdefault(self.team.id, self.team)
        self._timestamps = Timestamps(self.now)
        self._watchers: set[asyncio.Event] = set()
        self.on_change: Callable[[], None] = lambda: None

    # Watching

    def changed(self) -> None:
        """Count a change and wake whoever watches."""
        self.revision += 1
        for watcher in self._watchers:
            watcher.set()
        self.on_change()

    def watch(self) -> asyncio.Event:
        """Give an event that is set at every change, until `unwatch`."""
        watcher = asyncio.Event()
        self._watchers.add(watcher)
        return watcher

    def unwatch(self, watcher: asyncio.Event) -> None:
        """Stop setting `watcher`."""
        self._watchers.discard(watcher)

    # People

    def user(self, user_id: str) -> User:
        """Find a user, or refuse as Slack does."""
        if user_id not in self.users:
            raise SlackError("user_not_found")
        return self.users[user_id]

    def add_user(self, user: User) -> User:
        """Let somebody in."""
        self.users[user.id] = user
        self.changed()
        return user

    def notify(self, user_id: str, text: str) -> Notice:
        """Show one of Slack's own passing messages to a person."""
        notice = Notice(new_id("N"), text)
        kept = self.notices.setdefault(user_id, [])
        kept.append(notice)
        del kept[:-_NOTICES_KEPT]
        self.changed()
        return notice

    # Channels

    def add_channel(
        self,
        name: str,
        members: Iterable[str] = (),
        *,
        kind: Literal["channel", "private", "im"] = "channel",
        channel_id: str | None = None,
        is_archived: bool = False,
        is_ext_shared: bool = False,
    ) -> Channel:
        """Open a channel with its members."""
        channel = Channel(
            id=channel_id or new_id("D" if kind == "im" else "C"),
            name=name,
            kind=kind,
            members=list(members),
            is_archived=is_archived,
            is_ext_shared=is_ext_shared,
            created=int(self.now()),
        )
        self.channels[channel.id] = channel
        self.messages.setdefault(channel.id, [])
        self.changed()
        return channel

    def direct_channel(self, one: str, other: str) -> Channel:
        """Find the direct conversation of two people, or open it."""
        pair = {one, other}
        for channel in self.channels.values():
            if channel.kind == "im" and set(channel.members) == pair:
                return channel
        return self.add_channel("", sorted(pair), kind="im")

    def channels_seen_by(self, user_id: str) -> list[Channel]:
        """List the channels that a person's client shows."""
        return [channel for channel in self.channels.values() if user_id in channel.members]

    # Messages

    def post(
        self,
        channel: Channel,
        *,
        text: str,
        user_id: str | None = None,
        by_app: bool = False,
        blocks: list[dict[str, Any]] | None = None,
        thread_ts: str | None = None,
        metadata: dict[str, Any] | None = None,
        ephemeral_for: str | None = None,
        is_broadcast: bool = False,
    ) -> Message:
        """Put a message in a channel."""
        message = Message(
            ts=self._timestamps.new(),
            channel_id=channel.id,
            user_id=self.app.bot_user_id if by_app else user_id,
            by_app=by_app,
            text=text,
            blocks=blocks or [],
            thread_ts=thread_ts,
            metadata=metadata,
            ephemeral_for=ephemeral_for,
            is_broadcast=is_broadcast,
        )
        self.messages[channel.id].append(message)
        self.changed()
        return message

    def message(self, channel_id: str, ts: str) -> Message | None:
        """Find a message that is still there."""
        for message in reversed(self.messages.get(channel_id, [])):
            if message.ts == ts and not message.deleted:
                return message
        return None

    def replies(self, message: Message) -> list[Message]:
        """List the visible replies in a message's thread."""
        return [
            reply
            for reply in self.messages[message.channel_id]
            if reply.thread_ts == message.ts and reply.ts != message.ts and not reply.ephemeral_for
        ]

    def delete_message(self, message: Message) -> None:
        """Take a message away; one with replies leaves a tombstone, as in Slack."""
        if self.replies(message):
            message.deleted = True
            message.text, message.blocks, message.metadata = "This message was deleted.", [], None
        else:
            self.messages[message.channel_id].remove(message)
        self.changed()

    # Views

    def stack(self, user_id: str) -> list[View]:
        """Give a person's open modals, the top one last."""
        return self.stacks.setdefault(user_id, [])

    def view(self, view_id: str) -> View | None:
        """Find an open modal or a home by its id."""
        for view in self._all_views():
            if view.id == view_id:
                return view
        return None

    def view_by_external_id(self, external_id: str) -> View | None:
        """Find an open modal or a home by the app's own id for it."""
        for view in self._all_views():
            if view.content.get("external_id") == external_id:
                return view
        return None

    def _all_views(self) -> Iterable[View]:
        for stack in self.stacks.values():
            yield from stack
        yield from self.homes.values()

    def new_view(self, user_id: str, content: dict[str, Any], *, previous: View | None = None) -> View:
        """Make a view that is not shown yet."""
        view_id = new_id("V")
        return View(
            id=view_id,
            user_id=user_id,
            content=content,
            hash=new_hash(self.now()),
            root_view_id=previous.root_view_id if previous else view_id,
            previous_view_id=previous.id if previous else None,
        )
