"""Schedules: what can be asked for, from when a change may be sent, and until when an approval holds."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.assignment import Assignment, Field, WeightedAgent
from bot.domain.due import is_due, may_send_at, put_off, sent_from
from bot.domain.errors import InvalidSubmission
from bot.domain.policy import Review, Verdict
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Rule
from bot.domain.rules.windows import Window
from bot.domain.schedule import FARTHEST, Entry, InvalidSchedule, Schedule, refuse_schedule
from bot.domain.state import State
from tests.domain.rules.strategies import moments, timed_rule_sets
from tests.domain.strategies import NOW, change

HOUR = timedelta(hours=1)
BEFORE = Assignment(inbound=(WeightedAgent("agent_a"),))
# NOW is a Monday; this opens on the next one, an hour before.
MONDAYS = Rule(name="Mondays", windows=(Window(("mon",), NOW.hour * 60 - 120, NOW.hour * 60 - 60, "UTC"),))


def refusal(
    schedule: Schedule, *, rules: Iterable[Rule] = (Rule(),), before: Assignment = BEFORE, field: Field = Field.INBOUND
) -> Entry | None:
    try:
        refuse_schedule(schedule, rules=rules, before=before, fields=[field], now=NOW)
    except InvalidSchedule as error:
        return error.entry
    return None


@pytest.mark.parametrize(
    ("schedule", "entry"),
    [
        (Schedule(), None),
        (Schedule(NOW + HOUR), None),
        (Schedule(NOW + HOUR, NOW + 2 * HOUR), None),
        (Schedule(None, NOW + HOUR), None),
        (Schedule(NOW), Entry.START),
        (Schedule(NOW + FARTHEST + HOUR), Entry.START),
        (Schedule(None, NOW), Entry.PUT_BACK),
        (Schedule(NOW + HOUR, NOW + HOUR), Entry.PUT_BACK),
        (Schedule(NOW + HOUR, NOW + FARTHEST + HOUR), Entry.PUT_BACK),
    ],
)
def test_a_wrong_time_is_named_at_its_own_entry(schedule: Schedule, entry: Entry | None) -> None:
    assert refusal(schedule) is entry


def test_what_its_rules_would_send_only_after_the_put_back_is_refused() -> None:
    assert refusal(Schedule(None, NOW + timedelta(days=6)), rules=[MONDAYS]) is Entry.PUT_BACK
    assert refusal(Schedule(None, NOW + timedelta(days=8)), rules=[MONDAYS]) is None


def test_what_its_rules_never_send_is_refused() -> None:
    never = Rule(name="Never", windows=(Window(("mon",), 600, 600, "UTC"),))
    assert refusal(Schedule(NOW + HOUR), rules=[never]) is Entry.START
    with pytest.raises(InvalidSubmission, match="never let it be sent"):
        refusal(Schedule(), rules=[never])


@pytest.mark.parametrize(
    ("field", "before"),
    [
        (Field.TIME_ROUTING, Assignment()),
        (Field.INBOUND, Assignment(inbound=(WeightedAgent("agent_a", 1, Decimal("0.4")), WeightedAgent("agent_b")))),
        (Field.INBOUND, Assignment(inbound=(WeightedAgent("agent_a", 1, Decimal("0.4")),))),
        (Field.OUTBOUND, Assignment(outbound=(WeightedAgent("agent_a"),))),
        (Field.OUTBOUND, Assignment(outbound=(WeightedAgent("agent_a", 1), WeightedAgent("agent_b", 1)))),
    ],
)
def test_what_could_not_be_put_back_is_not_promised(field: Field, before: Assignment) -> None:
    assert refusal(Schedule(None, NOW + HOUR), before=before, field=field) is Entry.PUT_BACK


def test_a_split_that_was_only_rounded_can_be_put_back() -> None:
    thirds = tuple(WeightedAgent(f"agent_{name}", None, Decimal("0.333333")) for name in "abc")
    assert refusal(Schedule(None, NOW + HOUR), before=Assignment(inbound=thirds)) is None


@given(timed_rule_sets, moments, st.integers(0, 14 * 24 * 60), st.integers(0, 14 * 24 * 60))
def test_an_approved_change_is_sent_from_its_start_on_and_only_while_its_rules_are_open(
    rules: tuple[Rule, ...], at: datetime, start: int, late: int
) -> None:
    due_at = at + timedelta(minutes=start)
    asked = change(policy=HeldPolicy(rules=rules), due_at=due_at, expires_at=at + timedelta(days=99), created_at=at)
    names = frozenset(rule.name for rule in rules)
    reviews = [Review(person, Verdict.APPROVE, 1, at, rules=names) for person in ("U1", "U2", "U3")]
    approved = asked.decided(reviews, at, by=reviews[0], apply_within=HOUR)
    assert approved.state is State.APPROVED
    assert approved.apply_before is not None
    if not may_send_at(approved, sent_from(approved)):
        # One that its rules never let through lapses without ever being sent.
        assert sent_from(approved) <= approved.apply_before
        return
    first = sent_from(approved)
    assert first >= due_at
    assert approved.apply_before == first + HOUR
    assert not may_send_at(approved, first - timedelta(seconds=1)) or first == due_at
    assert not is_due(approved, first - timedelta(seconds=1))
    assert is_due(approved, first)
    # Found closed later on, it waits for the next opening, and no moment in between would have done.
    now = first + timedelta(minutes=late)
    waiting = put_off(approved, now)
    again = sent_from(waiting)
    assert again >= now
    assert may_send_at(waiting, again) or again == waiting.apply_before
    assert may_send_at(waiting, now) is (again == now)


def test_a_change_that_is_to_be_put_back_lapses_by_then() -> None:
    asked = change(due_at=NOW, put_back_at=NOW + timedelta(minutes=10))
    approved = asked.review(Review("U1", Verdict.APPROVE, 1, NOW), [], apply_within=HOUR)
    assert approved.apply_before == NOW + timedelta(minutes=10)
    assert replace(asked, put_back_at=None).review(
        Review("U1", Verdict.APPROVE, 1, NOW), [], apply_within=HOUR
    ).apply_before == (NOW + HOUR)
