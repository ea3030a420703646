"""What reviewers say about a change, and what all of it together can come to; `rules` says how it is counted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What a reviewer says."""

    APPROVE = "approve"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Review:
    """One decision of one reviewer about one revision of a change.

    `rules` names the rules that it was given for; `lost` those of them that its reviewer may no longer count for.
    """

    reviewer_id: str
    verdict: Verdict
    revision: int
    at: datetime
    reason: str | None = None
    withdrawn_at: datetime | None = None
    rules: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


class Decision(StrEnum):
    """What all reviews together come to."""

    UNDECIDED = "undecided"
    APPROVED = "approved"
    DENIED = "denied"
