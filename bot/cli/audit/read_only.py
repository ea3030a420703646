"""Opening the audit record for the commands that only read: they create no file, no schema and no row."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.cli.exits import stop
from bot.store.database import Database
from bot.store.migrate import schema_state

# A person waits for this, and nobody behind them.
_PATIENCE = timedelta(seconds=30)


@asynccontextmanager
async def read_only(url: str) -> AsyncIterator[Database]:
    """Open a database whose schema can be read; a schema that is missing or behind ends the command."""
    database = Database.connect(url, patience=_PATIENCE)
    try:
        state = await schema_state(database)
        if not state.is_ready:
            stop(state.sentence)
        yield database
    finally:
        await database.dispose()
