"""Which undecided changes wait for a person: those that lack an approval which they may give, and have not."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.change import ChangeRequest
from bot.domain.errors import CannotCheck
from bot.domain.policy import Review
from bot.domain.rules.people import People, Person
from bot.domain.rules.policy import HeldPolicy
from bot.domain.standing import evaluation, standing_of
from bot.service.rights import LookUp

# A list is shown all the same: what it is not known of is taken for what waits, and the press decides.
LOOK_WITHIN = timedelta(seconds=1)

_Approvers = tuple[tuple[str, People | None], ...]


@dataclass(frozen=True, slots=True)
class Parted:
    """Undecided changes of others: what waits for the reader, what they have decided about, and what needs others."""

    waiting: list[ChangeRequest] = field(default_factory=list)
    decided: list[ChangeRequest] = field(default_factory=list)
    others: list[ChangeRequest] = field(default_factory=list)


def is_for_all(changes: Iterable[ChangeRequest]) -> bool:
    """Say whether every full member may approve each of these."""
    return all(each.policy.open_rules for each in changes)


async def part(
    found: Sequence[ChangeRequest],
    reviews: Mapping[int, list[Review]],
    reader_id: str,
    look_up: LookUp | None,
) -> Parted:
    """Part undecided changes as a full member sees them; no transaction is open while Slack is asked.

    Without `look_up`, or where Slack does not say in time, the reader is taken for one who may approve.
    """
    known = await _rules_of(found, reader_id, look_up)
    parted = Parted()
    for change in found:
        of_change = reviews.get(change.id, [])
        if standing_of(change, reader_id, of_change) is not None:
            parted.decided.append(change)
        elif _lacking(change, of_change) & known[_approvers(change.policy)]:
            parted.waiting.append(change)
        else:
            parted.others.append(change)
    return parted


def _lacking(change: ChangeRequest, reviews: list[Review]) -> frozenset[str]:
    """Name the rules that still lack approvals; what the clock does to the change plays no part."""
    progress = evaluation(change, reviews, change.created_at).progress
    return frozenset(each.rule.name for each in progress if each.missing)


async def _rules_of(
    found: Sequence[ChangeRequest], reader_id: str, look_up: LookUp | None
) -> dict[_Approvers, frozenset[str]]:
    """Name for each set of rules those that the reader may approve by; many changes have the same."""
    policies = {_approvers(each.policy): each.policy for each in found}
    unknown = [held for held in policies.values() if held.needs_look_up]
    looked: list[frozenset[str]] = []
    if unknown:
        looked = list(await asyncio.gather(*(_look(held, reader_id, look_up) for held in unknown)))
    known = {_approvers(held): rules for held, rules in zip(unknown, looked, strict=True)}
    return {key: known.get(key, held.rules_for(Person(reader_id))) for key, held in policies.items()}


async def _look(held: HeldPolicy, reader_id: str, look_up: LookUp | None) -> frozenset[str]:
    everything = frozenset(rule.name for rule in held.rules)
    if look_up is None:
        return everything
    try:
        async with asyncio.timeout(LOOK_WITHIN.total_seconds()):
            return (await look_up.to_decide(held, [reader_id]))[reader_id]
    except (CannotCheck, TimeoutError):
        return everything


def _approvers(held: HeldPolicy) -> _Approvers:
    return tuple((rule.name, rule.approvers) for rule in held.rules)
