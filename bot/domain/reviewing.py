"""What the reviews of a change come to, and which of them can be taken back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.domain.errors import NotAllowed, TooLate
from bot.domain.policy import Review, Verdict
from bot.domain.rules.evaluation import Evaluation, evaluate

if TYPE_CHECKING:
    from bot.domain.change import ChangeRequest


def standing(change: "ChangeRequest", reviews: Iterable[Review]) -> list[Review]:
    """Return the reviews of the revision that stands, without those that were taken back."""
    return [each for each in reviews if each.withdrawn_at is None and each.revision == change.revision]


def standing_of(change: "ChangeRequest", reviewer_id: str, reviews: Iterable[Review]) -> Review | None:
    """Return what a person has decided about the revision that stands, None without."""
    return next((each for each in standing(change, reviews) if each.reviewer_id == reviewer_id), None)


def evaluation(change: "ChangeRequest", reviews: Iterable[Review], now: datetime) -> Evaluation:
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


def to_take_back(change: "ChangeRequest", actor_id: str, reviews: Iterable[Review], now: datetime) -> Review:
    """Return the review of a person that can be taken back.

    Raises:
        AlreadyDecided: The change is no longer pending.
        TooLate: It has expired.
        NotAllowed: They have not decided about it.
    """
    change.refuse_unless_pending()
    if change.has_expired(now):
        raise TooLate(f"{change.label} has expired. Ask again below it, in its thread.")
    review = standing_of(change, actor_id, reviews)
    if review is None:
        raise NotAllowed(f"You have not decided about {change.label}, so there is nothing to take back.")
    return review


def without(
    change: "ChangeRequest", left: Iterable[Review], now: datetime, *, apply_within: timedelta
) -> "ChangeRequest":
    """Return the change as the reviews leave it that are left when one was taken back.

    A denial may have been all that held it up: then the last approval decides.
    """
    approvals = [each for each in standing(change, left) if each.verdict is Verdict.APPROVE]
    if not approvals:
        return replace(change, version=change.version + 1)
    return change.decided(left, now, by=max(approvals, key=lambda each: each.at), apply_within=apply_within)
