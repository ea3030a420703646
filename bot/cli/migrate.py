"""`migrate`: bring the database to the newest schema."""

import typer

from bot.cli.exits import run, settings_or_stop
from bot.settings import DatabaseSettings
from bot.store import revisions
from bot.store.database import Database
from bot.store.migrate import upgrade


def migrate() -> None:
    """Bring the database to the newest schema, and say from which to which."""
    settings = settings_or_stop(DatabaseSettings)
    before, after = run(_upgrade(settings.database_url.get_secret_value()))
    if before == after and after not in revisions.known():
        typer.echo(f"The schema is a newer release's ({after}): install that one. This release can still work with it.")
    elif before == after:
        typer.echo(f"The schema is at {after} already.")
    else:
        typer.echo(f"Migrated the schema from {before or 'nothing'} to {after}.")


async def _upgrade(url: str) -> tuple[str | None, str]:
    database = Database.connect(url)
    try:
        return await upgrade(database)
    finally:
        await database.dispose()
