"""INSERT … ON CONFLICT, which SQLAlchemy spells once a dialect."""

from collections.abc import Callable, Mapping

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

INSERTS: Mapping[str, Callable[[Table], postgresql.Insert | sqlite.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


def insert_or(tx: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return INSERTS[tx.dialect.name](table)


def of_each_dialect(table: Table, build: Callable[[postgresql.Insert | sqlite.Insert], Insert]) -> Mapping[str, Insert]:
    """Build a statement that is run often once for each dialect, by its name."""
    return {name: build(insert(table)) for name, insert in INSERTS.items()}
