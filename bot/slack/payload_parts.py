"""What Slack's payloads are made of, as much of it as the bot reads: people, places, views, uses of elements.

What names a change or a channel here is a hint: what may be done about it is decided by the stored change.
"""

from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from bot.domain.errors import UnknownChange
from bot.domain.label import parse_label

# What a form that was opened from the Home tab carries behind the name of its change.
FROM_HOME = " home"

# Eighteen digits always fit into 64 bits.
LONGEST_COUNT = 18

Id = Annotated[str, StringConstraints(min_length=1)]


class Model(BaseModel):
    """A part of a payload: unknown keys are ignored, missing ones raise."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Place(NamedTuple):
    """Where an answer to one person alone is read; `response_url` reaches them where the bot cannot post."""

    channel_id: str
    user_id: str
    thread_ts: str | None = None
    response_url: str | None = None


class Named(Model):
    """A workspace or a conversation."""

    id: str


class User(Model):
    """A person; `team_id` is their own workspace, which differs from the app's in a shared channel."""

    id: Id
    team_id: str | None = None


class Position(Model):
    """Where a message stands; of an ephemeral one Slack tells this of its container alone."""

    channel_id: str | None = None
    ts: str | None = Field(None, validation_alias=AliasChoices("ts", "message_ts"))
    thread_ts: str | None = None


class Action(Model):
    """One use of one element."""

    action_id: str
    block_id: str = ""
    type: str = ""
    value: str | None = None
    selected_conversation: str | None = None

    @property
    def change_id(self) -> int:
        """The change that this is about. Raises ValueError when it names none.

        A button's value names it; a select has none, its block is named after the change.
        """
        return _read_label(self.value or self.block_id.partition(":")[2])

    @property
    def numbered(self) -> int:
        """The number that a button's value is. Raises ValueError when it is none, or none that a database counts to."""
        return _read_count(self.value or "")


class _Words(Model):
    text: str | None = None


class _Option(Model):
    value: str | None = None
    text: _Words | None = None
    description: _Words | None = None


class _Entered(Model):
    """What the form reads of an element: what was entered, or what stood there before."""

    value: str | None = None
    initial_value: str | None = None
    selected_option: _Option | None = None
    initial_option: _Option | None = None


_ENTERED = TypeAdapter(_Entered)


def _readable(element: dict[str, Any]) -> dict[str, Any]:
    """Refuse an element of a form whose parts are of other types than Slack's; it stays as it came."""
    _ENTERED.validate_python(element)
    return element


def _readable_block(block: dict[str, Any]) -> dict[str, Any]:
    if block.get("type") == "input":
        if not isinstance(element := block.get("element"), dict):
            raise ValueError("an input without an element")
        _readable(element)
    return block


class ViewState(Model):
    """What is entered in a view: block id, action id, the element's state."""

    values: dict[str, dict[str, Annotated[dict[str, Any], AfterValidator(_readable)]]] = Field(default_factory=dict)


class View(Model):
    """A view as the person has it before them."""

    id: Id
    type: str = ""
    hash: str = ""
    callback_id: str = ""
    private_metadata: str = ""
    blocks: list[Annotated[dict[str, Any], AfterValidator(_readable_block)]] = Field(default_factory=list)
    state: ViewState = Field(default_factory=ViewState)

    @property
    def opened_in(self) -> str | None:
        """The channel where this form was opened; None when no release can have made this form.

        Whether this release can read the rest of it is said to the person.
        """
        try:
            return _FormMeta.model_validate_json(self.private_metadata).channel_id
        except ValidationError:
            return None

    @property
    def change_id(self) -> int:
        """The change that this view is about. Raises ValueError when it names none."""
        return _read_label(self.private_metadata.removesuffix(FROM_HOME))

    @property
    def change_id_and_revision(self) -> tuple[int, int]:
        """The change that this view is about, and the revision of it. Raises ValueError when it names none."""
        label, _, revision = self.private_metadata.partition("/")
        return _read_label(label), _read_count(revision)

    @property
    def is_of_home(self) -> bool:
        """Say whether this is somebody's Home tab, or was opened there."""
        return self.type == "home" or self.private_metadata.endswith(FROM_HOME)


class _FormMeta(Model):
    channel_id: str
    submission_key: str


def _read_count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_COUNT):
        raise ValueError("no number that was counted")
    return int(text)


def _read_label(text: str) -> int:
    try:
        return parse_label(text)
    except UnknownChange as exc:
        raise ValueError(str(exc)) from exc
