"""Changes that were made outside: what differs from what was known of a number, and no change of ours explains.

Nothing here goes by a clock. What a reading shows is compared only where nothing was written since before the reading
started, and where no PUT of ours is under way.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.assignment import Assignment, AssignmentPatch, Field
from bot.domain.key import NumberKey


@dataclass(frozen=True, slots=True)
class MovedOutside:
    """A number whose assignment was changed outside, in these fields."""

    key: NumberKey
    before: Assignment
    after: Assignment
    fields: frozenset[Field]


@dataclass(frozen=True, slots=True)
class AppliedLast:
    """What was applied to a number last, what it took the place of, and when."""

    patch: AssignmentPatch
    before: Assignment
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnDeeds:
    """What we have sent to one number that can still explain how it looks.

    `is_under_way` while a PUT of ours may be landing. `loose` are the patches of which nobody knows whether they
    landed: of an `unclear` change, or of one whose PUT was given up and may be late. `last` is what was applied last.
    """

    is_under_way: bool = False
    loose: tuple[AssignmentPatch, ...] = ()
    last: AppliedLast | None = None

    def explains(self, field: Field, known: Assignment, live: Assignment) -> bool:
        """Say whether one field shows what we have sent, or another writing of what we have sent."""
        if any(_shows(patch, field, live) for patch in self.loose):
            return True
        # An answer to a PUT may write a share, or that an agent is not pinned, otherwise than the list does.
        last = None if self.last is None else self.last.patch
        return last is not None and _shows(last, field, live) and _shows(last, field, known)

    def may_lag(self, known: Assignment, live: Assignment, since: datetime) -> bool:
        """Say whether a list may not show yet what was applied since then: it shows what that took the place of.

        A list that comes from a copy is behind the answer to a PUT for a while. Whether someone has undone the change
        by hand instead, the next reading tells.
        """
        if self.last is None or self.last.at <= since:
            return False
        differing = known.differing(live, self.last.patch.fields)
        return bool(differing) and self.last.before.agrees_with(live, differing)


NOTHING_OWN = OwnDeeds()


def fields_moved_outside(
    known: Assignment, live: Assignment, own: OwnDeeds, among: Iterable[Field] = tuple(Field)
) -> frozenset[Field]:
    """Return the fields that differ from what was known without a deed of ours that explains it."""
    return frozenset(field for field in known.differing(live, among) if not own.explains(field, known, live))


def _shows(patch: AssignmentPatch, field: Field, live: Assignment) -> bool:
    return field in patch.fields and field not in patch.missing_from(live)
