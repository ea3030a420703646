"""The whole policy, and the part of it that holds for one change and is copied onto it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Self

from bot.domain.rules.facts import ChangeFacts
from bot.domain.rules.patterns import host_matches
from bot.domain.rules.people import People, Person, is_among
from bot.domain.rules.rule import Denial, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPolicy:
    """The rules that hold for one change, all at once; `policy_hash` is the hash of the policy that they are from.

    There is always a rule. `expires_after` None leaves it to the operator's setting.
    """

    rules: tuple[Rule, ...] = (Rule(),)
    expires_after: timedelta | None = None
    policy_hash: str | None = None

    @property
    def quorum(self) -> int:
        """How many people it takes at least; one person can count for several rules."""
        return max(rule.quorum for rule in self.rules)

    @property
    def channel(self) -> str | None:
        """The channel where the approval is asked: the first rule's that names one."""
        return next((rule.channel for rule in self.rules if rule.channel is not None), None)

    @property
    def override(self) -> tuple[People, ...]:
        """Who may override: whoever is in each of these; nobody where there are none."""
        named = [rule.override for rule in self.rules if rule.override is not None]
        return tuple(named) if len(named) == len(self.rules) else ()

    @property
    def can_be_overridden(self) -> bool:
        """Say whether there may be somebody who may override, as far as that shows without a look-up."""
        listed = [people.people for people in self.override if not people.needs_look_up]
        candidates = frozenset.intersection(*listed) if listed else None
        return bool(self.override) and all(people.ids for people in self.override) and candidates != frozenset()

    @property
    def open_rules(self) -> frozenset[str]:
        """Name the rules that every full member may approve by."""
        return frozenset(rule.name for rule in self.rules if rule.approvers is None)

    @property
    def is_open(self) -> bool:
        """Say whether every full member may ask and approve, wherever it is asked."""
        return self.channel is None and not any(rule.approvers or rule.requesters for rule in self.rules)

    @property
    def needs_look_up(self) -> bool:
        """Say whether Slack must be asked before it is known whom a person's review counts for."""
        return any(rule.approvers is not None and rule.approvers.needs_look_up for rule in self.rules)

    @property
    def people(self) -> tuple[People, ...]:
        """Every set of people that the rules name: their groups and channels must be looked up to know a person."""
        named = [(rule.approvers, rule.requesters, rule.override) for rule in self.rules]
        return tuple(people for each in named for people in each if people is not None)

    def may_override(self, person: Person) -> bool:
        """Say whether this person may override all of the rules."""
        return bool(self.override) and all(people.includes(person) for people in self.override)

    def rules_for(self, person: Person) -> frozenset[str]:
        """Name the rules that this person's review counts for; whose change it is plays no part here."""
        return frozenset(rule.name for rule in self.rules if is_among(rule.approvers, person))

    def rule_refusing_requester(self, person: Person) -> Rule | None:
        """Return the first rule by which this person may not ask, None when they may."""
        return next((rule for rule in self.rules if not is_among(rule.requesters, person)), None)

    def rule_refusing_webhook(self, url: str) -> Rule | None:
        """Return the first rule that does not allow a webhook's host, None when all do."""
        return next((rule for rule in self.rules if not _allows(rule, url)), None)

    def expires_at(self, asked_at: datetime, ttl: timedelta, *, start: datetime | None = None) -> datetime:
        """Return when an undecided change expires: by the shortest time of its rules, and at its start at the latest.

        `ttl` is the operator's setting, for where the policy says nothing; `start` is None for as soon as approved.
        """
        usual = ttl if self.expires_after is None else self.expires_after
        after = min(usual if rule.expires_after is None else rule.expires_after for rule in self.rules)
        return asked_at + after if start is None else min(asked_at + after, start)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values, for storing; the former release reads the quorum alone."""
        return {
            "quorum": self.quorum,
            "rules": [rule.to_json() for rule in self.rules],
            "expires_after": None if self.expires_after is None else self.expires_after.total_seconds(),
            "policy_hash": self.policy_hash,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote, or what the former release did: a quorum, of any other full members."""
        if "rules" not in value:
            return cls(rules=(Rule(quorum=value["quorum"]),))
        after = value["expires_after"]
        return cls(
            rules=tuple(Rule.from_json(rule) for rule in value["rules"]),
            expires_after=None if after is None else timedelta(seconds=after),
            policy_hash=value["policy_hash"],
        )


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a policy file says; without values it is the built-in policy. `names` maps numbers to their names."""

    quorum: int = 1
    denial: Denial = Denial.ENDS
    expires_after: timedelta | None = None
    names: tuple[tuple[str, str], ...] = ()
    rules: tuple[Rule, ...] = ()

    @cached_property
    def hash(self) -> str:
        """Tell two policies apart: equal for files that say the same, however they are written."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def name_of(self, number: str) -> str | None:
        """Return what people call a number, None when it has no name."""
        return self._names.get(number)

    @cached_property
    def _names(self) -> dict[str, str]:
        return dict(self.names)

    @property
    def fallback(self) -> Rule:
        """The rule that holds where no other one does."""
        return Rule(quorum=self.quorum, denial=self.denial)

    def holding_for(self, facts: ChangeFacts) -> HeldPolicy:
        """Return what holds for a change: every rule that matches, else the fallback."""
        matching = tuple(rule for rule in self.rules if rule.matches(facts))
        return HeldPolicy(rules=matching or (self.fallback,), expires_after=self.expires_after, policy_hash=self.hash)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "quorum": self.quorum,
            "denial": self.denial.value,
            "expires_after": None if self.expires_after is None else self.expires_after.total_seconds(),
            "names": [list(pair) for pair in self.names],
            "rules": [rule.to_json() for rule in self.rules],
        }


def _allows(rule: Rule, url: str) -> bool:
    return rule.webhook_hosts is None or any(host_matches(pattern, url) for pattern in rule.webhook_hosts)
