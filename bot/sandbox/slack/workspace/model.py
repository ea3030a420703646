"""The things of a workspace, as plain records."""

from dataclasses import dataclass, field
from typing import Any, Literal

DEFAULT_SCOPES = (
    "commands",
    "chat:write",
    "users:read",
    "usergroups:read",
    "im:write",
    "channels:read",
    "groups:read",
    "channels:history",
    "groups:history",
)


@dataclass
class Team:
    """A workspace."""

    id: str
    name: str
    domain: str


@dataclass
class Command:
    """A slash command as the app's configuration declares it."""

    command: str
    description: str = ""
    usage_hint: str = ""


@dataclass
class AppIdentity:
    """The installed app: its ids, its bot and what it may do."""

    app_id: str
    bot_id: str
    bot_user_id: str
    name: str
    commands: list[Command] = field(default_factory=list)
    scopes: list[str] = field(default_factory=lambda: list(DEFAULT_SCOPES))
    events: list[str] = field(default_factory=lambda: ["app_home_opened"])
    is_messages_tab_read_only: bool = True


@dataclass
class User:
    """Somebody in the workspace, or somebody of another one in a shared channel."""

    id: str
    team_id: str
    name: str
    real_name: str
    title: str = ""
    color: str = "4a154b"
    tz: str = "Europe/Berlin"
    tz_offset: int = 3600
    is_admin: bool = False
    is_owner: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    deleted: bool = False


@dataclass
class Channel:
    """A conversation; `im` is a direct one between two."""

    id: str
    name: str
    kind: Literal["channel", "private", "im"]
    members: list[str]
    is_archived: bool = False
    is_ext_shared: bool = False
    created: int = 0


@dataclass
class Message:
    """One message; `ephemeral_for` is the only person who sees it."""

    ts: str
    channel_id: str
    user_id: str | None
    by_app: bool
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str | None = None
    metadata: dict[str, Any] | None = None
    ephemeral_for: str | None = None
    edited_ts: str | None = None
    deleted: bool = False
    # A reply that is shown in the channel as well.
    is_broadcast: bool = False
    entries: dict[str, dict[str, dict[str, dict[str, Any]]]] = field(default_factory=dict)
    former_blocks: list[list[dict[str, Any]]] = field(default_factory=list)

    def replace_blocks(self, blocks: list[dict[str, Any]]) -> None:
        """Take new blocks, and keep the former: somebody may press what they saw a moment ago."""
        self.former_blocks = [self.blocks, *self.former_blocks][:5]
        self.blocks = blocks


@dataclass
class View:
    """A modal or a home as one person has it before them, with what they entered."""

    id: str
    user_id: str
    content: dict[str, Any]
    hash: str
    root_view_id: str
    previous_view_id: str | None = None
    values: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    notice: str | None = None
    offered: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # Inputs that came by an update and that nobody touched since.
    untouched: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class UserGroup:
    """A named group of people."""

    id: str
    handle: str
    name: str
    users: list[str] = field(default_factory=list)


@dataclass
class Notice:
    """One of Slack's own passing messages."""

    id: str
    text: str
