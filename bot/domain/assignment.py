"""Assignments of a number, and patches of one: parse, compare, put together.

Weights are fractions of 1 as `Decimal`, so that what is read is what is compared, and a split that was typed in
whole percents adds up to exactly 1 on the wire.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

ONE = Decimal(1)
# What was sent as 0.33 may be kept as a binary fraction and come back as 0.33000001: that is the same share of calls.
WEIGHT_ROUNDING = Decimal("0.000001")


class Field(StrEnum):
    """One part of an assignment that a change can touch by itself, in the order in which people read them."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    WEBHOOK = "webhook"
    TIME_ROUTING = "time_routing"

    @property
    def bit(self) -> int:
        """This field's bit in a stored set of fields: a database compares two sets with one `&`."""
        return 1 << list(Field).index(self)


ALL_FIELDS = frozenset(Field)


def fields_to_bits(fields: Iterable[Field]) -> int:
    """Pack a set of fields into an integer, see `Field.bit`."""
    return sum(field.bit for field in frozenset(fields))


@dataclass(frozen=True, slots=True)
class WeightedAgent:
    """An agent and its share of the calls.

    `version` None means unpinned: the agent's newest version answers, as it is edited. `weight` is a
    fraction, 1 for all calls.
    """

    agent_id: str
    version: int | None = None
    weight: Decimal = ONE

    def to_json(self) -> dict[str, Any]:
        """Return this agent as JSON values; the weight as text, which keeps every digit."""
        return {"agent_id": self.agent_id, "version": self.version, "weight": str(self.weight)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(value["agent_id"], value["version"], Decimal(value["weight"]))


Agents = tuple[WeightedAgent, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who answers and calls from one number, as UponAI holds it; immutable.

    `is_time_routing_enabled` is None when the account did not say.
    """

    inbound: Agents = ()
    outbound: Agents = ()
    webhook_url: str | None = None
    is_time_routing_enabled: bool | None = None

    def value(self, field: Field) -> Agents | str | bool | None:
        """Return the value of one field."""
        match field:
            case Field.INBOUND:
                return self.inbound
            case Field.OUTBOUND:
                return self.outbound
            case Field.WEBHOOK:
                return self.webhook_url
            case Field.TIME_ROUTING:
                return self.is_time_routing_enabled

    def differing(self, other: "Assignment", fields: Iterable[Field] = ALL_FIELDS) -> frozenset[Field]:
        """Return those of `fields` whose value is another one in `other`; agents in any order are the same."""
        return frozenset(f for f in fields if _comparable(self.value(f)) != _comparable(other.value(f)))

    def agrees_with(self, other: "Assignment", fields: Iterable[Field] = ALL_FIELDS) -> bool:
        """Say whether both hold the same values in `fields`."""
        return not self.differing(other, fields)

    def patch_to(self, fields: Iterable[Field]) -> "AssignmentPatch":
        """Return the patch that sets `fields` to what they are here."""
        return AssignmentPatch(self, frozenset(fields))

    def to_json(self) -> dict[str, Any]:
        """Return this assignment as JSON values, for storing."""
        return {
            "inbound": [agent.to_json() for agent in self.inbound],
            "outbound": [agent.to_json() for agent in self.outbound],
            "webhook_url": self.webhook_url,
            "is_time_routing_enabled": self.is_time_routing_enabled,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            inbound=tuple(WeightedAgent.from_json(agent) for agent in value["inbound"]),
            outbound=tuple(WeightedAgent.from_json(agent) for agent in value["outbound"]),
            webhook_url=value["webhook_url"],
            is_time_routing_enabled=value["is_time_routing_enabled"],
        )


@dataclass(frozen=True, slots=True)
class AssignmentPatch:
    """The fields that a change touches, and what each becomes; fields outside `fields` mean nothing."""

    wanted: Assignment
    fields: frozenset[Field]

    def without_unchanged(self, before: Assignment) -> "AssignmentPatch":
        """Drop the fields that are already as wanted: a value equal to the present one is not touched."""
        return replace(self, fields=before.differing(self.wanted, self.fields))

    def onto(self, before: Assignment) -> Assignment:
        """Return `before` with the touched fields replaced."""
        kept = {f: (self.wanted if f in self.fields else before) for f in Field}
        return Assignment(
            inbound=kept[Field.INBOUND].inbound,
            outbound=kept[Field.OUTBOUND].outbound,
            webhook_url=kept[Field.WEBHOOK].webhook_url,
            is_time_routing_enabled=kept[Field.TIME_ROUTING].is_time_routing_enabled,
        )

    def missing_from(self, live: Assignment) -> frozenset[Field]:
        """Return the touched fields that `live` does not show as wanted.

        An inbound agent that is not pinned agrees with any version read back (uponai-api: "read back, any version
        or none agrees with not pinned"). Outbound versions are always sent, and must come back as sent.
        """
        return frozenset(f for f in self.fields if not self._is_shown(f, live))

    def is_satisfied_by(self, live: Assignment) -> bool:
        """Say whether `live` shows every touched field as wanted."""
        return not self.missing_from(live)

    def _is_shown(self, field: Field, live: Assignment) -> bool:
        if field is not Field.INBOUND:
            return live.agrees_with(self.wanted, [field])
        return _matches_loosely(self.wanted.inbound, live.inbound)

    def to_json(self) -> dict[str, Any]:
        """Return this patch as JSON values: the touched fields alone."""
        whole = self.wanted.to_json()
        names = {Field.WEBHOOK: "webhook_url", Field.TIME_ROUTING: "is_time_routing_enabled"}
        return {names.get(f, f.value): whole[names.get(f, f.value)] for f in Field if f in self.fields}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        names = {"webhook_url": Field.WEBHOOK, "is_time_routing_enabled": Field.TIME_ROUTING}
        fields = frozenset(names.get(name) or Field(name) for name in value)
        return cls(Assignment.from_json({**Assignment().to_json(), **value}), fields)


def _comparable(value: Agents | str | bool | None) -> object:
    if isinstance(value, tuple):
        return sorted((a.agent_id, -1 if a.version is None else a.version, a.weight) for a in value)
    return value


def _matches_loosely(wanted: Agents, live: Agents) -> bool:
    """Pair each wanted agent with one live agent; pinned ones first, because any version serves the others."""
    left = list(live)
    for agent in sorted(wanted, key=lambda a: a.version is None):
        match = next(
            (
                other
                for other in left
                if other.agent_id == agent.agent_id
                and abs(other.weight - agent.weight) <= WEIGHT_ROUNDING
                and agent.version in (None, other.version)
            ),
            None,
        )
        if match is None:
            return False
        left.remove(match)
    return not left
