"""Who may decide about a change, and how many must: a value that is copied onto the change when it is asked.

Later edits of the policy cannot move open changes. Today there is one policy: one approval by another full member.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class Verdict(StrEnum):
    """What a reviewer says."""

    APPROVE = "approve"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Review:
    """One decision of one reviewer about one revision of a change."""

    reviewer_id: str
    verdict: Verdict
    revision: int
    at: datetime
    reason: str | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """How a change is decided. `quorum` counts distinct approvals, the requester excluded."""

    quorum: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return this policy as JSON values, for storing."""
        return {"quorum": self.quorum}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(quorum=value["quorum"])


class Decision(StrEnum):
    """What all reviews together come to."""

    UNDECIDED = "undecided"
    APPROVED = "approved"
    DENIED = "denied"


def decide(policy: ApprovalPolicy, *, requester_id: str, revision: int, reviews: Iterable[Review]) -> Decision:
    """Recompute the decision from every review; their order does not matter.

    Reviews of other revisions, withdrawn ones and the requester's own never count. One denial decides.
    """
    live = [r for r in reviews if r.withdrawn_at is None and r.revision == revision and r.reviewer_id != requester_id]
    if any(r.verdict is Verdict.DENY for r in live):
        return Decision.DENIED
    if approvals_of(live) >= policy.quorum:
        return Decision.APPROVED
    return Decision.UNDECIDED


def approvals_of(reviews: Iterable[Review]) -> int:
    """Count the distinct people who approve."""
    return len({r.reviewer_id for r in reviews if r.verdict is Verdict.APPROVE})
