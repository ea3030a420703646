"""What is entered in the form, rebuilt wholly from what Slack sends with every interaction.

What is not an input travels in `private_metadata`: a hint, never authority.
"""

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.domain.state import Origin
from bot.slack.form import fields, schedule
from bot.slack.form.entries import Blocks, Entries, Row, Values
from bot.slack.form.option_values import Option
from bot.slack.form.schedule import SOON_AND_FOR_GOOD, Timing

MOST_ROWS = 10
FEWEST_ROWS = 2
_BEYOND_ANY_WEIGHT = 1_000_000


class Inbound(StrEnum):
    """What is to become of the inbound calls."""

    KEEP = "keep"
    ONE = "one"
    SPLIT = "split"
    NONE = "none"


class Outbound(StrEnum):
    """What is to become of the outbound calls."""

    KEEP = "keep"
    ONE = "one"
    NONE = "none"


class Webhook(StrEnum):
    """What is to become of the inbound webhook."""

    KEEP = "keep"
    SET = "set"
    REMOVE = "remove"


class TimeRouting(StrEnum):
    """What is to become of time routing."""

    KEEP = "keep"
    ON = "on"
    OFF = "off"


class Exact(BaseModel):
    """The weight of a row that was filled from a split which is no whole percent; `agent` is the option's value."""

    model_config = ConfigDict(frozen=True)
    weight: str
    agent: str


# A choice of another release is told as such, like its meta data.
_INBOUND, _OUTBOUND = TypeAdapter(Inbound), TypeAdapter(Outbound)
_WEBHOOK, _TIME_ROUTING = TypeAdapter(Webhook), TypeAdapter(TimeRouting)


class Meta(BaseModel):
    """What travels in `private_metadata`.

    `sequence` counts the views that were made for this form. `number_at` and `inbound_at` are parts of block ids:
    another one resets the field. `is_answered` says that a read for the chosen number has ended, `problem` how it
    failed. `asked` is the change that this form gave already and that can be withdrawn, `said` a sentence until the
    next choice. `edits` is the change that is edited, `revision` the one of it that the form was filled with.
    `is_several` says that more numbers can be entered. `workspace` is the one of UponAI that the form was opened for,
    `team_id` whose changes it warns of, `zone` the time zone of whoever fills it in; `is_of_home` says
    that it was opened in the Home tab.
    """

    model_config = ConfigDict(frozen=True)
    channel_id: str
    submission_key: str
    sequence: int = 0
    rows: tuple[str, ...] = ()
    next_row: int = 1
    number_at: int = 1
    inbound_at: int = 1
    is_answered: bool = False
    problem: str | None = None
    exact: dict[str, Exact] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    asked: int | None = None
    said: str | None = None
    origin: Origin | None = None
    parent_id: int | None = None
    edits: int | None = None
    revision: int = 1
    is_several: bool = False
    is_of_home: bool = False
    workspace: str | None = None
    team_id: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormState:
    """Everything that is entered, with the meta data that travels along.

    `focus` is the block that gets the focus in the next view alone.
    """

    meta: Meta
    number: Option | None = None
    more_numbers: str = ""
    inbound: Inbound = Inbound.KEEP
    rows: tuple[Row, ...] = ()
    outbound: Outbound = Outbound.KEEP
    outbound_agent: Option | None = None
    outbound_version: Option | None = None
    webhook: Webhook = Webhook.KEEP
    webhook_url: str = ""
    time_routing: TimeRouting = TimeRouting.KEEP
    timing: Timing = SOON_AND_FOR_GOOD
    reason: str = ""
    focus: str | None = None

    @classmethod
    def read(cls, private_metadata: str, blocks: Blocks, values: Values) -> Self:
        """Rebuild the state of a view. Raises pydantic's ValidationError for what no release has made."""
        meta = Meta.model_validate_json(private_metadata)
        entries = Entries(blocks, values)
        outbound_agent = entries.option(fields.OUTBOUND_AGENT)
        return cls(
            meta=meta,
            number=entries.option(fields.number_block(meta.number_at)),
            more_numbers=entries.text(fields.MORE_NUMBERS) if meta.is_several else "",
            inbound=_INBOUND.validate_python(entries.choice(fields.inbound_block(meta.inbound_at))),
            rows=tuple(entries.row(row_id) for row_id in meta.rows),
            outbound=_OUTBOUND.validate_python(entries.choice(fields.OUTBOUND)),
            outbound_agent=outbound_agent,
            outbound_version=entries.option(fields.outbound_version_block(outbound_agent)),
            webhook=_WEBHOOK.validate_python(entries.choice(fields.WEBHOOK)),
            webhook_url=entries.text(fields.WEBHOOK_URL),
            time_routing=_TIME_ROUTING.validate_python(entries.choice(fields.TIME_ROUTING)),
            timing=schedule.read(entries),
            reason=entries.text(fields.REASON),
        )

    def with_meta(self, **changes: Any) -> Self:
        """Return the same entries with other meta data."""
        return replace(self, meta=self.meta.model_copy(update=changes))


def percent_of(text: str) -> Decimal | None:
    """Read a weight as it was typed; None for what is no number, or far beyond any weight."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < _BEYOND_ANY_WEIGHT else None
