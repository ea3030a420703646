"""Hands a change that was claimed as it was approved to this process's worker, where one has a place for it.

Who approves knows that the change is due: nobody has to look for it, and its claim needs no transaction of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.domain.change import ChangeRequest

Place = asyncio.Future[ChangeRequest | None]


class Handing:
    """The way to a worker; `reserve` is set while one runs, and returns a place that is kept until it has a result."""

    def __init__(self) -> None:
        self.reserve: Callable[[], Awaitable[Place | None]] | None = None

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place | None]:
        """Keep a place while a transaction decides, and give it back unless it was filled; None when there is none.

        Fill it when the claim is committed. A claim whose commit was not answered is found when its lease runs out.
        """
        place = None if self.reserve is None else await self.reserve()
        try:
            yield place
        finally:
            if place is not None and not place.done():
                place.set_result(None)
