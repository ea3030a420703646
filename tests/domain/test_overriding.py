"""An override: who can be asked for one, when people are reminded of it, and who reviews it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import AlreadyDecided, InvalidSubmission, NotAllowed, OwnChange, TooLate
from bot.domain.overriding import REMIND_EVERY, override, refuse_override_now, review
from bot.domain.rules.people import People
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Rule
from bot.domain.state import State
from tests.domain.strategies import NOW, change

HOUR = timedelta(hours=1)
ALAN, ADA = People(frozenset({"UALAN"})), People(frozenset({"UADA"}))
LEADS = People(groups=frozenset({"S1"}))


@given(waits=st.lists(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=5)), max_size=10))
def test_each_reminder_comes_whole_days_after_the_override_and_each_day_is_told_once(waits: list[timedelta]) -> None:
    _, made = override(change(), "UADA", "Down", NOW, apply_within=HOUR)
    now, told = NOW, []
    for wait in waits:
        now += wait
        while made.is_due(now):
            told.append(made.days)
            made = made.reminded(now)
            assert made.remind_at > now
            assert (made.remind_at - made.at) % REMIND_EVERY == timedelta(0)
    assert told == sorted(set(told))
    assert (now - NOW < REMIND_EVERY) == (told == [])


def test_only_an_undecided_change_of_the_revision_that_was_read_is_overridden() -> None:
    passed, made = override(change(), "UADA", "  Down ", NOW, apply_within=HOUR)
    assert (passed.state, passed.decided_by, passed.decision_reason) == (State.APPROVED, "UADA", "Down")
    assert (passed.overridden_at, passed.apply_before, made.reason) == (NOW, NOW + HOUR, "Down")
    with pytest.raises(AlreadyDecided, match="already overridden by <@UADA>"):
        refuse_override_now(passed, NOW)
    with pytest.raises(TooLate, match="edited"):
        refuse_override_now(change(), NOW, 2)
    with pytest.raises(TooLate, match="expired"):
        refuse_override_now(change(), change().expires_at)
    with pytest.raises(InvalidSubmission):
        override(change(), "UADA", "  ", NOW, apply_within=HOUR)


def test_an_override_is_reviewed_once_by_somebody_else_who_could_have_approved() -> None:
    asked = change(requester_id="URITA")
    passed, made = override(asked, "UADA", "Down", NOW, apply_within=HOUR)
    for person in ("URITA", "UADA"):
        with pytest.raises(OwnChange):
            review(passed, made, person, NOW, is_approver=True)
    with pytest.raises(NotAllowed, match="could have approved"):
        review(passed, made, "UALAN", NOW, is_approver=False)
    reviewed = review(passed, made, "UALAN", NOW, is_approver=True)
    with pytest.raises(AlreadyDecided, match="<@UALAN> has reviewed"):
        review(passed, reviewed, "UAMY", NOW, is_approver=True)
    with pytest.raises(AlreadyDecided, match="was not overridden"):
        review(asked, None, "UALAN", NOW, is_approver=True)


@pytest.mark.parametrize(
    ("named", "can"),
    [
        ([None], False),
        ([People()], False),
        ([ALAN], True),
        ([ALAN, None], False),
        ([ALAN, ADA], False),
        ([ALAN, People(ALAN.people | ADA.people)], True),
        ([ALAN, LEADS], True),
    ],
)
def test_a_policy_can_be_overridden_where_somebody_may_override_each_of_its_rules(
    named: list[People | None], can: bool
) -> None:
    rules = tuple(Rule(name=str(at), override=people) for at, people in enumerate(named))
    assert HeldPolicy(rules=rules).can_be_overridden is can
