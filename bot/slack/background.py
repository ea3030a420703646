"""Work that goes on after Slack was answered: strongly held, bounded, and waited for when the process ends.

Nothing that must happen runs here: what an answer promised is committed before it. Bolt and asyncio hold their tasks
by weak references only, so that one could vanish in the middle.
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import structlog

from bot.domain.errors import TooBusy

MOST_TASKS = 1000

log = structlog.get_logger(__name__)


class Background:
    """A bounded set of running tasks."""

    def __init__(self, limit: int = MOST_TASKS) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[Any]] = set()

    def require_room(self) -> None:
        """Raise TooBusy unless one more task may start."""
        if len(self._tasks) >= self._limit:
            raise TooBusy("I have too much to do right now. Please try again in a moment.")

    def start(self, work: Coroutine[Any, Any, Any], *, name: str) -> "asyncio.Task[Any]":
        """Start `work`; with too much running, drop it and raise TooBusy."""
        try:
            self.require_room()
        except TooBusy:
            work.close()
            raise
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    async def drain(self, timeout: timedelta) -> None:  # noqa: ASYNC109 - draining is exactly a wait with a limit
        """Wait for what is running, then cancel what is left."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=timeout.total_seconds())
        left = set(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)

    def _finished(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background.failed", task=task.get_name(), error=type(error).__name__)


async def together(*works: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run works at once and return their results in order; the first failure ends the others and is raised."""
    if not works:
        return []
    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        failed = next((task for task in tasks if task.done() and task.exception() is not None), None)
        if failed is not None:
            failed.result()
        return [task.result() for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
