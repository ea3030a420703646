"""One rule of a policy: for which changes it holds, and what it asks of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self

from bot.domain.rules.facts import ChangeFacts, ChangeKind
from bot.domain.rules.patterns import number_matches
from bot.domain.rules.people import People
from bot.domain.rules.windows import Freeze, Window


class Denial(StrEnum):
    """What one denial does."""

    ENDS = "ends"
    BLOCKS = "blocks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """For which changes it holds, and what it asks of them.

    `numbers`, `changes` and `agents` are None where the rule holds for all of them; `approvers` and `requesters` are
    None where every full member may; `webhook_hosts` is None where any host may stand. `override` None is nobody.
    Without `expires_after` the policy's own holds. The rule without a name is the one that holds where no other does.
    """

    name: str = ""
    numbers: tuple[str, ...] | None = None
    changes: frozenset[ChangeKind] | None = None
    agents: frozenset[str] | None = None
    approvers: People | None = None
    requesters: People | None = None
    quorum: int = 1
    denial: Denial = Denial.ENDS
    expires_after: timedelta | None = None
    channel: str | None = None
    webhook_hosts: tuple[str, ...] | None = None
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    override: People | None = None

    def matches(self, facts: ChangeFacts) -> bool:
        """Say whether this rule holds for a change."""
        return (
            self.matches_number(facts.number)
            and (self.changes is None or not self.changes.isdisjoint(facts.kinds))
            and (self.agents is None or not self.agents.isdisjoint(facts.agents))
        )

    def matches_number(self, number: str) -> bool:
        """Say whether this rule can hold for changes of a number."""
        return self.numbers is None or any(number_matches(pattern, number) for pattern in self.numbers)

    def to_json(self) -> dict[str, Any]:
        """Return this rule as JSON values, for storing."""
        return {
            "name": self.name,
            "numbers": None if self.numbers is None else list(self.numbers),
            "changes": _sorted(self.changes),
            "agents": _sorted(self.agents),
            "approvers": _people_to_json(self.approvers),
            "requesters": _people_to_json(self.requesters),
            "quorum": self.quorum,
            "denial": self.denial.value,
            "expires_after": None if self.expires_after is None else self.expires_after.total_seconds(),
            "channel": self.channel,
            "webhook_hosts": None if self.webhook_hosts is None else list(self.webhook_hosts),
            "windows": [window.to_json() for window in self.windows],
            "freezes": [freeze.to_json() for freeze in self.freezes],
            "override": _people_to_json(self.override),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        numbers, changes, agents, hosts, after = (
            value[key] for key in ("numbers", "changes", "agents", "webhook_hosts", "expires_after")
        )
        return cls(
            name=value["name"],
            numbers=None if numbers is None else tuple(numbers),
            changes=None if changes is None else frozenset(ChangeKind(kind) for kind in changes),
            agents=None if agents is None else frozenset(agents),
            approvers=_people_from_json(value["approvers"]),
            requesters=_people_from_json(value["requesters"]),
            quorum=value["quorum"],
            denial=Denial(value["denial"]),
            expires_after=None if after is None else timedelta(seconds=after),
            channel=value["channel"],
            webhook_hosts=None if hosts is None else tuple(hosts),
            windows=tuple(Window.from_json(window) for window in value["windows"]),
            freezes=tuple(Freeze.from_json(freeze) for freeze in value["freezes"]),
            override=_people_from_json(value["override"]),
        )


def _sorted(values: Iterable[str] | None) -> list[str] | None:
    return None if values is None else sorted(str(value) for value in values)


def _people_to_json(people: People | None) -> dict[str, Any] | None:
    return None if people is None else people.to_json()


def _people_from_json(value: Mapping[str, Any] | None) -> People | None:
    return None if value is None else People.from_json(value)
