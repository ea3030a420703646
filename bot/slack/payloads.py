"""What Slack sends, parsed once into one of these kinds. Each says who did it, and where an answer to them is read."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Discriminator, Field, Tag, model_validator

from bot.service.context import Actor
from bot.slack.payload_parts import Action, Id, Model, Named, Place, Position, User, View

HOME_OPENED = "app_home_opened"


class Command(Model):
    """A slash command as its form fields."""

    kind: ClassVar[str] = "command"
    command: str
    team_id: Id
    user_id: Id
    channel_id: Id
    trigger_id: Id
    text: str = ""
    response_url: str | None = None

    @property
    def actor(self) -> Actor:
        """Who typed it."""
        return Actor(self.team_id, self.user_id, "slack:command")

    @property
    def place(self) -> Place:
        """Where it was typed."""
        return Place(self.channel_id, self.user_id, response_url=self.response_url)


class _Act(Model):
    """What somebody does with something that they see in Slack."""

    kind: ClassVar[str]
    user: User
    team: Named | None = None

    @property
    def origin(self) -> str:
        """From where they do it, as the record names it."""
        return "slack:modal"

    @property
    def actor(self) -> Actor:
        """Who did it."""
        return Actor(self.user.team_id or (self.team.id if self.team else ""), self.user.id, self.origin)

    @property
    def place(self) -> Place | None:
        """Where an answer to them alone is read; None when no channel is known."""
        return None


class _Interaction(_Act):
    """An act that somebody waits for an answer to."""

    view: View | None = None
    channel: Named | None = None
    container: Position | None = None
    message: Position | None = None
    trigger_id: str = ""
    response_url: str | None = None

    @property
    def place(self) -> Place | None:
        """Where an answer to them alone is read; None when no channel is known.

        A message that has replies names itself as its thread: who pressed there looks at the channel.
        """
        message, container = self.message or Position(), self.container or Position()
        channel_id = (self.channel.id if self.channel else "") or container.channel_id
        channel_id = channel_id or (self.view.opened_in if self.view else None)
        if not channel_id:
            return None
        thread_ts = message.thread_ts or container.thread_ts
        is_root = thread_ts == (message.ts or container.ts)
        return Place(channel_id, self.user.id, None if is_root else thread_ts, self.response_url)

    @model_validator(mode="after")
    def _is_by_somebody(self) -> Self:
        if not self.actor.team_id:
            raise ValueError("somebody without a team is anybody")
        return self


class BlockActions(_Interaction):
    """A press of a button in a message, or a choice in a view."""

    kind: ClassVar[str] = "block_actions"
    actions: Annotated[tuple[Action, ...], Field(min_length=1)]

    @property
    def origin(self) -> str:
        """From where they do it, as the record names it."""
        if self.view is None:
            return "slack:button"
        return "slack:home" if self.view.is_of_home else "slack:modal"

    @property
    def is_at_home(self) -> bool:
        """Say whether it was pressed in somebody's Home tab."""
        return self.view is not None and self.view.is_of_home

    @property
    def action(self) -> Action:
        """The first action, by which Bolt chooses the listener."""
        return self.actions[0]


class ViewSubmission(_Interaction):
    """A form that was sent."""

    kind: ClassVar[str] = "view_submission"
    view: View


class ViewClosed(_Act):
    """A form that was closed."""

    kind: ClassVar[str] = "view_closed"
    view: dict[str, Any]


class BlockSuggestion(_Act):
    """A type-ahead that wants options."""

    kind: ClassVar[str] = "block_suggestion"
    action_id: str
    block_id: str
    value: str = ""
    view: View | None = None


class Shortcut(_Act):
    """A shortcut of Slack's own menu: the bot has none."""

    kind: ClassVar[str] = "shortcut"


class MessageAction(Shortcut):
    """A shortcut of a message's menu: the bot has none."""

    kind: ClassVar[str] = "message_action"


class Happening(Model):
    """What an event tells of; of one that the bot does not know, the type alone counts."""

    type: str
    user: Any = None
    tab: Any = None

    @model_validator(mode="after")
    def _is_by_somebody(self) -> Self:
        if self.type == HOME_OPENED and not isinstance(self.user, str):
            raise ValueError("the tab of nobody")
        return self


class Event(Model):
    """Something that happened in the workspace."""

    kind: ClassVar[str] = "event_callback"
    team_id: str | None = None
    event: Happening

    @property
    def actor(self) -> Actor:
        """Whose tab was opened."""
        return Actor(self.team_id or "", str(self.event.user or ""), "slack:home")

    @property
    def place(self) -> None:
        """An event waits for no answer."""
        return


def _kind_of(body: Mapping[str, Any]) -> str | None:
    """Name the kind of a body: a command is told by what it has, the others say it themselves."""
    kind = "command" if "command" in body else body.get("type")
    return kind if isinstance(kind, str) else None


Payload = Annotated[
    Annotated[Command, Tag("command")]
    | Annotated[BlockActions, Tag("block_actions")]
    | Annotated[ViewSubmission, Tag("view_submission")]
    | Annotated[ViewClosed, Tag("view_closed")]
    | Annotated[BlockSuggestion, Tag("block_suggestion")]
    | Annotated[Shortcut, Tag("shortcut")]
    | Annotated[MessageAction, Tag("message_action")]
    | Annotated[Event, Tag("event_callback")],
    Discriminator(_kind_of),
]
