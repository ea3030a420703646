"""Which reviews of a change stand, and what they come to."""

from collections.abc import Iterable
from datetime import datetime

from bot.domain.draft import ChangeDraft
from bot.domain.policy import Review
from bot.domain.rules.evaluation import Evaluation, evaluate


def standing(change: ChangeDraft, reviews: Iterable[Review]) -> list[Review]:
    """Return the reviews of the revision that stands, without those that were taken back."""
    return [each for each in reviews if each.withdrawn_at is None and each.revision == change.revision]


def standing_of(change: ChangeDraft, reviewer_id: str, reviews: Iterable[Review]) -> Review | None:
    """Return what a person has decided about the revision that stands, None without."""
    return next((each for each in standing(change, reviews) if each.reviewer_id == reviewer_id), None)


def evaluation(change: ChangeDraft, reviews: Iterable[Review], now: datetime) -> Evaluation:
    """Return what all reviews come to by the rules that hold for a change."""
    held, found = change.policy, standing(change, reviews)
    return evaluate(
        held,
        requester_id=change.requester_id,
        revision=change.revision,
        reviews=found,
        rules_of={each.reviewer_id: (each.rules | held.open_rules) - each.lost for each in found},
        expires_at=change.expires_at,
        due_at=change.due_at,
        now=now,
    )
