"""When an undecided change is brought to mind, and whom it calls."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.reminding import SHORTEST_PAUSE, Reminder, called, reminders
from bot.domain.rules.people import People
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Rule

ASKED = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_day_has_a_reminder_half_way_and_one_an_hour_before_its_end() -> None:
    half, last, end = (ASKED + timedelta(hours=hours) for hours in (12, 23, 24))
    assert reminders(ASKED, end) == {Reminder.HALF_WAY: (half, last), Reminder.LAST_HOUR: (last, end)}


@given(st.floats(min_value=1, max_value=1e7))
def test_reminders_come_one_after_the_other_and_one_alone_is_worth_saying_at_a_time(seconds: float) -> None:
    end = ASKED + timedelta(seconds=seconds)
    found = list(reminders(ASKED, end).values())
    assert all(due_at < until for due_at, until in found)
    assert [until for _, until in found] == [*(due_at for due_at, _ in found[1:]), end]
    if len(found) > 1:
        assert found[1][0] - found[0][0] >= SHORTEST_PAUSE


@pytest.mark.parametrize(
    ("approvers", "ids"),
    [
        ([People(frozenset({"U1", "U2", "U9"}))], ("U1", "U2")),
        ([People(frozenset({"U1"}), frozenset({"S1"})), People(frozenset({"U1", "U2"}))], ("U1", "U2", "S1")),
        ([People(frozenset("ABCDEF"), frozenset({"S1"}))], ("S1",)),
        ([People(frozenset("ABC")), People(frozenset("DEF"))], ()),
        ([None], ()),
        ([None, People(channels=frozenset({"C1"}))], ("C1",)),
    ],
)
def test_few_people_are_called_and_whole_groups_but_never_the_requester(
    approvers: list[People | None], ids: tuple[str, ...]
) -> None:
    held = HeldPolicy(rules=tuple(Rule(name=str(at), approvers=each) for at, each in enumerate(approvers)))
    assert called(held, "U9").ids == ids
