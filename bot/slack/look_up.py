"""What rules need to know of Slack: who may ask, who could approve, and for which rules people count."""

from collections.abc import Collection, Iterable, Mapping
from itertools import islice

from bot.domain.rules.people import People, Person
from bot.domain.rules.policy import HeldPolicy
from bot.service.rights import Asking
from bot.slack.api.channels import Channels
from bot.slack.api.groups import Groups
from bot.slack.api.members import Members
from bot.slack.background import together

# So many of a rule's people are looked up to find as many full members as its quorum asks for; beyond that, whoever is
# named counts as one.
MOST_LOOKED_UP = 20


class SlackLookUp:
    """Answers what the service asks about people; every answer is at most 60 s old, and without one it refuses."""

    def __init__(self, members: Members, groups: Groups, channels: Channels) -> None:
        self._members = members
        self._groups = groups
        self._channels = channels

    async def to_ask(self, held: HeldPolicy, requester_id: str) -> Asking:
        """Look up the requester, whoever else could approve, and the channel that a rule names.

        Raises NotAllowed when nothing can be posted in that channel, CannotCheck when Slack does not say.
        """
        person, eligible, _ = await together(
            self._person(requester_id, [rule.requesters for rule in held.rules if rule.requesters]),
            self._eligible(held, requester_id),
            self._require_channel(held),
        )
        return Asking(person, eligible)

    async def to_decide(self, held: HeldPolicy, people: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Name for each of these people the rules that they may count for. Raises CannotCheck."""
        named = [rule.approvers for rule in held.rules if rule.approvers]
        found = await together(*(self._rules_of(held, user_id, named) for user_id in people))
        return dict(zip(people, found, strict=True))

    async def to_override(self, held: HeldPolicy, user_id: str) -> Person:
        """Look up whether somebody is one of those who may override. Raises CannotCheck."""
        return await self._person(user_id, held.override)

    async def _rules_of(self, held: HeldPolicy, user_id: str, named: Iterable[People]) -> frozenset[str]:
        is_full, person = await together(self._members.is_full(user_id), self._person(user_id, named))
        return held.rules_for(person) if is_full else frozenset()

    async def _person(self, user_id: str, named: Iterable[People]) -> Person:
        ids = frozenset[str]().union(*(each.groups | each.channels for each in named))
        within = dict(zip(ids, await together(*map(self._groups.members, ids)), strict=True))
        mine = frozenset(each for each, members in within.items() if user_id in members)
        groups = frozenset(each for each in mine if each.startswith("S"))
        return Person(user_id, groups, mine - groups)

    async def _eligible(self, held: HeldPolicy, requester_id: str) -> Mapping[str, frozenset[str]]:
        """Find for each rule that names people as many others as its quorum asks for, as far as there are any."""
        rules = [(rule, rule.approvers) for rule in held.rules if rule.approvers is not None]
        found = await together(*(self._able(people, requester_id, rule.quorum) for rule, people in rules))
        return {rule.name: able for (rule, _), able in zip(rules, found, strict=True)}

    async def _able(self, people: People, requester_id: str, quorum: int) -> frozenset[str]:
        within = await together(*map(self._groups.members, sorted(people.groups | people.channels)))
        candidates = sorted(people.people.union(*within) - {requester_id})
        able: set[str] = set()
        looking = iter(candidates[:MOST_LOOKED_UP])
        while len(able) < quorum and (some := list(islice(looking, quorum - len(able)))):
            full = await together(*map(self._members.is_full, some))
            able.update(each for each, is_full in zip(some, full, strict=True) if is_full)
        return frozenset(able if len(able) >= quorum else able.union(candidates[MOST_LOOKED_UP:]))

    async def _require_channel(self, held: HeldPolicy) -> None:
        if held.channel is not None:
            await self._channels.require_postable(held.channel)
