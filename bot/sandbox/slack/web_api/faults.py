"""Faults of the Web API on demand: switches for the control panel, exact rules for tests."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["rate_limit", "down", "slow", "error_before", "lost_answer", "server_error", "error"]
SWITCHES = ("rate_limit", "down", "slow")
_SWITCH_DELAY, _SWITCH_RETRY_AFTER = 2.0, 5


@dataclass
class Fault:
    """One way to fail: which calls, how often, and how.

    `rate_limit` answers 429; `down` and `error_before` do nothing and close the connection or answer 500;
    `lost_answer` and `server_error` do the work, then close the connection or answer 500; `error` answers
    `code`; `slow` waits `delay` seconds first.
    """

    kind: FaultKind
    methods: Collection[str] | None = None
    times: int | None = None
    delay: float = _SWITCH_DELAY
    retry_after: int = _SWITCH_RETRY_AFTER
    code: str = "internal_error"
    channel: str | None = None
    hits: int = 0


class Faults:
    """The faults that are on."""

    def __init__(self) -> None:
        """Start without any."""
        self._switched: dict[str, Fault] = {}
        self._rules: list[Fault] = []

    def switch(self, name: str, on: bool) -> None:
        """Turn one of the control panel's switches."""
        if name not in SWITCHES:
            raise ValueError(f"There is no switch {name!r}; there are {', '.join(SWITCHES)}.")
        if on:
            self._switched[name] = Fault(name)  # type: ignore[arg-type]  # It is one of SWITCHES.
        else:
            self._switched.pop(name, None)

    def switches(self) -> dict[str, bool]:
        """Tell how the switches stand."""
        return {name: name in self._switched for name in SWITCHES}

    def add(self, fault: Fault) -> Fault:
        """Put a rule in force."""
        self._rules.append(fault)
        return fault

    def clear(self) -> None:
        """End all faults."""
        self._rules.clear()
        self._switched.clear()

    def hitting(self, method: str, channel: str | None) -> list[Fault]:
        """List the faults that hit this call, and count them down."""
        hit = list(self._switched.values())
        for fault in list(self._rules):
            if fault.methods is not None and method not in fault.methods:
                continue
            if fault.channel is not None and fault.channel != channel:
                continue
            fault.hits += 1
            hit.append(fault)
            if fault.times is not None and fault.hits >= fault.times:
                self._rules.remove(fault)
        return hit
