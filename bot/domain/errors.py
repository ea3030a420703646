"""Reasons to turn a person away, as sentences that can be shown as they are.

* TurnedAway
  · TooBusy
  + DomainError, which the audit record keeps
    + NotAllowed
      · OwnChange
    · CannotCheck
    · AlreadyDecided
    · TooLate
    · UnknownChange
    · Elsewhere
    · InvalidNumber
    · WrongUsage
    + InvalidSubmission
      · UnknownAgent
    · AlreadyAsked
    · NothingDiffers
* IllegalTransition, a bug

What goes wrong at the far ends has trees of its own: `SlackError`, `UponAIError`, `StoreError`.
"""

from bot.domain.assignment import Field


class TurnedAway(Exception):
    """Somebody is not served. `str(error)` is a whole sentence for them."""


class TooBusy(TurnedAway):
    """As much is running as may run: no refusal of what was asked, and none that is recorded."""


class DomainError(TurnedAway):
    """A refusal; `code` names the reason in the record, where two kinds can share one.

    `change_id` is the change that it is about, where the person named none; `is_recorded` is set by whoever records it.
    `is_quoting` says that the sentence may quote what was typed: it is shown literally, and not recorded.
    """

    code = "refused"
    is_quoting = False
    change_id: int | None = None
    is_recorded = False


class NotAllowed(DomainError):
    """This person may not do this."""

    code = "not_allowed"


class OwnChange(NotAllowed):
    """The requester tried to decide about their own change."""

    code = "own_change"


class CannotCheck(DomainError):
    """Slack did not say whether this person may do this, so it was not done."""

    code = NotAllowed.code


class AlreadyDecided(DomainError):
    """Somebody else, or the clock, was first."""

    code = "already_decided"


class TooLate(DomainError):
    """The change has gone too far for this."""

    code = "too_late"


class UnknownChange(DomainError):
    """There is no such change in this team."""

    code = "unknown_change"


class Elsewhere(DomainError):
    """The change belongs to another UponAI account or workspace than the one that the bot is set to."""

    code = "elsewhere"


class InvalidNumber(DomainError):
    """The text is not a number that this account lists."""

    code = "invalid_number"
    is_quoting = True


class WrongUsage(DomainError):
    """The command was written in a way that it does not have."""

    code = InvalidNumber.code
    is_quoting = True


class InvalidSubmission(DomainError):
    """This cannot be asked for; `field` and `row` (from 0) say where it was typed, None for the whole form."""

    code = "invalid_wish"

    def __init__(self, sentence: str, *, field: Field | None = None, row: int | None = None) -> None:
        super().__init__(sentence)
        self.field = field
        self.row = row


class UnknownAgent(InvalidSubmission):
    """The mirror does not list this agent; UponAI may."""


class AlreadyAsked(DomainError):
    """The form that asks has asked before, and for something else.

    `is_number` and `field` say where the two differ, neither of them for the whole form. `can_withdraw` says that
    nothing of the change `change_id` has been sent yet.
    """

    code = "already_asked"

    def __init__(
        self, sentence: str, *, change_id: int, can_withdraw: bool, field: Field | None = None, is_number: bool = False
    ) -> None:
        super().__init__(sentence)
        self.change_id = change_id
        self.can_withdraw = can_withdraw
        self.field = field
        self.is_number = is_number


class NothingDiffers(DomainError):
    """Every wish is already the present assignment."""

    code = "nothing_differs"


class IllegalTransition(Exception):
    """The code asked for a step that the life of a change does not have: a bug, never shown to a person."""
