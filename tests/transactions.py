"""Counts what a path costs at the database: transactions, and the statements that the driver really sends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, event

from bot.store.database import Database

# How SQLite's transactions are begun by hand; PostgreSQL's driver sends the like unasked.
_FRAME = ("BEGIN", "PRAGMA")


@dataclass
class Cost:
    """The transactions that were begun, and the statements in them, in order."""

    transactions: int = 0
    statements: list[str] = field(default_factory=list)

    @property
    def both(self) -> tuple[int, int]:
        return self.transactions, len(self.statements)

    def is_within(self, transactions: int, statements: int) -> bool:
        """Say whether it costs no more than that; tell what was sent when it does."""
        if self.transactions <= transactions and len(self.statements) <= statements:
            return True
        print(f"{self.both} instead of {(transactions, statements)}:", *self.statements, sep="\n")  # noqa: T201 - it tells why the test failed
        return False


@contextmanager
def counted(database: Database) -> Iterator[Cost]:
    """Count all that happens in the block."""
    cost = Cost()

    def begun(_: Connection) -> None:
        cost.transactions += 1

    def sent(_: Connection, __: object, statement: str, *___: object) -> None:
        if not statement.startswith(_FRAME):
            cost.statements.append(" ".join(statement.split())[:110])

    engines = {database._writer.sync_engine, database._reader.sync_engine}
    for engine in engines:
        event.listen(engine, "begin", begun)
        event.listen(engine, "before_cursor_execute", sent)
    try:
        yield cost
    finally:
        for engine in engines:
            event.remove(engine, "begin", begun)
            event.remove(engine, "before_cursor_execute", sent)
