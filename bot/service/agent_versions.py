"""What UponAI says of agents' versions, kept for a short while: a type-ahead has no time to ask at every letter."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.account import AgentVersion

KNOWN_FOR = timedelta(seconds=60)
MOST_AGENTS = 1000

Versions = tuple[AgentVersion, ...]
Read = Callable[[str], Awaitable[Versions]]


@dataclass(frozen=True, slots=True)
class _Known:
    versions: Versions
    at: datetime


class AgentVersions:
    """The versions of agents, read when they are wanted; one read of an agent is in flight at a time."""

    def __init__(self, limit: int = MOST_AGENTS) -> None:
        self._limit = limit
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._reads: dict[str, asyncio.Task[None]] = {}

    def want(self, agent_id: str, read: Read, now: datetime) -> "asyncio.Task[None] | None":
        """Start a read unless one is under way; return it, None when what is known is young enough."""
        known = self._known.get(agent_id)
        if known is not None and timedelta(0) <= now - known.at < KNOWN_FOR:
            return None
        running = self._reads.get(agent_id)
        if running is None and len(self._reads) < self._limit:
            running = self._reads[agent_id] = asyncio.create_task(self._read(agent_id, read, now))
            running.add_done_callback(lambda task: self._finished(agent_id, task))
        return running

    def known(self, agent_id: str) -> Versions | None:
        """Return what was read last, however old."""
        known = self._known.get(agent_id)
        return None if known is None else known.versions

    async def aclose(self) -> None:
        """Stop what is under way."""
        reads = list(self._reads.values())
        for read in reads:
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)

    async def _read(self, agent_id: str, read: Read, now: datetime) -> None:
        versions = await read(agent_id)
        self._known[agent_id] = _Known(versions, now)
        self._known.move_to_end(agent_id)
        while len(self._known) > self._limit:
            self._known.popitem(last=False)

    def _finished(self, agent_id: str, task: "asyncio.Task[None]") -> None:
        self._reads.pop(agent_id, None)
        # Whoever waited goes by what is known; asyncio would report the error as never seen.
        if not task.cancelled():
            task.exception()
