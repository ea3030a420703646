"""Ends transactions whose client stands still in the middle of a statement, with locks that others wait for.

A statement that a connection sends for the first time is sent in two parts, and a process can be stopped between them.
None of PostgreSQL's limits reaches that: the client is not idle in its transaction, and while the server reads from it
no statement is timed out. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog
from sqlalchemy import Float, Integer, bindparam, text

from bot.store.database import PATIENCE, Database
from bot.store.errors import StoreError
from bot.store.postgresql import APPLICATION, QUIET_PATIENCES

log = structlog.get_logger(__name__)

EVERY = timedelta(seconds=5)
# As long as the server lets a client be idle in a transaction.
QUIET = PATIENCE * QUIET_PATIENCES

_END = (
    text(
        "SELECT CAST(count(*) FILTER (WHERE pg_terminate_backend(pid)) AS integer) AS ended FROM pg_stat_activity "
        "WHERE datname = current_database() AND usename = current_user AND application_name = :application "
        "AND state = 'active' AND wait_event = 'ClientRead' "
        "AND state_change < clock_timestamp() - make_interval(secs => :quiet)"
    )
    .bindparams(bindparam("quiet", type_=Float), application=APPLICATION)
    .columns(ended=Integer)
)


async def end_stalled(database: Database, quiet: timedelta) -> int:
    """End the connections of our own processes that have kept the server waiting for so long, and count them.

    A process that wakes later finds its connection closed: what it had not committed is undone, as its lease would have
    been lost. PostgreSQL alone. Raises DatabaseUnavailable.
    """
    async with database.reading() as tx:
        return int(await tx.scalar(_END, {"quiet": quiet.total_seconds()}) or 0)


@asynccontextmanager
async def ending_stalled(
    database: Database, *, every: timedelta = EVERY, quiet: timedelta = QUIET
) -> AsyncIterator[None]:
    """Do so again and again, in every process: whichever stands still, another one sees to it."""
    stop = asyncio.Event()
    is_needed = database.dialect == "postgresql"
    looking = asyncio.create_task(_look(database, stop, every, quiet), name="stalled") if is_needed else None
    try:
        yield
    finally:
        stop.set()
        if looking is not None:
            await looking


async def _look(database: Database, stop: asyncio.Event, every: timedelta, quiet: timedelta) -> None:
    while not stop.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(every.total_seconds()):
                await stop.wait()
                return
        # Without a database there is nothing to free, and others tell of that.
        with suppress(StoreError):
            if ended := await end_stalled(database, quiet):
                log.warning("database.stalled", ended=ended)
