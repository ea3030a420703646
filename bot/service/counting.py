"""What a review comes to, and whose reviews still count when all of them together would approve a change."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import Fact
from bot.domain.policy import Decision, Review, Verdict
from bot.domain.standing import evaluation, standing
from bot.domain.state import State
from bot.service.rights import Rights
from bot.service.unit_of_work import UnitOfWork
from bot.store import reviews


@dataclass(frozen=True, slots=True)
class Said:
    """What a reviewer says, and why."""

    verdict: Verdict
    reason: str | None = None
    by: str = ""


def names_of(decided: ChangeRequest, verdict: Verdict) -> tuple[Event, Fact]:
    """Name what a review has come to, for the record and for the thread."""
    if decided.state is not State.PENDING:
        return Event.of_state(decided.state), Fact.of_state(decided.state)
    return (Event.REVIEWED, Fact.REVIEWED) if verdict is Verdict.APPROVE else (Event.BLOCKED, Fact.BLOCKED)


async def still_counting(
    unit: UnitOfWork, change: ChangeRequest, found: list[Review], rights: Rights, *, except_id: str | None = None
) -> list[Review]:
    """Look again at who approved when these reviews would approve the change; who may no longer does not count.

    `except_id` was looked up with the press. Raises NotLookedUp.
    """
    others = to_look_up_again(unit, change, found, except_id=except_id)
    if not others:
        return found
    return await _without_lost(unit, change, found, rights.again(change.policy, others), others)


async def _without_lost(
    unit: UnitOfWork,
    change: ChangeRequest,
    found: list[Review],
    known: Mapping[str, frozenset[str]],
    people: Collection[str],
) -> list[Review]:
    """Record what the reviews of these people no longer count for."""
    kept: list[Review] = []
    for each in found:
        lost: frozenset[str] = frozenset()
        if each.reviewer_id in people and standing(change, [each]):
            lost = (each.rules | change.policy.open_rules) - each.lost - known[each.reviewer_id]
        if lost:
            await reviews.lose(unit.tx, change.id, each, lost, unit.at)
            after = {"reviewer": each.reviewer_id, "rules": sorted(filter(None, lost))}
            unit.note(Event.RIGHT_LOST, change_id=change.id, after=after)
        kept.append(replace(each, lost=each.lost | lost))
    return kept


def to_look_up_again(
    unit: UnitOfWork, change: ChangeRequest, found: Collection[Review], *, except_id: str | None = None
) -> tuple[str, ...]:
    """Return whom `still_counting` looks up again."""
    if evaluation(change, found, unit.at).decision is not Decision.APPROVED:
        return ()
    approving = [each for each in standing(change, found) if each.verdict is Verdict.APPROVE]
    return tuple(each.reviewer_id for each in approving if each.reviewer_id != except_id)
