from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.rules.rule import Rule
from bot.domain.rules.sending import Closure, closures, is_open, next_open
from bot.domain.rules.windows import DAYS, Freeze, Window, clock, minutes
from tests.domain.rules.strategies import freezes, moments, one_more, timed_rule_sets, windows

NIGHT = Rule(name="Night", windows=(Window(("sun",), 120, 180, "Europe/Berlin"),))


def window(days: str, start: str, end: str, zone: str = "Europe/Berlin") -> Window:
    return Window(tuple(days.split()), minutes(start), minutes(end), zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def inside(rules: tuple[Rule, ...], at: datetime) -> bool:
    """Say it once more, by the clock on the wall alone."""
    for rule in rules:
        for freeze in rule.freezes:
            local = at.astimezone(ZoneInfo(freeze.zone)).replace(tzinfo=None)
            if freeze.start <= local < freeze.end:
                return False
        clocks = [(each, at.astimezone(ZoneInfo(each.zone))) for each in rule.windows]
        if clocks and not any(
            DAYS[there.weekday()] in each.days and clock(each.start) <= f"{there:%H:%M}" < clock(each.end)
            for each, there in clocks
        ):
            return False
    return True


@settings(deadline=None)
@given(timed_rule_sets, moments)
@example((NIGHT,), utc("2026-10-25T00:00:00"))
@example((NIGHT,), utc("2026-10-25T00:59:59"))
@example((NIGHT,), utc("2027-03-28T00:00:00"))
def test_what_is_sent_is_inside_a_window_of_each_rule_and_outside_all_freezes(
    rules: tuple[Rule, ...], at: datetime
) -> None:
    found = next_open(rules, at)
    if found is not None:
        assert found >= at
        assert inside(rules, found)
        assert is_open(rules, found)


@settings(deadline=None)
@given(timed_rule_sets, moments, st.data())
def test_no_moment_before_it_is_open(rules: tuple[Rule, ...], at: datetime, data: st.DataObject) -> None:
    found = next_open(rules, at, within=timedelta(days=40))
    until = at + timedelta(days=40) if found is None else found
    between = at + timedelta(seconds=data.draw(st.integers(0, int((until - at).total_seconds()))))
    if between < until:
        assert not is_open(rules, between)


@settings(deadline=None)
@given(timed_rule_sets, one_more, moments)
def test_one_more_rule_never_sends_earlier(rules: tuple[Rule, ...], more: Rule, at: datetime) -> None:
    alone, both = next_open(rules, at), next_open((*rules, more), at)
    if both is not None:
        assert alone is not None
        assert alone <= both


@given(windows, moments)
def test_a_window_opens_at_the_first_of_its_moments(one: Window, at: datetime) -> None:
    found = one.next_open(at)
    if found is not None and found > at:
        assert one.contains(found)
        assert not one.contains(found - timedelta(seconds=1))


@given(freezes, moments)
def test_a_freeze_holds_wherever_the_clock_on_the_wall_says_so(freeze: Freeze, at: datetime) -> None:
    local = at.astimezone(ZoneInfo(freeze.zone)).replace(tzinfo=None)
    if freeze.start <= local < freeze.end:
        assert freeze.contains(at)


SHIFTS = [
    # The hour from 02:00 comes twice in Berlin: both are inside.
    (window("sun", "02:00", "03:00"), "2026-10-24T22:00:00", "2026-10-25T00:00:00"),
    (window("sun", "02:15", "02:30"), "2026-10-25T00:30:00", "2026-10-25T01:15:00"),
    # The clock goes back into the window.
    (window("sun", "01:30", "02:30"), "2026-10-25T00:45:00", "2026-10-25T01:00:00"),
    (window("sun", "08:00", "09:00"), "2026-10-25T05:00:00", "2026-10-25T07:00:00"),
    # The hour from 02:00 does not come at all.
    (window("sun", "08:00", "09:00"), "2027-03-28T05:00:00", "2027-03-28T06:00:00"),
    (window("sun", "02:30", "04:00"), "2027-03-28T00:00:00", "2027-03-28T01:00:00"),
    (window("sun", "02:00", "03:00"), "2027-03-28T00:00:00", "2027-04-04T00:00:00"),
    (window("sun", "08:00", "09:00", "America/New_York"), "2026-11-01T00:00:00", "2026-11-01T13:00:00"),
    (window("sun", "01:30", "02:00", "America/New_York"), "2026-11-01T06:00:00", "2026-11-01T06:30:00"),
    (window("sun", "08:00", "09:00", "America/New_York"), "2027-03-14T00:00:00", "2027-03-14T12:00:00"),
    (window("sun", "02:30", "03:30", "America/New_York"), "2027-03-14T00:00:00", "2027-03-14T07:00:00"),
    (window("mon", "08:00", "24:00"), "2026-11-24T00:00:00", "2026-11-30T07:00:00"),
]


@pytest.mark.parametrize(("one", "at", "opens"), SHIFTS)
def test_a_window_follows_the_clock_on_the_wall_where_it_is_moved(one: Window, at: str, opens: str) -> None:
    assert next_open([Rule(windows=(one,))], utc(at)) == utc(opens)


def test_a_freeze_is_as_wide_as_the_clock_can_mean() -> None:
    freeze = Freeze(datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 2, 45), "Europe/Berlin")  # noqa: DTZ001 - a clock on the wall
    assert (freeze.begins_at, freeze.ends_at) == (utc("2026-10-25T00:30:00"), utc("2026-10-25T01:45:00"))


def test_windows_of_one_rule_add_up_and_those_of_two_narrow() -> None:
    follow = Rule(
        name="Sun",
        windows=(window("mon tue", "08:00", "18:00"), window("mon tue", "09:00", "17:00", "America/New_York")),
    )
    late = Rule(name="Late", windows=(window("tue", "20:00", "24:00"),))
    assert next_open([follow], utc("2026-11-23T17:30:00")) == utc("2026-11-23T17:30:00")
    assert next_open([follow], utc("2026-11-23T22:30:00")) == utc("2026-11-24T07:00:00")
    assert next_open([follow, late], utc("2026-11-23T22:30:00")) == utc("2026-11-24T19:00:00")
    disjoint = Rule(name="Wed", windows=(window("wed", "00:00", "24:00"),))
    assert next_open([late, disjoint], utc("2026-11-23T22:30:00")) is None


def test_a_freeze_moves_what_would_be_sent_behind_it_and_is_named() -> None:
    holidays = Freeze(datetime(2026, 12, 24), datetime(2027, 1, 2), "Europe/Berlin", "holidays")  # noqa: DTZ001 - a clock on the wall
    rule = Rule(name="Main lines", windows=(window("mon tue wed thu fri", "08:00", "18:00"),), freezes=(holidays,))
    assert next_open([rule], utc("2026-12-23T17:30:00")) == utc("2027-01-04T07:00:00")
    assert closures([rule], utc("2026-12-24T10:00:00")) == (Closure("Main lines", is_freeze=True, why="holidays"),)
    assert closures([rule], utc("2026-12-26T10:00:00")) == (
        Closure("Main lines"),
        Closure("Main lines", is_freeze=True, why="holidays"),
    )


@pytest.mark.parametrize("text", ["8:00", "08:00:00", "24:01", "0800", "08", "noon", "08:00+01:00"])
def test_a_time_of_day_is_written_in_one_way(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        minutes(text)
