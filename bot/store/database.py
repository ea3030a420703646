"""The one way to the database: connections, transactions, and errors in our own words.

What differs between SQLite and PostgreSQL about connections sits here. SQLite has one writer connection, which takes
the write lock with its transaction's first statement, so that none finds out at its end that it cannot write.

On PostgreSQL rows are locked, and two who took the same ones in different orders would wait for each other in a circle.
So every transaction takes what it needs in this order, of each kind in the order of the ids; the tests read it here:

1. `submission of`, a turn
2. `changes`, all at once; with them goes whatever belongs to a change alone, as its reviews
3. `put-backs of`, a turn
4. `mirror_reads`
5. `numbers`, `number_agents`, `agents`
6. `outside_notices`, `outside_changes`
7. `token_refusals`
8. `approval of`, a turn
9. `pauses`
10. `cards`, but the first one of a change: whoever adds it holds its messages
11. `outbox`
12. `rate_limits`
13. `audit_head`, `audit_events`

Whoever needs something out of this order waits for nobody there: it skips what is locked, and leaves it to others.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.driver_errors import translated_errors
from bot.store.errors import BadDatabaseUrl, DatabaseUnavailable
from bot.store.postgresql import postgresql_engine
from bot.store.sqlite import sqlite_engine
from bot.store.sqlite_driver import do_before

# Slack gives three seconds for an answer; a busy database has to give up well before.
PATIENCE = timedelta(seconds=1.5)


class Database:
    """A database, by its URL. Connecting is lazy: a bot whose database is away starts all the same."""

    def __init__(self, url: str, *, patience: timedelta) -> None:
        self._url = url
        self._patience = patience
        parsed = _parse(url)
        self.dialect: Literal["sqlite", "postgresql"]
        self.sqlite_path: Path | None = None
        if parsed.get_backend_name() == "sqlite":
            self.dialect = "sqlite"
            self.sqlite_path = Path(parsed.database or "").absolute()
            self._writer = sqlite_engine(self.sqlite_path, mode="rwc", patience=patience)
            self._reader = sqlite_engine(self.sqlite_path, mode="rw", patience=patience)
        else:
            self.dialect = "postgresql"
            self._writer = self._reader = postgresql_engine(parsed, patience=patience)
        self._write_lock = asyncio.Lock()

    @classmethod
    def connect(cls, url: str, *, patience: timedelta = PATIENCE) -> Self:
        """Return the database at `url`, without connecting yet.

        `patience` bounds each wait: for a connection, a lock, a statement.

        Raises:
            BadDatabaseUrl: The URL is none that the bot can use.
        """
        return cls(url, patience=patience)

    def with_patience(self, patience: timedelta) -> "Database":
        """Return the same database over connections of its own that wait longer, or shorter; dispose it as well."""
        return Database(self._url, patience=patience)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that can write; commit at the end, roll back when the body raises.

        Do nothing but database work inside: an OSError of the body counts as the database's.

        Raises:
            DatabaseUnavailable: It cannot be reached, or is busy.
            RefusedByDatabase: A constraint or a trigger refused, at a statement or at the commit.
        """
        with translated_errors():
            if self.dialect == "postgresql":
                async with self._writer.connect() as tx:
                    yield tx
                    await tx.commit()
                return
            self._refuse_missing_folder()
            waiting_since = asyncio.get_running_loop().time()
            await self._wait_for_write_lock()
            try:
                async with self._writer.connect() as tx:
                    waited = asyncio.get_running_loop().time() - waiting_since
                    left = max(self._patience.total_seconds() - waited, 0.05)
                    do_before(tx, f"PRAGMA busy_timeout = {left * 1000:.0f}", "BEGIN IMMEDIATE")
                    yield tx
                    await _commit_or_invalidate(tx)
            finally:
                self._write_lock.release()

    @asynccontextmanager
    async def reading(self, *, may_pause: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that can only read; it waits for no writer on SQLite, and never creates a file.

        `may_pause` says that the body takes its time between statements, as a person does who pages through output.

        Raises:
            DatabaseUnavailable: It cannot be reached.
        """
        with translated_errors():
            self._refuse_missing_file()
            async with self._reader.connect() as tx:
                if self.dialect == "sqlite":
                    do_before(tx, "BEGIN")
                else:
                    await tx.execution_options(postgresql_readonly=True)
                    if may_pause:
                        await tx.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                yield tx

    @asynccontextmanager
    async def raw_connection(self) -> AsyncIterator[Any]:
        """Lend the driver's own connection, for what is no statement; nothing may be left on it. PostgreSQL alone."""
        async with self._writer.connect() as borrowed:
            yield (await borrowed.get_raw_connection()).driver_connection

    async def dispose(self) -> None:
        """Close all connections; those in use when they are given back."""
        await self._writer.dispose()
        await self._reader.dispose()

    # When aiosqlite cannot open a file, it leaves a thread behind that speaks to an event loop that may be closed.
    def _refuse_missing_folder(self) -> None:
        if self.sqlite_path is not None and not self.sqlite_path.parent.is_dir():
            raise DatabaseUnavailable("The folder of the database file does not exist.")
        if self.sqlite_path is not None and self.sqlite_path.is_dir():
            raise DatabaseUnavailable("The database file is a folder.")

    def _refuse_missing_file(self) -> None:
        if self.sqlite_path is not None and not self.sqlite_path.is_file():
            what = "is no file" if self.sqlite_path.exists() else "does not exist"
            raise DatabaseUnavailable(f"The database file {what}.")

    async def _wait_for_write_lock(self) -> None:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await self._write_lock.acquire()
        except TimeoutError as exc:
            raise DatabaseUnavailable("The database is busy.") from exc


async def _commit_or_invalidate(tx: AsyncConnection) -> None:
    try:
        await tx.commit()
    except BaseException:
        # A refused COMMIT leaves SQLite's transaction open while SQLAlchemy takes it for ended, and would hand the
        # connection to the next one as it is.
        await tx.invalidate()
        raise


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The cause would quote the URL, and with it its password.
        raise BadDatabaseUrl("The database URL cannot be read.") from None
    match parsed.get_backend_name():
        case "sqlite":
            if parsed.database in (None, "", ":memory:"):
                raise BadDatabaseUrl("The database URL names no file: write sqlite:///relative or sqlite:////absolute.")
        case "postgresql" | "postgres":
            if not parsed.database:
                raise BadDatabaseUrl("The database URL names no database: write postgresql://user@host/database.")
        case other:
            raise BadDatabaseUrl(f"The database URL starts with {other!r}; the bot knows sqlite and postgresql.")
    return parsed
