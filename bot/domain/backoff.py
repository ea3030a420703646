"""How long to wait before the next try."""

from datetime import timedelta

# The exponent is capped, or a weekend of tries would overflow the duration.
_MOST_DOUBLINGS = 16


def backoff(tries: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return how long to wait after that many tries in a row (from 1): twice as long each time, up to `longest`."""
    return min(first * 2.0 ** min(tries - 1, _MOST_DOUBLINGS), longest)
