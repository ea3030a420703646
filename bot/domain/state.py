"""The states of a change, and the steps between them."""

from enum import StrEnum


class State(StrEnum):
    """Where a change stands; the words of the card, the database and the record alike."""

    PENDING = "pending"
    APPROVED = "approved"
    APPLYING = "applying"
    APPLIED = "applied"
    DENIED = "denied"
    CANCELED = "canceled"
    EXPIRED = "expired"
    STALE = "stale"
    FAILED = "failed"
    UNCLEAR = "unclear"
    RESOLVED = "resolved"

    @property
    def is_final(self) -> bool:
        """Say whether nothing follows this state."""
        return not TRANSITIONS[self]

    @property
    def is_open(self) -> bool:
        """Say whether the change can still reach UponAI by itself: asked or approved, and nothing sent."""
        return self in (State.PENDING, State.APPROVED)


# `pending` can go `stale` because another change of the same number and field was applied meanwhile: the reviewers
# would decide about a "before" that is gone.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.APPROVED, State.DENIED, State.CANCELED, State.EXPIRED, State.STALE}),
    State.APPROVED: frozenset({State.APPLYING, State.CANCELED, State.STALE, State.EXPIRED}),
    State.APPLYING: frozenset({State.APPLIED, State.FAILED, State.STALE, State.UNCLEAR, State.APPROVED}),
    State.UNCLEAR: frozenset({State.APPLIED, State.STALE, State.RESOLVED, State.EXPIRED, State.APPLYING}),
    State.APPLIED: frozenset(),
    State.DENIED: frozenset(),
    State.CANCELED: frozenset(),
    State.EXPIRED: frozenset(),
    State.STALE: frozenset(),
    State.FAILED: frozenset(),
    State.RESOLVED: frozenset(),
}


# It is over, and nothing of it is live.
WITHOUT_EFFECT = frozenset({State.DENIED, State.CANCELED, State.EXPIRED, State.STALE, State.FAILED})


class WaitCause(StrEnum):
    """Why an approved change waits for UponAI: the kind of trouble, whatever the words for it."""

    UNAVAILABLE = "unavailable"
    UNAUTHORIZED = "unauthorized"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


class FollowUp(StrEnum):
    """What a person asked the worker to do about an `unclear` change."""

    TRY_AGAIN = "try_again"
    RESOLVE = "resolve"


class Origin(StrEnum):
    """Why a change was asked with another one as its parent."""

    REVERT = "revert"
    TRY_AGAIN = "try_again"
    PUT_BACK = "put_back"
