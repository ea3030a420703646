"""What was asked of the stand-in: the last calls, newest first, without their headers."""

import itertools
import json
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

KEPT = 500


@dataclass(slots=True)
class Call:
    """One call. `status` stays None when it got no answer."""

    id: int
    at: str
    method: str
    path: str
    query: str
    raw: str
    status: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the call with its body as JSON, when it is JSON, and as text."""
        try:
            body = json.loads(self.raw) if self.raw else None
        except ValueError:
            body = None
        return {
            "id": self.id,
            "at": self.at,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "body": body,
            "raw": self.raw,
            "status": self.status,
        }


class Journal:
    """The last calls."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._calls: deque[Call] = deque(maxlen=KEPT)

    def note(self, method: str, path: str, query: str, body: bytes) -> Call:
        """Write down a call that came in; its status is set when it is answered."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        call = Call(next(self._ids), at, method, path, query, body.decode(errors="replace"))
        self._calls.appendleft(call)
        return call

    def clear(self) -> None:
        """Forget all calls."""
        self._calls.clear()

    def to_json(self) -> list[dict[str, Any]]:
        """Return the calls, newest first."""
        return [call.to_json() for call in self._calls]
