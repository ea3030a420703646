"""One read in flight at a time, shared by everybody who asked before it started."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedRead(Generic[T]):
    """Answers each `get` with a read that started after it was asked, and never runs two reads at once.

    Who comes while a read is in flight shares the next one. Giving up on a `get` stops no read: others may wait for it.
    """

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._running: asyncio.Task[T] | None = None
        self._next: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """Return the answer of a read that starts from now on, or raise what it raised."""
        if self._next is None:
            self._next = asyncio.create_task(self._run_after(self._running))
            self._next.add_done_callback(_take_notice)
        task = self._next
        # Waiting, unlike awaiting, does not cancel the task along with this waiter.
        await asyncio.wait([task])
        return task.result()

    async def aclose(self) -> None:
        """Stop the reads; who still waits is cancelled."""
        tasks = [task for task in (self._running, self._next) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run_after(self, earlier: asyncio.Task[T] | None) -> T:
        if earlier is not None:
            await asyncio.wait([earlier])
        # From here on it has started, and whoever comes now has to wait for the one after it.
        self._running, self._next = self._next, None
        task = self._running
        try:
            return await self._read()
        finally:
            if self._running is task:
                # Do not keep a list of a hundred thousand numbers in memory until the next one.
                self._running = None


def _take_notice(task: asyncio.Task[T]) -> None:
    """Fetch the error of a read whose waiters have all gone: asyncio would report it as never seen."""
    if not task.cancelled():
        task.exception()
