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

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.sqlite import _PRAGMAS
from bot.store.sqlite_driver import Driver, _Connection

_MOST_TURNS = 4
_STATEMENTS = 1000


class Memory:
    """The database in memory, and which of its connections is in a transaction."""

    def __init__(self, migrated: Path) -> None:
        self.driver = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS
        )
        with sqlite3.connect(migrated) as file:
            file.backup(self.driver)
        file.close()
        for pragma in _PRAGMAS:
            self.driver.execute(f"PRAGMA {pragma}")
        self.writer: object = None
        self.driver.execute("BEGIN")

    def keep(self) -> None:
        """Let every history begin with what is there now."""
        self.driver.execute("COMMIT")
        self.driver.execute("BEGIN")

    def undo(self) -> None:
        """Begin anew."""
        self.driver.execute("ROLLBACK")
        self.driver.execute("BEGIN")

    def read(self, statement: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return what is committed."""
        assert self.writer is None
        cursor = self.driver.cursor()
        cursor.row_factory = sqlite3.Row
        return cursor.execute(statement, values).fetchall()


class _Line:
    """What the driver takes for a connection of its own."""

    def __init__(self, memory: Memory) -> None:
        self.in_transaction = False
        self._memory = memory

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        memory = self._memory
        if statement.startswith("BEGIN"):
            assert memory.writer is None, "A transaction waits for somebody in its midst."
            self.in_transaction = True
            if statement == "BEGIN IMMEDIATE":
                memory.writer = self
                return memory.driver.execute("SAVEPOINT of_the_bot")
            return memory.driver.cursor()
        if statement.startswith("PRAGMA"):
            return memory.driver.cursor()
        assert memory.writer in (None, self)
        return memory.driver.execute(statement, values)

    def executemany(self, statement: str, values: Sequence[Any]) -> sqlite3.Cursor:
        return self._memory.driver.executemany(statement, values)

    def commit(self) -> None:
        memory = self._memory
        if memory.writer is self:
            # What is checked at the end of a transaction is not at that of a savepoint.
            broken = memory.driver.execute("PRAGMA foreign_key_check(changes)").fetchone()
            if broken:
                self.rollback()
                raise sqlite3.IntegrityError("FOREIGN KEY constraint failed")
            memory.driver.execute("RELEASE of_the_bot")
            memory.writer = None
        self.in_transaction = False

    def rollback(self) -> None:
        memory = self._memory
        if memory.writer is self:
            memory.driver.execute("ROLLBACK TO of_the_bot")
            memory.driver.execute("RELEASE of_the_bot")
            memory.writer = None
        self.in_transaction = False


class _Inline:
    """The line as the adapter of SQLAlchemy speaks to it, without a thread."""

    def __init__(self, memory: Memory) -> None:
        self._conn = self._connection = _Line(memory)

    async def create_function(self, *_: object, **__: object) -> None:
        """No statement of the bot uses the functions that SQLAlchemy adds."""

    async def _execute(self, run: Callable[..., Any], *values: Any) -> Any:
        return run(*values)

    async def commit(self) -> None:
        self._conn.commit()

    async def rollback(self) -> None:
        self._conn.rollback()

    async def close(self) -> None:
        self._conn.rollback()

    def stop(self) -> None:
        self._conn.rollback()


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
        for engine in (self._writer, self._reader):
            event.listen(engine.sync_engine, "do_connect", self._connect)

    def _connect(self, *_: object) -> Any:
        return _Connection(Driver(), _Inline(self.memory))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        await self.turns.take()
        async with super().transaction() as tx:
            try:
                yield tx
            except BaseException:
                # It would be undone when the connection is given back, and others come first there.
                await tx.rollback()
                raise

    @asynccontextmanager
    async def reading(self, *, may_pause: bool = False) -> AsyncIterator[AsyncConnection]:
        await self.turns.take()
        async with super().reading(may_pause=may_pause) as tx:
            yield tx


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
