"""An event loop in which no time passes: whoever sleeps is woken as soon as nobody else has anything to do."""

import asyncio
from typing import Any


class TimelessLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer instead of waiting for it; for what uses no threads."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0.0
        selector: Any = vars(self)["_selector"]
        wait = selector.select

        def select(timeout: float | None = None) -> Any:
            # Nobody outside is listened to: asking the machine would take longer than what is to be done.
            if timeout is None:
                return wait(timeout)
            self._ahead += max(timeout, 0)
            return []

        selector.select = select

    def time(self) -> float:
        """Return the seconds of this loop."""
        return super().time() + self._ahead
