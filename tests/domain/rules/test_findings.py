from datetime import datetime
from typing import Any

import pytest

from bot.domain.rules.facts import ChangeKind
from bot.domain.rules.findings import findings
from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.rules.windows import Freeze, Window

LEADS = People(groups=frozenset({"S1"}))
PAIR = People(frozenset({"U1", "U2"}))
WEDNESDAY = Window(("wed",), 480, 1080, "Europe/Berlin")
FRIDAY = Window(("fri",), 480, 1080, "Europe/Berlin")
NEVER = Window(("wed",), 1080, 480, "Europe/Berlin")
# 02:00 to 03:00 on a Sunday is jumped over once a year, and opens on all the others.
SMALL_HOURS = Window(("sun",), 120, 180, "Europe/Berlin")


def freeze(start: str, end: str) -> Freeze:
    return Freeze(datetime.fromisoformat(start), datetime.fromisoformat(end), "UTC", "why")


def rule(name: str = "a", **values: Any) -> Rule:
    return Rule(name=name, **values)


def found_in(*rules: Rule, **top: Any) -> list[str]:
    return [f"{finding.place}: {finding.sentence}" for finding in findings(Policy(rules=rules, **top))]


BAD: list[tuple[list[Rule], str, str]] = [
    ([rule(approvers=PAIR, quorum=3)], "('rules', 0, 'approvers')", "asks for 3 approvals and lists 2 people"),
    ([rule(approvers=People())], "('rules', 0, 'approvers')", "lists nobody"),
    ([rule(windows=(WEDNESDAY, NEVER))], "('rules', 0, 'windows', 1)", "never opens from 18:00 to 08:00"),
    ([rule(freezes=(freeze("2026-01-01", "2036-01-01"),))], "('rules', 0, 'freezes', 0)", "without end"),
    (
        [rule(freezes=(freeze("2026-06-01", "2027-03-01"), freeze("2026-01-01", "2026-07-01")))],
        "('rules', 0, 'freezes', 1)",
        "from 2026-01-01 to 2027-03-01",
    ),
    ([rule(webhook_hosts=("https://hooks.example.com/x",))], "('rules', 0, 'webhook_hosts', 0)", "No host matches"),
    ([rule(webhook_hosts=("a.example", "hooks.*.com"))], "('rules', 0, 'webhook_hosts', 1)", "No host matches"),
    ([rule(webhook_hosts=("*",))], "('rules', 0, 'webhook_hosts', 0)", "No host matches"),
    ([rule(numbers=("+1 415*",))], "('rules', 0, 'numbers', 0)", "looks like +1 415*"),
    ([rule(numbers=("ext-1", "+12"))], "('rules', 0, 'numbers', 1)", "looks like +12"),
    (
        [rule("a", windows=(WEDNESDAY,)), rule("b", windows=(FRIDAY,))],
        "('rules', 1, 'windows')",
        "never open at the same time",
    ),
    (
        [rule("a", webhook_hosts=("a.example",)), rule("b", webhook_hosts=("*.a.example",))],
        "('rules', 1, 'webhook_hosts')",
        "no host is allowed by both",
    ),
    ([rule("a", quorum=2), rule("b", numbers=("+1*",))], "('rules', 1)", "“b” adds nothing: “a”"),
    ([rule("a"), rule("b")], "('rules', 1)", "“b” adds nothing: “a”"),
    (
        [
            rule("split", changes=frozenset({ChangeKind.SPLIT}), approvers=LEADS),
            rule("inbound", changes=frozenset({ChangeKind.INBOUND}), approvers=LEADS, quorum=2),
        ],
        "('rules', 0)",
        "“split” adds nothing: “inbound”",
    ),
]


@pytest.mark.parametrize(("rules", "place", "words"), BAD)
def test_what_can_never_hold_or_adds_nothing_is_found_with_its_place(rules: list[Rule], place: str, words: str) -> None:
    (sentence,) = found_in(*rules)
    assert sentence.startswith(f"{place}: ")
    assert words in sentence


GOOD = [
    [rule(approvers=PAIR, quorum=2)],
    [rule(approvers=LEADS, quorum=9)],
    [rule(windows=(SMALL_HOURS,), freezes=(freeze("2026-12-24", "2027-01-02"),))],
    [rule(numbers=("+1415*", "ext-4001", "+14155550101", "*", "+*"), webhook_hosts=("*.example.com", "localhost"))],
    [rule("a", numbers=("+1*",), windows=(WEDNESDAY,)), rule("b", numbers=("+49*",), windows=(FRIDAY,))],
    [
        rule("a", changes=frozenset({ChangeKind.SPLIT}), windows=(WEDNESDAY,)),
        rule("b", changes=frozenset({ChangeKind.NO_INBOUND}), windows=(FRIDAY,)),
    ],
    [rule("a", webhook_hosts=("*.a.example",)), rule("b", webhook_hosts=("b.a.example",))],
    [rule("a", numbers=("+1*",)), rule("b", quorum=2, numbers=("+1415*",))],
    [rule("a"), rule("b", approvers=LEADS, numbers=("+1*",))],
    [rule("a", quorum=2), rule("b", denial=Denial.BLOCKS)],
    [rule("a", quorum=2), rule("b", windows=(WEDNESDAY,))],
    [rule("a", quorum=2), rule("b", freezes=(freeze("2026-12-24", "2027-01-02"),))],
    [rule("a", quorum=2, override=LEADS), rule("b")],
    [rule("a", quorum=2), rule("b", agents=frozenset({"agent_a"}), channel="C1")],
    [],
]


@pytest.mark.parametrize("rules", GOOD)
def test_what_can_hold_is_not_complained_about(rules: list[Rule]) -> None:
    assert found_in(*rules) == []


def test_names_are_for_numbers_and_each_for_one() -> None:
    names = (
        ("+14155550101", "Support"),
        ("ext-1", "support"),
        ("no number", "Sales"),
        ("+12", "Spare"),
        ("+1*", "All"),
    )
    assert found_in(names=names) == [
        "('names', 'no number'): “Sales” names no number, which is neither a phone number nor an extension.",
        "('names', '+12'): “Spare” names +12, which is neither a phone number nor an extension.",
        "('names', '+1*'): “All” names +1*, which is neither a phone number nor an extension.",
        "('names', '+14155550101'): “Support” names several numbers: +14155550101, ext-1.",
    ]


def test_fifty_rules_are_looked_through() -> None:
    rules = [rule(f"Rule {n}", numbers=(f"+1415{n:02}*",), windows=(WEDNESDAY,)) for n in range(50)]
    assert found_in(*rules) == []
