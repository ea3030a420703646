"""What the audit record calls the things that happen: one name for each, and a phrase for people.

The names are stored for ever. Those that start with `errand.` keep the word of the release that recorded them first.
"""

from enum import StrEnum

from bot.domain.state import FollowUp, State


class Event(StrEnum):
    """One kind of audit event."""

    SUBMITTED = "change.submitted"
    REVIEWED = "review.added"
    BLOCKED = "review.blocked"
    TAKEN_BACK = "review.taken_back"
    RIGHT_LOST = "review.right_lost"
    APPROVED = "change.approved"
    DENIED = "change.denied"
    CANCELED = "change.canceled"
    EXPIRED = "change.expired"
    EDITED = "change.edited"
    OVERRIDDEN = "change.overridden"
    OVERRIDE_REVIEWED = "override.reviewed"
    MOVED = "change.moved"
    CARD_TRIED_AGAIN = "card.tried_again"

    APPLYING = "change.applying"
    SENDING = "change.sending"
    RELEASED = "change.released"
    WAITING = "change.waiting"
    ANSWER_LOST = "change.answer_lost"
    APPLIED = "change.applied"
    FAILED = "change.failed"
    STALE = "change.stale"
    UNCLEAR = "change.unclear"
    RESOLVED = "change.resolved"
    ASKED_TRY_AGAIN = "errand.try_again"
    ASKED_RESOLVE = "errand.resolve"

    CHANGED_OUTSIDE = "number.changed_outside"
    KEPT = "number.kept"
    PUT_BACK_PLANNED = "put_back.planned"
    PUT_BACK_COVERED = "put_back.covered"
    PUT_BACK_HURRIED = "put_back.hurried"

    PAUSED = "sending.paused"
    RESUMED = "sending.resumed"

    ASK_REFUSED = "ask.refused"
    REVIEW_REFUSED = "review.refused"
    CANCEL_REFUSED = "cancel.refused"
    EDIT_REFUSED = "edit.refused"
    OVERRIDE_REFUSED = "override.refused"
    OVERRIDE_REVIEW_REFUSED = "override_review.refused"
    REVERT_REFUSED = "revert.refused"
    MOVE_REFUSED = "move.refused"
    FOLLOW_UP_REFUSED = "errand.refused"
    PUT_BACK_REFUSED = "put_back.refused"
    PAUSE_REFUSED = "pause.refused"
    RESUME_REFUSED = "resume.refused"
    PRESS_REFUSED = "press.refused"
    COMMAND_REFUSED = "command.refused"
    HOME_REFUSED = "home.refused"

    @property
    def is_refusal(self) -> bool:
        """Say whether somebody was turned away."""
        return self.value.endswith(".refused")

    @classmethod
    def of_state(cls, state: State) -> "Event":
        """Return the event of a change that comes to this state; none comes back to `pending`."""
        return cls(f"change.{state}")

    @classmethod
    def of_follow_up(cls, follow_up: FollowUp) -> "Event":
        """Return the event of somebody asking for this."""
        return cls(f"errand.{follow_up}")


# What follows the name of whoever did it; the worker is one of them. A refused deed is told as the attempt that it was.
PHRASES: dict[Event, str] = {
    Event.SUBMITTED: "asked for this",
    Event.REVIEWED: "approved; more approvals are needed",
    Event.BLOCKED: "denied; nothing is sent until that is taken back",
    Event.TAKEN_BACK: "took their decision back",
    Event.RIGHT_LOST: "pressed, and an approval no longer counted: its reviewer may not approve any more",
    Event.APPROVED: "approved",
    Event.DENIED: "denied",
    Event.CANCELED: "canceled",
    Event.EXPIRED: "let it expire: its time was over",
    Event.EDITED: "edited what is asked; what was decided before counts no longer",
    Event.OVERRIDDEN: "overrode the approvals that were missing",
    Event.OVERRIDE_REVIEWED: "reviewed the override",
    Event.MOVED: "moved the card to another channel",
    Event.CARD_TRIED_AGAIN: "asked to post the card again",
    Event.APPLYING: "began to apply it",
    Event.SENDING: "sent it to UponAI",
    Event.RELEASED: "put it off: nothing has changed so far",
    Event.WAITING: "waits for UponAI",
    Event.ANSWER_LOST: "got no answer from UponAI",
    Event.APPLIED: "read it back from UponAI: it is live",
    Event.FAILED: "gave up: UponAI refused it",
    Event.STALE: "did not send it: the number changed in the meantime",
    Event.UNCLEAR: "could not tell what is live",
    Event.RESOLVED: "recorded what is live and marked it as resolved",
    Event.ASKED_TRY_AGAIN: "asked to try again",
    Event.ASKED_RESOLVE: "asked to mark it as resolved",
    Event.CHANGED_OUTSIDE: "found a number changed outside",
    Event.KEPT: "kept what was changed outside",
    Event.PUT_BACK_PLANNED: "planned it, to put back what was there before",
    Event.PUT_BACK_COVERED: "took it as approved, with the change that it ends",
    Event.PUT_BACK_HURRIED: "asked to put it back now",
    Event.PAUSED: "paused all sending",
    Event.RESUMED: "resumed sending",
    Event.ASK_REFUSED: "tried to ask for a change",
    Event.REVIEW_REFUSED: "tried to approve or deny it",
    Event.CANCEL_REFUSED: "tried to cancel it",
    Event.EDIT_REFUSED: "tried to edit it",
    Event.OVERRIDE_REFUSED: "tried to override it",
    Event.OVERRIDE_REVIEW_REFUSED: "tried to review the override",
    Event.REVERT_REFUSED: "tried to revert it",
    Event.MOVE_REFUSED: "tried to move the card",
    Event.FOLLOW_UP_REFUSED: "tried to try it again or to mark it as resolved",
    Event.PUT_BACK_REFUSED: "tried to have it put back now, or kept",
    Event.PAUSE_REFUSED: "tried to pause sending",
    Event.RESUME_REFUSED: "tried to resume sending",
    Event.PRESS_REFUSED: "pressed a button",
    Event.COMMAND_REFUSED: "typed a command",
    Event.HOME_REFUSED: "opened the Home tab",
}
