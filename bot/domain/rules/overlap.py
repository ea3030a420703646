"""Two rules beside each other: whether both can hold for one change, and whether one of them adds nothing."""

from bot.domain.rules.facts import ChangeKind, with_implied
from bot.domain.rules.patterns import is_covered_by, numbers_meet
from bot.domain.rules.people import People
from bot.domain.rules.rule import Rule

# No change is both of a pair.
_EITHER_OR = ({ChangeKind.SPLIT, ChangeKind.NO_INBOUND},)


def can_meet(one: Rule, other: Rule) -> bool:
    """Say whether some change can match both rules; of agents and globs what is likely is taken for possible."""
    if one.changes is not None and other.changes is not None:
        pairs = [{first, second} for first in one.changes for second in other.changes]
        if all(pair in _EITHER_OR for pair in pairs):
            return False
    if one.numbers is None or other.numbers is None:
        return True
    return any(numbers_meet(first, second) for first in one.numbers for second in other.numbers)


def adds_nothing_beside(rule: Rule, other: Rule, *, is_behind: bool) -> bool:
    """Say whether `other` certainly holds wherever `rule` does, and asks for as much; `is_behind` in the file."""
    return _holds_wherever(other, rule) and _asks_as_much(other, rule, is_behind=is_behind)


def _holds_wherever(wider: Rule, rule: Rule) -> bool:
    return (
        (
            wider.numbers is None
            or (
                rule.numbers is not None
                and all(any(is_covered_by(pattern, each) for each in wider.numbers) for pattern in rule.numbers)
            )
        )
        and (
            wider.changes is None
            or (
                rule.changes is not None
                and all(not wider.changes.isdisjoint(with_implied([kind])) for kind in rule.changes)
            )
        )
        and (wider.agents is None or (rule.agents is not None and rule.agents <= wider.agents))
    )


def _asks_as_much(other: Rule, rule: Rule, *, is_behind: bool) -> bool:
    return (
        other.quorum >= rule.quorum
        and other.denial is rule.denial
        and _is_as_narrow(other.approvers, rule.approvers)
        and _is_as_narrow(other.requesters, rule.requesters)
        and _may_override_as_little(other.override, rule.override)
        and (
            rule.expires_after is None
            or (other.expires_after is not None and other.expires_after <= rule.expires_after)
        )
        and (rule.channel is None or rule.channel == other.channel or (is_behind and other.channel is not None))
        and (
            rule.webhook_hosts is None
            or (other.webhook_hosts is not None and set(other.webhook_hosts) <= set(rule.webhook_hosts))
        )
        and (not rule.windows or set(rule.windows) == set(other.windows))
        and set(rule.freezes) <= set(other.freezes)
    )


def _is_as_narrow(other: People | None, people: People | None) -> bool:
    return people is None or (other is not None and other.is_within(people))


def _may_override_as_little(other: People | None, people: People | None) -> bool:
    # Without a word about it nobody may.
    return other is None or (people is not None and other.is_within(people))
