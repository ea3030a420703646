"""What /readyz and /metrics ask of a running process."""

import asyncio

from sqlalchemy import text

from bot.cli.serve.wiring import Parts
from bot.service import elsewhere, token
from bot.store import outbox_depth
from bot.store.database import Database
from bot.store.errors import DatabaseUnavailable
from bot.store.migrate import schema_state
from bot.telemetry import OUTBOX_PARKED, OUTBOX_WAITING, WORKER_LAST_TURN

_MEASURE_SECONDS = 1
# /healthz waits for them too, and must not look dead to whoever asks with a second of patience.
_WARNINGS_SECONDS = 0.5


class Readiness:
    """Knows whether the process can do its work, and what an operator should mend although it can.

    Ready is a process whose database can be reached, with a schema that is at least the one that it needs.
    """

    def __init__(self, database: Database, parts: Parts) -> None:
        self._database = database
        self._parts = parts
        self._is_schema_ready = False
        self._stored_warnings: list[str] = []

    async def reason(self) -> str | None:
        """Return why the process is not ready, None when it is."""
        try:
            if not self._is_schema_ready:
                state = await schema_state(self._database)
                if not state.is_ready:
                    return state.sentence
                self._is_schema_ready = True
            else:
                async with self._database.reading() as tx:
                    await self._parts.clock.read(tx)
                    await tx.execute(text("SELECT 1"))
        except DatabaseUnavailable as error:
            return str(error)
        return None

    async def warnings(self) -> list[str]:
        """List what an operator should mend; while the database does not answer, what it knew last."""
        try:
            async with asyncio.timeout(_WARNINGS_SECONDS):
                if self._is_schema_ready or await self.reason() is None:
                    async with self._database.reading() as tx:
                        here = self._parts.context.workspace
                        self._stored_warnings = [*await elsewhere.warnings(tx, here), *await token.warnings(tx, here)]
        except (DatabaseUnavailable, TimeoutError):
            pass
        return [*self._parts.warnings(), *self._stored_warnings]

    async def measure(self) -> None:
        """Bring the gauges up to date; a database that is away leaves the old values."""
        if self._parts.worker is not None:
            turns = self._parts.worker.status().values()
            WORKER_LAST_TURN.set(min((turn.timestamp() for turn in turns), default=0))
        try:
            async with asyncio.timeout(_MEASURE_SECONDS), self._database.reading() as tx:
                depth = await outbox_depth.depth(tx, await self._parts.clock.read(tx))
        except (DatabaseUnavailable, TimeoutError):
            return
        OUTBOX_WAITING.set(depth.undone)
        OUTBOX_PARKED.set(depth.parked)
