"""aiosqlite with one visit to its thread a statement, where SQLAlchemy's adapter makes four.

Each visit wakes two threads, which costs more than most statements do: a cursor is made, used, read to its end and
closed in one, and what only prepares the next statement travels with it. The adapter's classes are not documented;
`tests/store/test_sqlite_driver.py` holds what is used of them.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import EMPTY_DICT


class _Done(NamedTuple):
    """What a statement left behind."""

    rows: Sequence[Any] = ()
    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor that holds what its one statement left behind; the driver's own lives in the thread alone."""

    __slots__ = ("_done",)
    _adapt_connection: Any

    def __init__(self, adapt_connection: Any) -> None:
        # Not the base class's: it would visit the thread for a cursor.
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection.driver_connection
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = deque()
        self._done = _Done()

    @property
    def description(self) -> Any:
        return self._done.description

    @property
    def rowcount(self) -> int:
        return self._done.rowcount

    @property
    def lastrowid(self) -> Any:
        return self._done.lastrowid

    def close(self) -> None:
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """There is nothing that is still open."""

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._run(_execute, operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._run(_execute_many, operation, seq_of_parameters)

    async def _run(self, run: Any, operation: str, parameters: Any) -> None:
        async with self._adapt_connection.alone():
            before = tuple(self._adapt_connection.before)
            self._adapt_connection.before.clear()
            driver: Any = self._connection
            self._done = await driver._execute(run, driver._conn, before, operation, parameters)  # noqa: SLF001 - aiosqlite has no public way to run something of one's own
            self._rows = deque(self._done.rows)


class _Connection(AsyncAdapt_aiosqlite_connection):
    """A connection; `before` is what the next statement takes along."""

    __slots__ = ("before",)
    _cursor_cls = _Cursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self.before: list[str] = []

    def alone(self) -> asyncio.Lock:
        """Return the lock that one statement holds."""
        return self._execute_mutex

    def commit(self) -> None:
        if self._is_in_transaction():
            super().commit()

    def rollback(self) -> None:
        if self._is_in_transaction():
            super().rollback()

    def _is_in_transaction(self) -> bool:
        self.before.clear()
        driver: sqlite3.Connection | None = self.driver_connection._connection  # noqa: SLF001 - None once it is closed
        return driver is not None and driver.in_transaction


class Driver(AsyncAdapt_aiosqlite_dbapi):
    """The module that an engine is made with."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> _Connection:
        """Connect, as the adapter does."""
        return _Connection(self, super().connect(*arg, **kw).driver_connection)


def do_before(tx: AsyncConnection, *operations: str) -> None:
    """Let the next statement take these along; without a next one they are forgotten."""
    if tx.sync_connection is None:
        raise ValueError("the connection is not open")
    adapted: Any = tx.sync_connection.connection.dbapi_connection
    adapted.before.extend(operations)


def _execute(driver: sqlite3.Connection, before: Sequence[str], operation: str, parameters: Any) -> _Done:
    for each in before:
        driver.execute(each)
    cursor = driver.execute(operation, parameters)
    try:
        rows = cursor.fetchall() if cursor.description else ()
        return _Done(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()


def _execute_many(driver: sqlite3.Connection, before: Sequence[str], operation: str, parameters: Any) -> _Done:
    for each in before:
        driver.execute(each)
    cursor = driver.executemany(operation, parameters)
    cursor.close()
    return _Done(rowcount=cursor.rowcount)
