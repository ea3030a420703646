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
            if not timeout or timeout < 0:
                return wait(timeout)
            self._ahead += timeout
            return wait(0)

        selector.select = select

    def time(self) -> float:
        """Return the seconds of this loop."""
        return super().time() + self._ahead
