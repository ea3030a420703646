"""Identifiers and timestamps that look like Slack's."""

import secrets
import string
from collections.abc import Callable

_ALPHABET = string.ascii_uppercase + string.digits
_MICROSECONDS = 1_000_000


def new_id(prefix: str) -> str:
    """Make an id such as `V0ABCDEFGH1`."""
    return f"{prefix}0{''.join(secrets.choice(_ALPHABET) for _ in range(9))}"


def new_block_id() -> str:
    """Make the short id that Slack gives a block without one."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(5))


def new_trigger_id() -> str:
    """Make a trigger id in Slack's three dotted parts."""
    return f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}"


def new_hash(now: float) -> str:
    """Make a view's hash, which changes with every version of it."""
    return f"{int(now)}.{''.join(secrets.choice(string.ascii_letters) for _ in range(8))}"


class Timestamps:
    """A message's `ts`: the time, made unique, always ascending."""

    def __init__(self, now: Callable[[], float]) -> None:
        """Take the time from `now`."""
        self._now = now
        self._last = 0

    def new(self) -> str:
        """Give the next timestamp."""
        self._last = max(self._last + 1, int(self._now() * _MICROSECONDS))
        seconds, rest = divmod(self._last, _MICROSECONDS)
        return f"{seconds}.{rest:06d}"
