"""What is told in threads, in channels and in direct messages: one name for each fact, and what is recorded with it.

Both wait in the outbox until they are told: names and keys stay, and what an older release left out has a default.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

from bot.domain.assignment import Assignment
from bot.domain.state import FollowUp, State


class Fact(StrEnum):
    """One kind of fact."""

    # In the card's thread.
    CALLED = "called"
    APPROVED = "approved"
    REVIEWED = "reviewed"
    BLOCKED = "blocked"
    TAKEN_BACK = "taken_back"
    EDITED = "edited"
    OVERRIDDEN = "overridden"
    OVERRIDE_UNREVIEWED = "override_unreviewed"
    OVERRIDE_REVIEWED = "override_reviewed"
    DENIED = "denied"
    CANCELED = "canceled"
    EXPIRED = "expired"
    APPLIED = "applied"
    FAILED = "failed"
    STALE = "stale"
    UNCLEAR = "unclear"
    RESOLVED = "resolved"
    ANSWER_LOST = "answer_lost"
    WAITING = "waiting"
    ASKED_TRY_AGAIN = "asked_try_again"
    ASKED_RESOLVE = "asked_resolve"
    FOLLOW_UP_WAITING = "errand_waiting"
    PUT_BACK = "put_back"
    PUT_BACK_NOW = "put_back_now"
    PUT_BACK_ENDED = "put_back_ended"
    # Of several numbers at once: what became of each, and which were not asked for.
    RESULTS = "results"
    LEFT_OUT = "left_out"

    # To one person.
    CANNOT_POST = "cannot_post"
    OVERRIDDEN_FOR_YOU = "overridden_for_you"

    # In a channel.
    PAUSED = "paused"
    RESUMED = "resumed"
    OVERRIDDEN_HERE = "overridden_here"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - the name of a fact

    @classmethod
    def of_state(cls, state: State) -> "Fact":
        """Return what is told of a change that comes to this state; `pending` after a review is `reviewed`."""
        return cls.REVIEWED if state is State.PENDING else cls(state.value)

    @classmethod
    def of_follow_up(cls, follow_up: FollowUp) -> "Fact":
        """Return what is told of somebody asking for this."""
        return cls(f"asked_{follow_up}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is recorded with a fact."""

    def to_json(self) -> dict[str, Any]:
        """Return it for the outbox."""
        return asdict(self)

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> Self:
        """Read it from a message's payload, which holds more than this."""
        return cls(**{each.name: payload[each.name] for each in fields(cls) if each.name in payload})


def _without_none(told: Told, *names: str) -> dict[str, Any]:
    """Leave out keys that older releases do not write, where they say nothing."""
    return {key: value for key, value in asdict(told).items() if value is not None or key not in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class By(Told):
    """Who did it."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Called(Told):
    """Whom a change calls to decide: ids of people, user groups and channels; how many `others` were asked with it."""

    ids: list[str] = field(default_factory=list)
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(By):
    """Who decided, why, and what keeps an approved change from being sent at once."""

    reason: str | None = None
    paused_by: str | None = None
    paused_at: str | None = None
    paused_why: str | None = None
    elsewhere: str | None = None
    # From when it is sent, where that is later, and whether it is its rules that make it wait so long.
    sent_from: str | None = None
    is_closed: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it for the outbox."""
        return _without_none(self, "paused_at", "paused_why", "sent_from", "is_closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack(By):
    """Who took back what they had decided."""

    verdict: str = "approve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited(By):
    """Who edited it, into which revision, what that changed, and whose reviews count no longer."""

    revision: int = 2
    changed: list[str] = field(default_factory=list)
    void: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden(Decided):
    """Who overrode, why, and what keeps it from being sent at once; `others` counts the changes overridden with it."""

    others: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return it for the outbox."""
        return {**Decided.to_json(self), "others": self.others}


@dataclass(frozen=True, slots=True, kw_only=True)
class OverriddenHere(By):
    """Who overrode which change, for a channel: what is told there is read from this alone."""

    change: str
    requester: str
    number: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreviewed(By):
    """Whose override nobody has reviewed yet, since when, and why it was made."""

    since: str
    reason: str
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideReviewed(By):
    """Who reviewed an override, and whose it was."""

    overridden_by: str
    others: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut(By):
    """Who asked, and for which numbers nothing would have changed."""

    numbers: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending(By):
    """Who stopped or restarted sending, why, and which approved changes that holds or lets go: how many, the first."""

    reason: str | None = None
    count: int | None = None
    changes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(Told):
    """What went wrong, in the words of others; `approved_by` where the approval is told together with its result."""

    problem: str | None = None
    approved_by: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it for the outbox."""
        return _without_none(self, "approved_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotPost(Problem):
    """Which channel takes no card; `problem` is Slack's code."""

    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBackPlanned(Told):
    """Which change puts this one back, from when on, and who wants it earlier than was planned.

    Of several at once `change` names all, and `count` says how many.
    """

    change: str
    sent_from: str
    by: str | None = None
    count: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it for the outbox."""
        return _without_none(self, "count")


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBackEnded(Told):
    """How the change ended that was to put this one back: who called it off, or what went wrong.

    Of several at once `change` names all, and `parents` those that they were to put back.
    """

    change: str
    state: str
    by: str | None = None
    problem: str | None = None
    parents: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it for the outbox."""
        return _without_none(self, "parents")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired(Told):
    """Where the change stood when its time was over, None when a person had sent the worker to look."""

    was: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it for the outbox."""
        return {} if self.was is None else {"was": self.was}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(Problem):
    """How an attempt ended: what is live, with the names that the reviewers had not seen, and who wanted the look."""

    by: str | None = None
    live: Assignment | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it for the outbox."""
        told = {"by": self.by, "problem": self.problem, "live": None if self.live is None else self.live.to_json()}
        told |= {} if self.approved_by is None else {"approved_by": self.approved_by}
        return {**told, "names": dict(self.names)} if self.names else told

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> "Finished":
        """Read it from a message's payload."""
        live = payload.get("live")
        return cls(
            by=payload.get("by"),
            problem=payload.get("problem"),
            approved_by=payload.get("approved_by"),
            live=None if live is None else Assignment.from_json(live),
            names=payload.get("names", {}),
        )
