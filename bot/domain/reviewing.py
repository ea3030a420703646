"""Which reviews of a change can be taken back, and what becomes of it then."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.change import ChangeRequest
from bot.domain.errors import NotAllowed, TooLate
from bot.domain.policy import Review, Verdict
from bot.domain.standing import standing, standing_of


def to_take_back(change: ChangeRequest, actor_id: str, reviews: Iterable[Review], now: datetime) -> Review:
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


def without(change: ChangeRequest, left: Iterable[Review], now: datetime, *, apply_within: timedelta) -> ChangeRequest:
    """Return the change as the reviews leave it that are left when one was taken back.

    A denial may have been all that held it up: then the last approval decides.
    """
    approvals = [each for each in standing(change, left) if each.verdict is Verdict.APPROVE]
    if not approvals:
        return replace(change, version=change.version + 1)
    return change.decided(left, now, by=max(approvals, key=lambda each: each.at), apply_within=apply_within)
