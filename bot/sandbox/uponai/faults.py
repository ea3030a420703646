"""Faults on demand: which are switched on, and which of them hits a call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.uponai.refusal import Refusal

NAMES = (
    "slow",
    "rate_limit",
    "error",
    "refuse",
    "success_false",
    "unauthorized",
    "lost_answer",
    "lost_before",
    "unreadable",
    "import_error",
    "drops_webhook",
    "down",
    "interferes",
    "late",
)
PATIENCE_SECONDS = 4.0
# Of the callers' patience: a slow answer comes when nobody waits for it any more, a late write before anybody looks.
_DELAYS = {"slow": 1.25, "late": 0.6}
_EVERYWHERE = ("down", "unauthorized")
_SCOPES = ("all", "reads", "writes")
_KEYS = {"fault", "on", "times", "retry_after", "status", "delay", "message", "scope"}


@dataclass(slots=True)
class Fault:
    """A fault that is on. `times` None means until it is switched off."""

    scope: str
    delay: float
    times: int | None = None
    retry_after: float = 1
    status: int | None = None
    message: str | None = None


class Faults:
    """The faults that are on, by name."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._on: dict[str, Fault] = {}

    def switch(self, order: Mapping[str, Any]) -> None:
        """Switch one on or off, as the control address was told. Raises Refusal when the order makes no sense."""
        name = order.get("fault")
        if name not in NAMES or set(order) - _KEYS:
            raise Refusal(422, f"A fault is one of {', '.join(NAMES)}; its settings are {', '.join(sorted(_KEYS))}.")
        if not order.get("on", True):
            self._on.pop(name, None)
            return
        scope = order.get("scope") or ("all" if name in _EVERYWHERE else "writes")
        if scope not in _SCOPES:
            raise Refusal(422, f"A scope is one of {', '.join(_SCOPES)}.")
        settings = {key: order[key] for key in _KEYS - {"fault", "on", "scope"} if order.get(key) is not None}
        self._on[name] = Fault(scope=scope, **{"delay": self._patience * _DELAYS.get(name, 1), **settings})

    def clear(self) -> None:
        """Switch all of them off."""
        self._on.clear()

    def hit(self, name: str, *, is_write: bool) -> Fault | None:
        """Return the fault when it is on for this kind of call, and count the hit."""
        fault = self._on.get(name)
        if fault is None or fault.scope not in ("all", "writes" if is_write else "reads"):
            return None
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                del self._on[name]
        return fault

    def to_json(self) -> dict[str, bool]:
        """Return which are on."""
        return {name: name in self._on for name in NAMES}
