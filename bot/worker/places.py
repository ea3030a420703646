"""The places of one worker: how many changes it works on at the same time, and those kept for who claims elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.domain.change import ChangeRequest
from bot.service.handing import Place

# Changes of different numbers do not wait for each other; more at once than this gains nothing on one event loop. A
# call that hangs keeps its place, until its time-out: what hangs is in doubt, and when UponAI hangs altogether no more
# than these are, while all others can still be canceled. Another worker has places of its own.
APPLY_AT_ONCE = 8


class Places(asyncio.Semaphore):
    """Taken one for each change, and given back when the work on it has ended."""

    def __init__(self) -> None:
        super().__init__(APPLY_AT_ONCE)

    async def keep(self, group: asyncio.TaskGroup, work: Callable[[ChangeRequest], Awaitable[None]]) -> Place | None:
        """Keep a place for a change that is being claimed in this process; None when all are taken.

        `work`, which gives the place back, is done in the group, so that its end waits for what comes of the claim.
        """
        if self.locked():
            return None
        await self.acquire()
        place: Place = asyncio.get_running_loop().create_future()
        group.create_task(self._work_at(place, work))
        return place

    async def _work_at(self, place: Place, work: Callable[[ChangeRequest], Awaitable[None]]) -> None:
        change = await place
        if change is None:
            self.release()
        else:
            await work(change)
