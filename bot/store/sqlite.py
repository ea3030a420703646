"""Connections of SQLite: one writer, some readers, durable and write-ahead; interrupted when nobody waits any more."""

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import URL, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.store.pool import Pool
from bot.store.sqlite_driver import Driver

_PRAGMAS = ("synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON")


def sqlite_engine(path: Path, *, mode: Literal["rw", "rwc"], patience: timedelta) -> AsyncEngine:
    """Make the engine of the one writer (`rwc`), or of readers (`rw`); `patience` bounds each wait."""
    is_writer = mode == "rwc"
    engine = create_async_engine(
        # With mode rw a missing file is an error, so that a reader never creates one.
        URL.create("sqlite+aiosqlite", database=f"file:{quote(str(path))}", query={"mode": mode, "uri": "true"}),
        # Transactions are begun by hand: the driver would begin them late, and as readers.
        connect_args={"isolation_level": None, "timeout": patience.total_seconds()},
        module=Driver(),
        poolclass=Pool,
        pool_size=1 if is_writer else 4,
        max_overflow=0,
        pool_timeout=patience.total_seconds(),
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        if is_writer:
            _write_ahead(connection, cursor, patience)
        else:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "handle_error")
    def interrupt_cancelled(context: ExceptionContext) -> None:
        # Closing waits for the statement, which goes on in a thread of its own that nobody can cancel.
        if isinstance(context.original_exception, asyncio.CancelledError) and context.connection is not None:
            connection: Any = context.connection.connection.dbapi_connection
            connection.run_async(lambda driver: driver.interrupt())

    return engine


def _write_ahead(connection: Any, cursor: Any, patience: timedelta) -> None:
    """Switch a new file to WAL. SQLite does not wait for others there, such as processes that start with this one."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience.total_seconds()
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or loop.time() > deadline:
                raise
        else:
            return
        connection.run_async(lambda _: asyncio.sleep(0.01))
