"""When a change can be sent: inside a window of every rule that has windows, and outside of all freezes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.rules.rule import Rule

# What does not open within this is said never to open.
FARTHEST = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True)
class Closure:
    """Why nothing is sent at a moment: a freeze of a rule with its reason, or that no window of it is open."""

    rule: str
    is_freeze: bool = False
    why: str = ""


def is_open(rules: Iterable[Rule], at: datetime) -> bool:
    """Say whether the rules let a change be sent at this moment."""
    return not closures(rules, at)


def closures(rules: Iterable[Rule], at: datetime) -> tuple[Closure, ...]:
    """Say why nothing is sent at this moment; nothing when it is open."""
    found = []
    for rule in rules:
        if rule.windows and not any(window.contains(at) for window in rule.windows):
            found.append(Closure(rule.name))
        found.extend(
            Closure(rule.name, is_freeze=True, why=freeze.why) for freeze in rule.freezes if freeze.contains(at)
        )
    return tuple(found)


def next_open(rules: Iterable[Rule], at: datetime, *, within: timedelta = FARTHEST) -> datetime | None:
    """Return the first moment from `at` on at which a change can be sent, None when there is none `within`."""
    rules = tuple(rules)
    moment, last = at, at + within
    while moment <= last:
        later = _not_before(rules, moment)
        if later is None or later == moment:
            return later
        moment = later
    return None


def _not_before(rules: Iterable[Rule], moment: datetime) -> datetime | None:
    """Move a moment on to where each rule by itself would let it be; None when one never does."""
    for rule in rules:
        for freeze in rule.freezes:
            if freeze.contains(moment):
                moment = freeze.ends_at
        if not rule.windows or any(window.contains(moment) for window in rule.windows):
            continue
        opening = [found for window in rule.windows if (found := window.next_open(moment)) is not None]
        if not opening:
            return None
        moment = min(opening)
    return moment
