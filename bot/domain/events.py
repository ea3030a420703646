"""What the audit record calls the things that happen: one name for each, and a phrase for people.

The names are stored for ever. Those that start with `errand.` keep the word of the release that recorded them first.
"""

from enum import StrEnum

from bot.domain.state import FollowUp, State


class Event(StrEnum):
    """One kind of audit event."""

    SUBMITTED = "change.submitted"
    REVIEWED = "review.added"
    APPROVED = "change.approved"
    DENIED = "change.denied"
    CANCELED = "change.canceled"
    EXPIRED = "change.expired"
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

    PAUSED = "sending.paused"
    RESUMED = "sending.resumed"

    ASK_REFUSED = "ask.refused"
    REVIEW_REFUSED = "review.refused"
    CANCEL_REFUSED = "cancel.refused"
    REVERT_REFUSED = "revert.refused"
    MOVE_REFUSED = "move.refused"
    FOLLOW_UP_REFUSED = "errand.refused"
    PAUSE_REFUSED = "pause.refused"
    RESUME_REFUSED = "resume.refused"
    PRESS_REFUSED = "press.refused"
    COMMAND_REFUSED = "command.refused"
    HOME_REFUSED = "home.refused"

    @classmethod
    def of_state(cls, state: State) -> "Event":
        """Return the event of a change that comes to this state; none comes back to `pending`."""
        return cls(f"change.{state}")

    @classmethod
    def of_follow_up(cls, follow_up: FollowUp) -> "Event":
        """Return the event of somebody asking for this."""
        return cls(f"errand.{follow_up}")


# What follows the name of whoever did it; the worker is one of them.
PHRASES: dict[Event, str] = {
    Event.SUBMITTED: "asked for this",
    Event.REVIEWED: "approved; more approvals are needed",
    Event.APPROVED: "approved",
    Event.DENIED: "denied",
    Event.CANCELED: "canceled",
    Event.EXPIRED: "let it expire, because its time was over",
    Event.MOVED: "moved the card to another channel",
    Event.CARD_TRIED_AGAIN: "asked to post the card again",
    Event.APPLYING: "started to apply it",
    Event.SENDING: "sent it to UponAI",
    Event.RELEASED: "put it back to be sent later",
    Event.WAITING: "began to wait for UponAI",
    Event.ANSWER_LOST: "lost UponAI's answer",
    Event.APPLIED: "found it applied",
    Event.FAILED: "found that it failed",
    Event.STALE: "found it stale",
    Event.UNCLEAR: "found it unclear",
    Event.RESOLVED: "noted what is live and marked it as resolved",
    Event.ASKED_TRY_AGAIN: "asked to try again",
    Event.ASKED_RESOLVE: "asked to mark it as resolved",
    Event.PAUSED: "paused all sending",
    Event.RESUMED: "resumed sending",
    Event.ASK_REFUSED: "was refused to ask",
    Event.REVIEW_REFUSED: "was refused to approve or deny",
    Event.CANCEL_REFUSED: "was refused to cancel",
    Event.REVERT_REFUSED: "was refused to revert",
    Event.MOVE_REFUSED: "was refused to move the card",
    Event.FOLLOW_UP_REFUSED: "was refused to follow up on it",
    Event.PAUSE_REFUSED: "was refused to pause sending",
    Event.RESUME_REFUSED: "was refused to resume sending",
    Event.PRESS_REFUSED: "was refused a button",
    Event.COMMAND_REFUSED: "was refused a command",
    Event.HOME_REFUSED: "was refused the Home tab",
}
