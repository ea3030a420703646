from datetime import datetime, timedelta

import pytest

from bot.domain.rules.evaluation import Progress
from bot.domain.rules.facts import ChangeKind
from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.rules.windows import DAYS, Freeze, Window
from bot.domain.rules.words import duration, policy_sentence, progress_words, rule_sentences, window_words

LEADS = People(groups=frozenset({"S1"}))
HOLIDAYS = Freeze(datetime.fromisoformat("2026-12-24"), datetime.fromisoformat("2027-01-02"), "UTC", "holidays")
MIXED = People(frozenset({"U2", "U1"}), frozenset({"S1"}), frozenset({"C1"}))


def test_the_built_in_policy_in_words() -> None:
    assert policy_sentence(Policy()) == (
        "a change is applied when one other full member of the workspace approves it, the requester never counting; "
        "one denial ends it."
    )


def test_the_top_of_a_file_in_words() -> None:
    policy = Policy(quorum=2, denial=Denial.BLOCKS, expires_after=timedelta(hours=36), rules=(Rule(name="a"),))
    assert policy_sentence(policy) == (
        "a change that no rule matches is applied when 2 other full members of the workspace approve it, the requester "
        "never counting; a denial holds it up until it is taken back; undecided, it expires after 36 hours."
    )


def test_a_plain_rule_in_words() -> None:
    assert rule_sentences(Rule(name="a")) == (
        "It holds for every change, of every number.",
        "One other full member of the workspace must approve.",
        "One denial ends the change.",
    )


def test_a_rule_with_everything_in_words() -> None:
    rule = Rule(
        name="Main lines",
        numbers=("+1415*", "ext-1"),
        changes=frozenset({ChangeKind.WEBHOOK, ChangeKind.INBOUND}),
        agents=frozenset({"agent_a"}),
        approvers=MIXED,
        requesters=LEADS,
        quorum=2,
        denial=Denial.BLOCKS,
        expires_after=timedelta(minutes=90),
        channel="C2",
        webhook_hosts=("hooks.example.com", "*.example.org"),
        windows=(Window(DAYS[:5], 480, 1080, "Europe/Berlin"), Window(("sat", "sun"), 0, 1440, "UTC")),
        freezes=(HOLIDAYS,),
        override=People(frozenset({"U9"})),
    )
    assert rule_sentences(rule, lambda found: f"<{found}>") == (
        (
            "It holds for changes of inbound calls or the webhook that put on or take away agent_a, "
            "of the numbers +1415* and ext-1."
        ),
        "Only <S1> may ask.",
        "2 of <U1>, <U2>, <S1> or the members of <C1> must approve, other than the requester.",
        "A denial holds it up until it is taken back.",
        "An undecided change expires after 90 minutes.",
        "Approvals are asked in <C2>.",
        "A webhook may go to hooks.example.com or *.example.org only.",
        (
            "Changes are sent Monday to Friday from 08:00 to 18:00 (Europe/Berlin); "
            "or Saturday and Sunday from 00:00 to 24:00 (UTC)."
        ),
        "Nothing is sent from 2026-12-24 00:00 to 2027-01-02 00:00 (UTC): holidays.",
        "In an emergency <U9> may override it.",
    )


@pytest.mark.parametrize(
    ("rule", "approved_by", "words"),
    [
        (Rule(quorum=2), ("U1", "U2"), "2 of 2"),
        (Rule(quorum=2), ("U1",), "1 of 2, still needed: one other full member of the workspace"),
        (Rule(quorum=2), (), "0 of 2, still needed: 2 other full members of the workspace"),
        (Rule(quorum=2, approvers=LEADS), ("U1",), "1 of 2, still needed: one of @S1"),
        (Rule(quorum=3, approvers=LEADS), ("U1",), "1 of 3, still needed: 2 of @S1"),
    ],
)
def test_progress_says_what_is_still_needed(rule: Rule, approved_by: tuple[str, ...], words: str) -> None:
    assert progress_words(Progress(rule, approved_by), lambda found: f"@{found}") == words


def test_of_many_people_the_first_are_named_and_the_others_counted() -> None:
    rule = Rule(approvers=People(frozenset({"U1", "U2", "U3", "U4"}), frozenset({"S1"})))
    named = progress_words(Progress(rule, ()), most=2)
    assert named == "0 of 1, still needed: one of U1, U2, S1 or 2 others"


def test_days_and_lengths_are_named_as_people_name_them() -> None:
    assert window_words(Window(DAYS, 0, 1440, "UTC")) == "every day from 00:00 to 24:00 (UTC)"
    assert window_words(Window(("mon", "wed", "fri"), 0, 60, "UTC")).startswith("Monday, Wednesday and Friday from ")
    assert [duration(timedelta(minutes=n)) for n in (1, 90, 60, 1440, 2880)] == [
        "1 minute",
        "90 minutes",
        "1 hour",
        "1 day",
        "2 days",
    ]
