"""What has happened since a change ended: it decides which buttons below its end can still do something."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.label import format_label
from bot.domain.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What became of a message about a change's end.

    `asked_again_by` asked for the same values once more, as `asked_again_as`; `reverted_by` put the former values back
    and was applied. `put_back_state` is where the planned put-back stands, `put_back_from` from when on it is sent.
    `is_overtaken` says that a later message of the same kind took the place of this one. `reviewed_by` reviewed the
    override; `is_void` says that the override came to nothing.
    """

    asked_again_as: str | None = None
    asked_again_by: str | None = None
    reverted_by: str | None = None
    put_back_state: State | None = None
    put_back_from: datetime | None = None
    is_overtaken: bool = False
    reviewed_by: str | None = None
    is_void: bool = False


NOTHING_SINCE = Since()


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBackSince:
    """Where the put-back of one of several changes stands: who decided about it last, and what went wrong with it."""

    id: int
    state: State
    sent_from: datetime
    decided_by: str | None = None
    problem: str | None = None

    @property
    def label(self) -> str:
        """The name that people use."""
        return format_label(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleSince:
    """What became of a message about several numbers, by change.

    `reverted` names what put its former values back, `put_backs` are those that were planned together.
    """

    asked_again_as: str | None = None
    asked_again_by: str | None = None
    reverted: Mapping[int, str] = field(default_factory=dict)
    put_backs: Mapping[int, PutBackSince] = field(default_factory=dict)


NOTHING_SINCE_ALL = BundleSince()
