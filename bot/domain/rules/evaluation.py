"""What all reviews of a change come to by all of its rules, recomputed from the beginning each time."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.policy import Decision, Review, Verdict
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.rules.sending import next_open


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one rule is; each person who approves stands there once."""

    rule: Rule
    approved_by: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many people must still approve."""
        return max(0, self.rule.quorum - len(self.approved_by))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The decision, and how it came about.

    `blocked_by` are those whose denials must be taken back first. `next_at` is the moment at which the clock alone
    moves the change on: an undecided one expires then, an approved one can be sent then (None: never).
    """

    decision: Decision
    progress: tuple[Progress, ...]
    blocked_by: tuple[str, ...] = ()
    next_at: datetime | None = None


def evaluate(
    held: HeldPolicy,
    *,
    requester_id: str,
    revision: int,
    reviews: Iterable[Review],
    rules_of: Mapping[str, Collection[str]],
    expires_at: datetime,
    due_at: datetime,
    now: datetime,
) -> Evaluation:
    """Recompute the decision; neither the order of the reviews nor that of the rules matters.

    `rules_of` names the rules that each reviewer may count for. Reviews of other revisions, withdrawn ones, the
    requester's own, and those of people who count for no rule never count. A denial does what the strictest of the
    rules says that its reviewer counts for.
    """
    live = [r for r in reviews if r.withdrawn_at is None and r.revision == revision and r.reviewer_id != requester_id]
    progress = tuple(Progress(rule, _approvers(rule, live, rules_of)) for rule in held.rules)
    denied_by = {r.reviewer_id for r in live if r.verdict is Verdict.DENY}
    denials = {person: _denials(held, rules_of.get(person, ())) for person in denied_by}
    if any(Denial.ENDS in found for found in denials.values()):
        return Evaluation(Decision.DENIED, progress)
    blocked_by = tuple(sorted(person for person, found in denials.items() if found))
    if blocked_by or any(each.missing for each in progress):
        return Evaluation(Decision.UNDECIDED, progress, blocked_by, expires_at)
    return Evaluation(Decision.APPROVED, progress, (), next_open(held.rules, max(now, due_at)))


def unreachable_rule(held: HeldPolicy, *, requester_id: str, eligible: Mapping[str, Collection[str]]) -> Rule | None:
    """Return the first rule whose quorum nobody can reach, None when each can be reached.

    `eligible` holds the people who may approve by rule name, as far as they were looked up. For a rule that is not
    there the people count whom it lists, if it names no group or channel.
    """
    return next((rule for rule in held.rules if _is_unreachable(rule, requester_id, eligible)), None)


def _is_unreachable(rule: Rule, requester_id: str, eligible: Mapping[str, Collection[str]]) -> bool:
    people = eligible.get(rule.name)
    if people is None:
        if rule.approvers is None or rule.approvers.needs_look_up:
            return False
        people = rule.approvers.people
    return len(set(people) - {requester_id}) < rule.quorum


def _approvers(rule: Rule, live: Iterable[Review], rules_of: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    approving = {r.reviewer_id for r in live if r.verdict is Verdict.APPROVE}
    return tuple(sorted(person for person in approving if rule.name in rules_of.get(person, ())))


def _denials(held: HeldPolicy, names: Collection[str]) -> frozenset[Denial]:
    return frozenset(rule.denial for rule in held.rules if rule.name in names)
