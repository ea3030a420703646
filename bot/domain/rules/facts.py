"""What rules look at in a change: its number, what kinds of change it is, and which agents come and go."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.assignment import Agents, Assignment, AssignmentPatch, Field


class ChangeKind(StrEnum):
    """A kind of change that a rule can name, as the policy file writes it. One change can be of several kinds."""

    INBOUND = "inbound"
    SPLIT = "split"
    NO_INBOUND = "no_inbound"
    OUTBOUND = "outbound"
    NO_OUTBOUND = "no_outbound"
    WEBHOOK = "webhook"
    TIME_ROUTING = "time_routing"
    SCHEDULED = "scheduled"
    SEVERAL = "several"


_IMPLIED = {
    ChangeKind.SPLIT: ChangeKind.INBOUND,
    ChangeKind.NO_INBOUND: ChangeKind.INBOUND,
    ChangeKind.NO_OUTBOUND: ChangeKind.OUTBOUND,
}


class Risk(StrEnum):
    """What makes a change one of high risk; the value is a sentence for the card."""

    WEBHOOK = "It changes the webhook, which can override every agent."
    NO_INBOUND = "It takes the last inbound agent away: nobody answers this number then."


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """A change as rules see it; `agents` are those that it puts on or takes away."""

    number: str
    kinds: frozenset[ChangeKind]
    agents: frozenset[str] = frozenset()


def facts_of(
    number: str,
    before: Assignment,
    patch: AssignmentPatch,
    *,
    is_scheduled: bool = False,
    is_several: bool = False,
) -> ChangeFacts:
    """Describe a change of one number; `is_several` says that it was asked together with changes of other numbers."""
    after = patch.onto(before)
    kinds = {ChangeKind(field.value) for field in patch.fields}
    if Field.INBOUND in patch.fields and len(after.inbound) != 1:
        # Two versions of one agent are a split as well.
        kinds.add(ChangeKind.SPLIT if after.inbound else ChangeKind.NO_INBOUND)
    if Field.OUTBOUND in patch.fields and not after.outbound:
        kinds.add(ChangeKind.NO_OUTBOUND)
    kinds |= {ChangeKind.SCHEDULED} if is_scheduled else set()
    kinds |= {ChangeKind.SEVERAL} if is_several else set()
    moved = (_ids(before.inbound) ^ _ids(after.inbound)) | (_ids(before.outbound) ^ _ids(after.outbound))
    return ChangeFacts(number, frozenset(kinds), moved)


def with_implied(kinds: Iterable[ChangeKind]) -> frozenset[ChangeKind]:
    """Add the kinds that others imply: a split is a change of the inbound calls."""
    named = frozenset(kinds)
    return named | {_IMPLIED[kind] for kind in named if kind in _IMPLIED}


def risks_of(before: Assignment, patch: AssignmentPatch) -> tuple[Risk, ...]:
    """Say what makes this change one of high risk; nothing for most."""
    touched = patch.without_unchanged(before).fields
    found = [Risk.WEBHOOK] if Field.WEBHOOK in touched else []
    if Field.INBOUND in touched and not patch.onto(before).inbound:
        found.append(Risk.NO_INBOUND)
    return tuple(found)


def _ids(agents: Agents) -> frozenset[str]:
    return frozenset(agent.agent_id for agent in agents)
