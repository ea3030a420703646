"""What passed between the app and the stand-in, for tests and the control panel."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

_KEPT = 2000


@dataclass
class ApiRequest:
    """One call of the Web API; its token is kept only as the kind that it was."""

    at: float
    method: str
    args: dict[str, Any]
    token: str
    status: int = 0
    ok: bool = False
    error: str | None = None


@dataclass
class Delivery:
    """One request to the app and what became of it."""

    at: float
    kind: str
    body: dict[str, Any]
    seconds: float = 0.0
    error: str | None = None
    reply: Any = None


@dataclass
class Recorder:
    """The newest calls and deliveries, oldest first."""

    requests: deque[ApiRequest] = field(default_factory=lambda: deque(maxlen=_KEPT))
    deliveries: deque[Delivery] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def calls(self, method: str) -> list[ApiRequest]:
        """List the calls of one method."""
        return [request for request in self.requests if request.method == method]
