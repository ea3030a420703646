"""SQLite for many short histories: one database in memory, in which each history is one transaction that is undone.

What the bot calls a transaction is a savepoint in there, and what it calls a commit is the release of that savepoint.
So a history begins with what the one before it began with, at no cost, and the database keeps what it has prepared.
Statements run at once instead of in a thread: the order in which transactions of several processes come is drawn, not
left to the machine.
"""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Executable, StaticPool, create_engine
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.driver_errors import translated_errors
from bot.store.sqlite import _PRAGMAS

_MOST_TURNS = 4
_STATEMENTS = 1000


class Memory:
    """The database in memory, and which transaction is open there."""

    def __init__(self, migrated: Path) -> None:
        self.driver = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS
        )
        with sqlite3.connect(migrated) as file:
            file.backup(self.driver)
        file.close()
        for pragma in _PRAGMAS:
            self.driver.execute(f"PRAGMA {pragma}")
        self.open: object = None
        self.driver.execute("BEGIN")

    def keep(self) -> None:
        """Let every history begin with what is there now."""
        self.driver.execute("COMMIT")
        self.driver.execute("BEGIN")

    def undo(self) -> None:
        """Begin anew."""
        self.driver.execute("ROLLBACK")
        self.driver.execute("BEGIN")

    def check(self) -> None:
        """Refuse what is checked at the end of a transaction, and not at that of a savepoint."""
        if self.driver.execute("PRAGMA foreign_key_check(changes)").fetchone():
            raise sqlite3.IntegrityError("FOREIGN KEY constraint failed")

    def read(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return what is committed."""
        assert self.open is None
        cursor = self.driver.cursor()
        cursor.row_factory = sqlite3.Row
        return cursor.execute(statement, values).fetchall()


class _Cursor:
    """A cursor that has read its statement to the end, so that none is open when a transaction ends."""

    __slots__ = ("_driver", "_rows", "arraysize", "description", "lastrowid", "rowcount")

    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        done = self._driver.execute(statement, values)
        self.description = done.description
        # Read first: how many rows one that returns some has changed is known at its end.
        self._rows = done.fetchall() if self.description else []
        self.rowcount, self.lastrowid = done.rowcount, done.lastrowid

    def executemany(self, statement: str, values: Sequence[Any]) -> None:
        self.rowcount = self._driver.executemany(statement, values).rowcount

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[Any]:
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def close(self) -> None:
        self._rows = []


class _Line:
    """What SQLAlchemy takes for the driver's connection: of its transactions it knows nothing."""

    isolation_level = None

    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver
        self.create_function = driver.create_function

    def cursor(self) -> _Cursor:
        return _Cursor(self._driver)

    def commit(self) -> None:
        """Leave it to the savepoint."""

    def rollback(self) -> None:
        """Leave it to the savepoint."""

    def close(self) -> None:
        """Leave it open: it is the memory's."""


class _Transaction:
    """What the services are given as an `AsyncConnection`: as much of it as they use, without the way to a thread."""

    def __init__(self, memory: Memory, connection: Connection) -> None:
        assert memory.open is None, "A transaction waits for somebody in its midst."
        memory.open = self
        self.dialect = connection.dialect
        self._memory = memory
        self._connection = connection

    async def execute(self, statement: Executable, values: Any = None) -> Any:
        assert self._memory.open is self, "A transaction goes on after its end."
        return self._connection.execute(statement, values)

    async def scalar(self, statement: Executable, values: Any = None) -> Any:
        return (await self.execute(statement, values)).scalar()

    async def scalars(self, statement: Executable, values: Any = None) -> Any:
        return (await self.execute(statement, values)).scalars()


class Turns:
    """How often whoever wants a transaction lets the others go first."""

    def __init__(self) -> None:
        self._chance: random.Random | None = None

    def share(self, chance: random.Random | None) -> None:
        """Draw turns from now on, None for no more: whoever is alone needs none."""
        self._chance = chance

    async def take(self) -> None:
        for _ in range(self._chance.randrange(_MOST_TURNS) if self._chance else 0):
            await asyncio.sleep(0)


class HistoryDatabase(Database):
    """The bot's database over the memory of all histories."""

    def __init__(self, migrated: Path) -> None:
        super().__init__(f"sqlite:///{migrated}", patience=timedelta(minutes=1))
        self.memory = Memory(migrated)
        self.turns = Turns()
        self._engine = create_engine("sqlite://", creator=lambda: _Line(self.memory.driver), poolclass=StaticPool)
        self._connection = self._engine.connect()

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()
        self.memory.driver.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        await self.turns.take()
        memory = self.memory
        with translated_errors():
            tx: Any = _Transaction(memory, self._connection)
            memory.driver.execute("SAVEPOINT of_the_bot")
            try:
                yield tx
                memory.check()
            except BaseException:
                memory.driver.execute("ROLLBACK TO of_the_bot")
                raise
            finally:
                memory.driver.execute("RELEASE of_the_bot")
                memory.open = None

    @asynccontextmanager
    async def reading(self, *, may_pause: bool = False) -> AsyncIterator[AsyncConnection]:
        _ = may_pause
        await self.turns.take()
        with translated_errors():
            tx: Any = _Transaction(self.memory, self._connection)
            try:
                yield tx
            finally:
                self.memory.open = None


class FragileDatabase(HistoryDatabase):
    """The same of a process that something befalls before or after the commit of its n-th transaction."""

    def __init__(
        self, healthy: HistoryDatabase, befall: Callable[[], Awaitable[None]], *, nth: int, before_commit: bool
    ) -> None:
        self.__dict__.update(vars(healthy))
        self._left = nth
        self._befall = befall
        self._before_commit = before_commit

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        self._left -= 1
        is_it = self._left == 0
        async with super().transaction() as tx:
            yield tx
            if is_it and self._before_commit:
                await self._befall()
        if is_it and not self._before_commit:
            await self._befall()
