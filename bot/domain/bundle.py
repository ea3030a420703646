"""A bundle: changes of several numbers that were asked together, with one card and one thread.

The first of them is its lead, which owns both. They are asked, decided and edited together; each is applied, fails or
goes stale for itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.domain.assignment import Assignment, AssignmentPatch, Field
from bot.domain.change import ChangeRequest
from bot.domain.state import State

# The triggers of the database hold it as well.
MOST_NUMBERS = 50
MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The changes of a bundle, all of them, in the order of their ids."""

    members: tuple[ChangeRequest, ...]

    @property
    def lead(self) -> ChangeRequest:
        """The change whose card and thread are those of all."""
        return self.members[0]

    @property
    def label(self) -> str:
        """The name that people use: `RN-12 and 4 more`."""
        return together(self.members)

    @property
    def version(self) -> int:
        """Count the recorded steps of all: it grows with each of them."""
        return sum(each.version for each in self.members)

    @property
    def shared_state(self) -> State | None:
        """The state that all share, None where they differ."""
        states = {each.state for each in self.members}
        return next(iter(states)) if len(states) == 1 else None

    @property
    def state(self) -> str:
        """The word for the state that all share, else `mixed`."""
        return MIXED if self.shared_state is None else self.shared_state.value

    @property
    def is_over(self) -> bool:
        """Say whether nothing follows for any of them."""
        return all(each.state.is_final for each in self.members)

    def those(self, *states: State) -> tuple[ChangeRequest, ...]:
        """Return the members in one of these states."""
        return tuple(each for each in self.members if each.state in states)

    @property
    def passed(self) -> tuple[ChangeRequest, ...]:
        """Return those that were approved or overridden; of what was canceled since nobody can say who did it."""
        return tuple(each for each in self.members if each.approved_at and each.state is not State.CANCELED)

    @property
    def wish(self) -> AssignmentPatch | None:
        """The one patch that was asked for all of them, None where each asks for something of its own.

        A member whose number had a value already does not touch that field.
        """
        wish = AssignmentPatch(Assignment(), frozenset())
        for each in self.members:
            new = each.patch.fields - wish.fields
            wish = AssignmentPatch(replace(each.patch, fields=new).onto(wish.wanted), wish.fields | new)
        if any(not _is_of(each, wish) for each in self.members):
            return None
        if all(each.is_outbound_version_newest for each in self.members if Field.OUTBOUND in each.patch.fields):
            outbound = tuple(replace(agent, version=None) for agent in wish.wanted.outbound)
            return replace(wish, wanted=replace(wish.wanted, outbound=outbound))
        return wish


def together(members: Iterable[ChangeRequest]) -> str:
    """Name several changes by the first of them: `RN-12 and 4 more`."""
    first, *others = members
    return f"{first.label} and {len(others)} more" if others else first.label


def _is_of(member: ChangeRequest, wish: AssignmentPatch) -> bool:
    asked = wish.without_unchanged(member.before)
    return asked.fields == member.patch.fields and asked.wanted.agrees_with(member.patch.wanted, asked.fields)
