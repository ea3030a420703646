"""Word from process to process that something was committed, over PostgreSQL; on SQLite each process looks by itself.

It may get lost, and then nothing is: whoever is not woken finds the work at the next look.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import func, select

from bot.store.database import Database
from bot.store.driver_errors import translated_errors
from bot.store.errors import StoreError

log = structlog.get_logger(__name__)

CHANNEL = "route_number"
_WORD = re.compile(r"\d{1,3}")


class Herald:
    """Sends words: small numbers whose meaning is the callers' own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sending: asyncio.Task[None] | None = None
        self._word = 0

    def send(self, word: int) -> None:
        """Send a word soon, without waiting for it; what comes while one is under way goes along with the next."""
        self._word |= word
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send(), name="herald")

    async def aclose(self) -> None:
        """Wait for what is under way."""
        if self._sending is not None:
            await self._sending

    async def _send(self) -> None:
        while self._word:
            word, self._word = self._word, 0
            try:
                async with self._database.transaction() as tx:
                    await tx.execute(select(func.pg_notify(CHANNEL, str(word))))
            except StoreError as error:
                log.warning("herald.unheard", problem=str(error))


async def listen(database: Database, heard: Callable[[int], None], stop: asyncio.Event) -> None:
    """Call `heard` with each word until the connection is lost or `stop` is set. Raises DatabaseUnavailable."""
    is_over = asyncio.Event()

    def take(_: object, __: int, ___: str, payload: str) -> None:
        if _WORD.fullmatch(payload):
            heard(int(payload))

    with translated_errors():
        async with database.raw_connection() as connection:
            connection.add_termination_listener(lambda _: is_over.set())
            await connection.add_listener(CHANNEL, take)
            await _either(stop, is_over)
            if not connection.is_closed():
                await connection.remove_listener(CHANNEL, take)


async def _either(*events: asyncio.Event) -> None:
    waits: list[asyncio.Task[Any]] = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
