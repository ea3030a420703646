"""What a reviewer has to think of before approving: dangers of a change, and changes that exclude each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.assignment import Assignment, AssignmentPatch, Field

_TLS = "https:"


class Danger(StrEnum):
    """A kind of warning, in the order in which warnings are shown."""

    NO_INBOUND_AGENT = "no_inbound_agent"
    WEBHOOK_OVERRIDES = "webhook_overrides"
    WEBHOOK_WITHOUT_TLS = "webhook_without_tls"
    WEBHOOK_STAYS = "webhook_stays"
    UNPINNED_AGENT = "unpinned_agent"
    OVERLAP = "overlap"


_HIGH_RISK = frozenset({Danger.NO_INBOUND_AGENT, Danger.WEBHOOK_OVERRIDES})


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another open change of the same number, and the fields that it touches."""

    label: str
    fields: frozenset[Field]


@dataclass(frozen=True, slots=True)
class Standstill:
    """Somebody stopped all sending."""

    by: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning; `label` and `fields` say of an overlap which change it is with, and in what."""

    danger: Danger
    label: str | None = None
    fields: frozenset[Field] = frozenset()

    @property
    def is_high_risk(self) -> bool:
        """Say whether it belongs at the top: who answers calls could be nobody, or anybody."""
        return self.danger in _HIGH_RISK


def warnings_of(
    patch: AssignmentPatch, before: Assignment, after: Assignment, overlaps: Sequence[Overlap] = ()
) -> tuple[Warned, ...]:
    """Return what to warn of in a change from `before` to `after`, in the order in which it is shown.

    `overlaps` are the other open changes of the number; those that share no field with `patch` are left out.
    """
    alone = [Warned(danger) for danger in Danger if danger in _dangers(patch.fields, before, after)]
    shared = ((each.label, each.fields & patch.fields) for each in overlaps)
    return (*alone, *(Warned(Danger.OVERLAP, label, fields) for label, fields in shared if fields))


def _dangers(fields: frozenset[Field], before: Assignment, after: Assignment) -> set[Danger]:
    found: set[Danger] = set()
    if Field.INBOUND in fields:
        if before.inbound and not after.inbound:
            found.add(Danger.NO_INBOUND_AGENT)
        if any(agent.version is None for agent in after.inbound):
            found.add(Danger.UNPINNED_AGENT)
    if after.webhook_url is not None:
        if Field.WEBHOOK in fields:
            found.add(Danger.WEBHOOK_OVERRIDES)
            if not after.webhook_url.lower().startswith(_TLS):
                found.add(Danger.WEBHOOK_WITHOUT_TLS)
        elif Field.INBOUND in fields and after.inbound:
            found.add(Danger.WEBHOOK_STAYS)
    return found
