"""What a policy says that can never hold, or that adds nothing: found by looking at the policy alone, at no time."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations

from bot.domain.rules.overlap import adds_nothing_beside, can_meet
from bot.domain.rules.patterns import hosts_meet, is_host_pattern, is_number_like
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Rule
from bot.domain.rules.sending import next_open
from bot.domain.rules.windows import clock

LONGEST_FREEZE = timedelta(days=366)
# Any week shows which windows open; from here two years are looked through, with their shifts of the clock.
_FROM = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that should be mended; `place` is where it stands in the file, `sentence` a whole sentence."""

    place: tuple[str | int, ...]
    sentence: str


def findings(policy: Policy) -> tuple[Finding, ...]:
    """Return everything that the policy should not say, in the order of the file."""
    found = list(_names(policy))
    for index, rule in enumerate(policy.rules):
        place = ("rules", index)
        found += [*_numbers(place, rule), *_people(place, rule), *_hosts(place, rule)]
        found += [*_windows(place, rule), *_freezes(place, rule)]
    return (*found, *_together(policy.rules), *_idle(policy.rules))


def _names(policy: Policy) -> Iterator[Finding]:
    for number, name in policy.names:
        if not is_number_like(number) or "*" in number or "?" in number:
            yield Finding(
                ("names", number), f"“{name}” names {number}, which is neither a phone number nor an extension."
            )
    named = Counter(name.casefold() for _, name in policy.names)
    for number, name in policy.names:
        if named.pop(name.casefold(), 0) > 1:
            others = ", ".join(other for other, same in policy.names if same.casefold() == name.casefold())
            yield Finding(("names", number), f"“{name}” names several numbers: {others}.")


def _numbers(place: tuple[str | int, ...], rule: Rule) -> Iterator[Finding]:
    for index, pattern in enumerate(rule.numbers or ()):
        if not is_number_like(pattern):
            yield Finding((*place, "numbers", index), f"No number and no extension looks like {pattern}.")


def _people(place: tuple[str | int, ...], rule: Rule) -> Iterator[Finding]:
    people = rule.approvers
    if people is not None and not people.needs_look_up and len(people.people) < rule.quorum:
        listed = {0: "lists nobody", 1: "lists one person"}.get(
            len(people.people), f"lists {len(people.people)} people"
        )
        yield Finding(
            (*place, "approvers"),
            f"“{rule.name}” asks for {rule.quorum} approval{'' if rule.quorum == 1 else 's'} and {listed}.",
        )


def _hosts(place: tuple[str | int, ...], rule: Rule) -> Iterator[Finding]:
    for index, pattern in enumerate(rule.webhook_hosts or ()):
        if not is_host_pattern(pattern):
            yield Finding(
                (*place, "webhook_hosts", index),
                f"No host matches {pattern}; write one like hooks.example.com or *.example.com.",
            )


def _windows(place: tuple[str | int, ...], rule: Rule) -> Iterator[Finding]:
    for index, window in enumerate(rule.windows):
        if window.start >= window.end:
            hours = f"from {clock(window.start)} to {clock(window.end)}"
            yield Finding(
                (*place, "windows", index),
                f"It never opens {hours}. Write the hours of a night as two windows: to 24:00, and from 00:00.",
            )
    is_reported = all(window.start >= window.end for window in rule.windows)
    if rule.windows and not is_reported and next_open([_without_freezes(rule)], _FROM) is None:
        yield Finding((*place, "windows"), f"No window of “{rule.name}” ever opens.")


def _freezes(place: tuple[str | int, ...], rule: Rule) -> Iterator[Finding]:
    spells: list[tuple[int, datetime, datetime]] = []
    for index, freeze in sorted(enumerate(rule.freezes), key=lambda each: each[1].begins_at):
        if spells and freeze.begins_at <= spells[-1][2]:
            first, begins, ends = spells[-1]
            spells[-1] = (first, begins, max(ends, freeze.ends_at))
        else:
            spells.append((index, freeze.begins_at, freeze.ends_at))
    for index, begins, ends in spells:
        if ends - begins > LONGEST_FREEZE:
            span = f"from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}"
            yield Finding(
                (*place, "freezes", index), f"Nothing is sent {span}: a freeze of more than a year is one without end."
            )


def _together(rules: tuple[Rule, ...]) -> Iterator[Finding]:
    """Find pairs of rules of which each can be met, and never both."""
    for (_, first), (index, second) in combinations(enumerate(rules), 2):
        if not can_meet(first, second):
            continue
        both = f"“{first.name}” and “{second.name}” can hold for the same change"
        pair = [_without_freezes(first), _without_freezes(second)]
        opens = [next_open([rule], _FROM) is not None for rule in pair]
        if first.windows and second.windows and all(opens) and next_open(pair, _FROM) is None:
            yield Finding(("rules", index, "windows"), f"{both}, and their windows never open at the same time.")
        if first.webhook_hosts and second.webhook_hosts and not _share_hosts(first, second):
            yield Finding(("rules", index, "webhook_hosts"), f"{both}, and no host is allowed by both.")


def _idle(rules: tuple[Rule, ...]) -> Iterator[Finding]:
    """Find rules that change nothing beside another one; of two equal ones the later."""
    for index, rule in enumerate(rules):
        for position, other in enumerate(rules):
            if position == index or not adds_nothing_beside(rule, other, is_behind=position < index):
                continue
            if position > index and adds_nothing_beside(other, rule, is_behind=True):
                continue
            yield Finding(
                ("rules", index), f"“{rule.name}” adds nothing: “{other.name}” asks for as much wherever it holds."
            )
            break


def _share_hosts(first: Rule, second: Rule) -> bool:
    return any(hosts_meet(one, other) for one in first.webhook_hosts or () for other in second.webhook_hosts or ())


def _without_freezes(rule: Rule) -> Rule:
    return Rule(name=rule.name, windows=rule.windows)
