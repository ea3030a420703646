"""An override: somebody whom the policy names lets a change pass without its approvals, and it is reviewed afterwards.

Whoever the policy names may override a change that they asked for as well: in an emergency one person can be all that
there is. What makes up for the second person is that it is told everywhere, and reviewed by somebody else.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.change import ChangeRequest
from bot.domain.errors import AlreadyDecided, InvalidSubmission, NotAllowed, OwnChange, TooLate
from bot.domain.schedule import lapsing
from bot.domain.state import WITHOUT_EFFECT, State

REASON_LIMIT = 3000
REMIND_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A recorded override of one revision; until somebody has reviewed it, people are reminded at `remind_at`."""

    change_id: int
    revision: int
    overridden_by: str
    reason: str
    at: datetime
    remind_at: datetime
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None

    @property
    def days(self) -> int:
        """Count the days after which the next reminder is due: each number is told once."""
        return (self.remind_at - self.at) // REMIND_EVERY

    def is_due(self, now: datetime) -> bool:
        """Say whether people are to be reminded of it now."""
        return self.reviewed_at is None and self.remind_at <= now

    def reminded(self, now: datetime) -> "Override":
        """Return it with the next reminder, whole days after the override; days that nobody could remind are over."""
        past = max((now - self.at) // REMIND_EVERY, self.days)
        return replace(self, remind_at=self.at + (past + 1) * REMIND_EVERY)


def came_to_nothing(change: ChangeRequest) -> bool:
    """Say whether a change ended before anything of it was sent: then its override let nothing pass."""
    return change.state in WITHOUT_EFFECT and change.sent_at is None


def refuse_override_now(change: ChangeRequest, now: datetime, revision: int | None = None) -> None:
    """Raise unless this change could be overridden now, and is still the revision that was read.

    Raises:
        AlreadyDecided: It is no longer pending.
        TooLate: It has expired, or was edited.
        NotAllowed: Its policy names nobody who may.
    """
    change.refuse_unless_pending()
    if change.has_expired(now):
        raise TooLate(f"{change.label} has expired. Ask again below it, in its thread.")
    if revision not in (None, change.revision):
        raise TooLate(f"{change.label} was edited after this form was opened. Please read it again, then override it.")


def override(
    change: ChangeRequest, by: str, reason: str, now: datetime, *, apply_within: timedelta
) -> tuple[ChangeRequest, Override]:
    """Return a pending change as approved by an override, and the override. Raises as `refuse_override_now` does.

    A denial that holds the change up holds it up no longer. InvalidSubmission is raised without a reason.
    """
    refuse_override_now(change, now)
    reason = reason.strip()
    if not reason or len(reason) > REASON_LIMIT:
        raise InvalidSubmission(f"Say why, in up to {REASON_LIMIT} characters.")
    # No hours hold it: it can be sent from its Start on.
    lapses = lapsing(change, None, now, apply_within)
    passed = replace(
        change,
        state=State.APPROVED,
        version=change.version + 1,
        decided_at=now,
        decided_by=by,
        decision_reason=reason,
        approved_at=now,
        opens_at=lapses["opens_at"],
        apply_before=lapses["apply_before"],
        overridden_at=now,
    )
    made = Override(
        change_id=change.id,
        revision=change.revision,
        overridden_by=by,
        reason=reason,
        at=now,
        remind_at=now + REMIND_EVERY,
    )
    return passed, made


def review(change: ChangeRequest, made: Override | None, by: str, now: datetime, *, is_approver: bool) -> Override:
    """Return an override as reviewed afterwards.

    Raises:
        AlreadyDecided: Somebody has reviewed it, or there is none, or it came to nothing.
        OwnChange: The reviewer asked for the change, or overrode it.
        NotAllowed: They could not have approved it.
    """
    if made is None:
        raise AlreadyDecided(f"{change.label} was not overridden, so there is nothing to review.")
    if made.reviewed_by is not None:
        raise AlreadyDecided(f"<@{made.reviewed_by}> has reviewed the override of {change.label} already.")
    if came_to_nothing(change):
        raise AlreadyDecided(f"{change.label} is {change.state}, and nothing of it was sent: nothing to review.")
    if by in (change.requester_id, made.overridden_by):
        did = "asked for" if by == change.requester_id else "overrode"
        raise OwnChange(f"You {did} {change.label} yourself: someone else must review it.")
    if not is_approver:
        raise NotAllowed(f"Only someone who could have approved {change.label} can review its override.")
    return replace(made, reviewed_by=by, reviewed_at=now)
