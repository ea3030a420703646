"""Runs migrations over a connection that is handed in; from Alembic's own command line, over one of the settings."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from bot.store.database import Database
from bot.store.schema import changes


def migrate_over(connection: Connection) -> None:
    """Run what Alembic was asked for, in the transaction that the connection is in."""
    context.configure(connection=connection, target_metadata=changes.metadata)
    with context.begin_transaction():
        context.run_migrations()


async def migrate_as_set() -> None:
    """Run what Alembic was asked for on the database of the settings."""
    # Imported here: whoever hands in a connection needs no settings, and none may be missing then.
    from bot.settings import DatabaseSettings  # noqa: PLC0415 - see the comment above.

    database = Database.connect(DatabaseSettings().database_url.get_secret_value())
    try:
        async with database.transaction() as tx:
            await tx.run_sync(migrate_over)
    finally:
        await database.dispose()


given = context.config.attributes.get("connection")
if given is None:
    asyncio.run(migrate_as_set())
else:
    migrate_over(given)
