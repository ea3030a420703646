"""What Slack sends, typed: as much of it as the bot reads. Unknown keys are ignored, missing ones raise."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bot.service.context import Actor


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Command(_Payload):
    """A slash command as its form fields."""

    command: str
    team_id: str
    user_id: str
    channel_id: str
    trigger_id: str
    text: str = ""
    response_url: str | None = None

    @property
    def actor(self) -> Actor:
        """Who typed it."""
        return Actor(self.team_id, self.user_id, "slack:command")


class Team(_Payload):
    """A workspace."""

    id: str


class User(_Payload):
    """A person; `team_id` is their own workspace, which differs from the app's in a shared channel."""

    id: str
    team_id: str | None = None


class ViewState(_Payload):
    """What is entered in a view: block id, action id, the element's state."""

    values: dict[str, dict[str, dict[str, Any]]] = Field(default_factory=dict)


class View(_Payload):
    """A view as the person has it before them."""

    id: str = Field(min_length=1)
    hash: str = ""
    callback_id: str = ""
    private_metadata: str = ""
    blocks: list[dict[str, Any]] = Field(default_factory=list)
    state: ViewState = Field(default_factory=ViewState)


class Action(_Payload):
    """One use of one element."""

    action_id: str
    block_id: str = ""
    type: str = ""
    value: str | None = None
    selected_conversation: str | None = None


class Channel(_Payload):
    """A conversation."""

    id: str


class Container(_Payload):
    """Where a block stands, and the message's own part of that."""

    channel_id: str | None = None
    thread_ts: str | None = None


class Interaction(_Payload):
    """A press of a button, a choice in a modal, or its submission."""

    type: str
    user: User
    team: Team | None = None
    view: View | None = None
    actions: tuple[Action, ...] = ()
    channel: Channel | None = None
    container: Container | None = None
    message: Container | None = None
    trigger_id: str = ""
    response_url: str | None = None

    def actor(self, origin: str) -> Actor:
        """Say who did it; nobody without a team is anybody."""
        return Actor(self.user.team_id or (self.team.id if self.team else ""), self.user.id, origin)


class Suggestion(_Payload):
    """A type-ahead that wants options."""

    action_id: str
    block_id: str
    value: str = ""
