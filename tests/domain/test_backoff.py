from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.backoff import backoff

SECOND = timedelta(seconds=1)


def test_each_wait_is_twice_the_one_before_up_to_the_longest() -> None:
    waits = [backoff(tries, first=SECOND / 2, longest=5 * SECOND) for tries in range(1, 7)]
    assert [wait.total_seconds() for wait in waits] == [0.5, 1, 2, 4, 5, 5]


@given(st.integers(min_value=1))
def test_no_number_of_tries_overflows(tries: int) -> None:
    assert SECOND <= backoff(tries, first=SECOND, longest=timedelta(hours=1)) <= timedelta(hours=1)
