"""Alembic, pointed at this release's migrations. Imported by whoever has something to migrate, and by nobody else."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from bot.store.revisions import scripts_folder


def alembic_config() -> Config:
    """Return Alembic's configuration, wherever the package is installed."""
    config = Config()
    config.set_main_option("script_location", str(scripts_folder()).replace("%", "%%"))
    return config


def upgrade_over(connection: Connection) -> None:
    """Bring the schema to the newest, in the transaction that the connection is in."""
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
