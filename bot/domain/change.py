"""A requested change of one number's assignment, and the steps of its life.

Every step is a method that returns a new value or raises; the store saves what comes back together with the audit
event of the step. `version` counts the recorded steps: the database refuses a version without its audit event.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.assignment import Assignment, AssignmentPatch
from bot.domain.draft import ChangeDraft
from bot.domain.errors import AlreadyDecided, IllegalTransition, NotAllowed, OwnChange, TooLate
from bot.domain.label import format_label
from bot.domain.policy import Decision, Review
from bot.domain.schedule import lapsing
from bot.domain.standing import evaluation, standing_of
from bot.domain.state import TRANSITIONS, FollowUp, State, WaitCause


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest(ChangeDraft):
    """A stored change. Times are aware UTC.

    `apply_before` is when an approval that was not applied lapses; `approval_order` puts the approved changes of a
    number in their order; `sent_at` is set, and committed, before a PUT leaves, so that a crash after it is known.
    `opens_at` is set while its rules let it be sent only from then on, later than `due_at`.
    `wait_cause` is set from when UponAI could not take it until it ends; then the next look is at `not_before`.
    `overridden_at` is set where an override took the place of the approvals: neither window nor freeze holds it then.
    """

    id: int
    version: int = 1
    state: State = State.PENDING
    decided_at: datetime | None = None
    decided_by: str | None = None
    decision_reason: str | None = None
    approved_at: datetime | None = None
    apply_before: datetime | None = None
    opens_at: datetime | None = None
    approval_order: int | None = None
    not_before: datetime | None = None
    attempts: int = 0
    lease_id: str | None = None
    leased_until: datetime | None = None
    sent_at: datetime | None = None
    looked: Assignment | None = None
    follow_up: FollowUp | None = None
    follow_up_by: str | None = None
    finished_at: datetime | None = None
    result: Assignment | None = None
    result_at: datetime | None = None
    problem: str | None = None
    wait_cause: WaitCause | None = None
    waiting_since: datetime | None = None
    overridden_at: datetime | None = None

    @property
    def label(self) -> str:
        """The name that people use: `RN-12`."""
        return format_label(self.id)

    @property
    def lead_id(self) -> int:
        """The change that owns card and thread: the first of those that were asked together, else this one."""
        return self.bundle_id or self.id

    @property
    def after(self) -> Assignment:
        """The assignment that the reviewers are asked to approve."""
        return self.patch.onto(self.before)

    @property
    def asked_patch(self) -> AssignmentPatch:
        """The patch as somebody chose it: an outbound agent whose version nobody chose has none."""
        if not self.is_outbound_version_newest:
            return self.patch
        outbound = tuple(replace(agent, version=None) for agent in self.patch.wanted.outbound)
        return replace(self.patch, wanted=replace(self.patch.wanted, outbound=outbound))

    def review(self, review: Review, earlier: Iterable[Review], *, apply_within: timedelta) -> "ChangeRequest":
        """Take one more review into account and return the change as all reviews together leave it.

        Raises as `refuse_review` does.
        """
        earlier = list(earlier)
        self.refuse_review(review.reviewer_id, earlier, review.at)
        return self.decided([*earlier, review], review.at, by=review, apply_within=apply_within)

    def refuse_review(self, reviewer_id: str, earlier: Iterable[Review], now: datetime) -> None:
        """Raise unless this person could review the change now; the rules that hold play no part here.

        Raises:
            OwnChange: The reviewer is the requester.
            AlreadyDecided: The change is no longer pending, or this person has already approved it.
            TooLate: It has expired.
        """
        if reviewer_id == self.requester_id:
            raise OwnChange(f"You asked for {self.label} yourself: someone else must approve it.")
        self.refuse_unless_pending()
        if self.has_expired(now):
            raise TooLate(f"{self.label} has expired. Ask again below it, in its thread.")
        if standing_of(self, reviewer_id, earlier) is not None:
            raise AlreadyDecided(f"You have decided about {self.label} already.")

    def decided(
        self, reviews: Iterable[Review], now: datetime, *, by: Review, apply_within: timedelta
    ) -> "ChangeRequest":
        """Return a pending change as all reviews together leave it; `by` is the one that decides, if one does."""
        found = evaluation(self, reviews, now)
        match found.decision:
            case Decision.UNDECIDED:
                return replace(self, version=self.version + 1)
            case Decision.DENIED:
                return self._to(
                    State.DENIED,
                    decided_at=now,
                    decided_by=by.reviewer_id,
                    decision_reason=by.reason,
                    finished_at=now,
                )
            case Decision.APPROVED:
                return self._to(
                    State.APPROVED,
                    decided_at=now,
                    decided_by=by.reviewer_id,
                    approved_at=now,
                    **lapsing(self, found.next_at, now, apply_within),
                )

    def refuse_unless_pending(self) -> None:
        """Raise AlreadyDecided with who was first, unless the change still waits for a decision."""
        if self.state is State.PENDING:
            return
        raise AlreadyDecided(f"{self.label} {self.how_it_was_decided()}.")

    def how_it_was_decided(self) -> str:
        """Say what ended the wait, as the rest of a sentence that starts with the label; people as Slack mentions."""
        match self.state:
            case State.CANCELED:
                return f"was canceled by <@{self.decided_by}>"
            case State.EXPIRED:
                return "has expired"
            case State.STALE if self.decided_by is None:
                return "no longer fits: the number changed in the meantime"
            case State.DENIED:
                return f"was already denied by <@{self.decided_by}>"
            case _ if self.overridden_at is not None:
                return f"was already overridden by <@{self.decided_by}>"
            case _:
                return f"was already approved by <@{self.decided_by}>"

    def cancel(self, actor_id: str, now: datetime) -> "ChangeRequest":
        """Take the request back; counts until a worker has claimed it.

        Raises:
            NotAllowed: The actor is not the requester.
            TooLate: It is being applied, or was.
            AlreadyDecided: It ended some other way.
        """
        if actor_id != self.requester_id:
            raise NotAllowed(f"Only <@{self.requester_id}>, who asked for {self.label}, can cancel it.")
        if self.state in (State.APPLYING, State.APPLIED, State.UNCLEAR, State.FAILED, State.RESOLVED):
            raise TooLate(f"{self.label} can no longer be canceled: it is {self.state}.")
        if not self.state.is_open:
            self.refuse_unless_pending()
        return self._to(State.CANCELED, decided_at=now, decided_by=actor_id, finished_at=now)

    def has_expired(self, now: datetime) -> bool:
        """Say whether the time to decide, or to apply what was approved, is over."""
        if self.state is State.PENDING:
            return now >= self.expires_at
        if self.state in (State.APPROVED, State.UNCLEAR):
            return self.apply_before is not None and now >= self.apply_before
        return False

    def expire(self, now: datetime) -> "ChangeRequest":
        """End a change whose time is over. Raises IllegalTransition when it is not over."""
        if not self.has_expired(now):
            raise IllegalTransition(f"{self.label} has not expired")
        return self._to(State.EXPIRED, finished_at=now, lease_id=None, leased_until=None, follow_up=None)

    def claim(self, lease_id: str, now: datetime, lease: timedelta) -> "ChangeRequest":
        """Start applying under a lease; nothing has been sent under it yet."""
        return self._to(
            State.APPLYING,
            lease_id=lease_id,
            leased_until=now + lease,
            sent_at=None,
            attempts=self.attempts + 1,
            follow_up=None,
            finished_at=None,
        )

    def mark_sent(self, now: datetime, lease: timedelta, looked: Assignment) -> "ChangeRequest":
        """Record, before it leaves, that a PUT is on its way; the lease starts anew, and with it the longest wait.

        `looked` is what was live just before: whoever takes over sees by it which untouched fields moved.
        """
        if self.state is not State.APPLYING or self.sent_at is not None:
            raise IllegalTransition(f"{self.label} cannot be sent from {self.state}")
        return replace(self, version=self.version + 1, sent_at=now, leased_until=now + lease, looked=looked)

    def hold(self, now: datetime, until: datetime, problem: str) -> "ChangeRequest":
        """Let go of the lease after an answer was lost; nobody touches the number before `until`."""
        if self.state is not State.APPLYING or self.sent_at is None:
            raise IllegalTransition(f"{self.label} cannot be held from {self.state} at {now}")
        return replace(self, version=self.version + 1, lease_id=None, leased_until=until, problem=problem)

    def release(self, not_before: datetime | None, problem: str | None = None) -> "ChangeRequest":
        """Go back to approved: it is known that nothing of this attempt is live.

        A wait that was to end with this attempt goes on when the attempt came to nothing before anything was sent.
        """
        goes_on = self.sent_at is None and self.wait_cause is not None
        return self._to(
            State.APPROVED,
            lease_id=None,
            leased_until=None,
            sent_at=None,
            not_before=self.not_before if goes_on and not_before is None else not_before,
            problem=problem,
            wait_cause=self.wait_cause if goes_on else None,
            waiting_since=self.waiting_since if goes_on else None,
        )

    def wait(self, cause: WaitCause, now: datetime, not_before: datetime, problem: str) -> "ChangeRequest":
        """Wait for UponAI as an approved change: nothing is live of an attempt, if there was one."""
        return replace(
            # Of an attempt that UponAI did not take, nothing can land late.
            self if self.state is State.APPROVED else replace(self.release(None), looked=None),
            version=self.version + 1,
            not_before=not_before,
            problem=problem,
            wait_cause=cause,
            waiting_since=self.waiting_since or now,
        )

    def finish(
        self,
        state: State,
        now: datetime,
        *,
        result: Assignment | None = None,
        problem: str | None = None,
    ) -> "ChangeRequest":
        """End an attempt with what is known of it; `result` is what UponAI showed last."""
        return self._to(
            state,
            lease_id=None,
            leased_until=now if state is State.UNCLEAR else None,
            follow_up=None,
            finished_at=now,
            result=result,
            result_at=None if result is None else now,
            problem=problem,
        )

    def go_stale(self, now: datetime, problem: str) -> "ChangeRequest":
        """End an open change because what it would replace is no longer what was shown."""
        return self._to(State.STALE, finished_at=now, problem=problem)

    def ask_follow_up(self, follow_up: FollowUp, actor_id: str, *, is_reviewer: bool) -> "ChangeRequest":
        """Send a worker to look at an `unclear` change, to try again or to note what is live.

        Raises:
            AlreadyDecided: It is not unclear (any more), or somebody has asked already.
            NotAllowed: Only the requester and reviewers may try again; only reviewers may mark as resolved.
        """
        if self.state is not State.UNCLEAR:
            raise AlreadyDecided(f"{self.label} is {self.state} now. Nothing is left to do here.")
        if self.follow_up is not None:
            raise AlreadyDecided(f"<@{self.follow_up_by}> was first. I am looking at {self.label}.")
        is_requester = actor_id == self.requester_id
        if follow_up is FollowUp.RESOLVE and (is_requester or not is_reviewer):
            raise OwnChange(
                f"You asked for {self.label} yourself: someone else must mark it as resolved."
                if is_requester
                else f"Only an approver can mark {self.label} as resolved."
            )
        if not (is_requester or is_reviewer):
            raise NotAllowed(f"Only the requester or an approver can try {self.label} again.")
        return replace(self, version=self.version + 1, follow_up=follow_up, follow_up_by=actor_id)

    def move_to_channel(self, channel_id: str) -> "ChangeRequest":
        """Ask for the approval in another channel."""
        return replace(self, version=self.version + 1, channel_id=channel_id)

    def _to(self, state: State, **changes: Any) -> "ChangeRequest":
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(f"{self.label}: {self.state} -> {state}")
        if state not in (State.APPROVED, State.APPLYING):
            changes |= {"wait_cause": None, "waiting_since": None}
        return replace(self, state=state, version=self.version + 1, **changes)
