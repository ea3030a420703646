"""What a look at the live assignment means for a change that is being applied."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.assignment import ALL_FIELDS, Assignment, Field
from bot.domain.change import ChangeRequest


class Comparison(StrEnum):
    """How the live assignment stands to a change, seen through the touched fields alone."""

    AS_BEFORE = "as_before"
    AS_APPROVED = "as_approved"
    OTHERWISE = "otherwise"


def compare(change: ChangeRequest, live: Assignment) -> Comparison:
    """Compare the live assignment with what was approved, and with what the reviewers saw.

    A change whose `before` is as good as its `after` (an unpinned agent in place of a pinned one) counts as before
    until it was sent: so `before` wins, exactly compared.
    """
    if change.before.agrees_with(live, change.patch.fields):
        return Comparison.AS_BEFORE
    if change.patch.is_satisfied_by(live):
        return Comparison.AS_APPROVED
    return Comparison.OTHERWISE


@dataclass(frozen=True, slots=True)
class Verification:
    """What an answer to a PUT shows: touched fields that did not arrive, untouched fields that moved."""

    missing: frozenset[Field]
    moved: frozenset[Field]
    import_error: str | None

    @property
    def is_clean(self) -> bool:
        """Say whether everything is as approved and nothing else changed."""
        return not (self.missing or self.moved or self.import_error)


def verify(
    change: ChangeRequest, looked: Assignment, live: Assignment, import_error: str | None = None
) -> Verification:
    """Compare what is live after a PUT with what was approved and with the look from before it.

    The untouched fields are compared with that look, because they may rightly have changed since the request.
    """
    return Verification(
        missing=change.patch.missing_from(live),
        moved=looked.differing(live, ALL_FIELDS - change.patch.fields),
        import_error=import_error,
    )
