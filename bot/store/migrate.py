"""Which schema the database has, and bringing it to the newest."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

import bot
from bot.store.database import Database

# A migration may wait that long for another one that is under way.
_PATIENCE = timedelta(seconds=60)

# Any number, as long as it is ours alone in this database.
_ADVISORY_LOCK = 7_267_511_923


_REMEDY = ": run `route-number migrate`."


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Whether this release can work with the database; `sentence` says so to a person."""

    current: str | None
    head: str
    is_ready: bool
    sentence: str


async def upgrade(database: Database) -> tuple[str | None, str]:
    """Bring the database to the newest schema, and return from which revision to which.

    Safe to run at the same time in many processes: the first one works, the others wait and find nothing to do.

    Raises:
        DatabaseUnavailable: It cannot be reached, or another migration takes longer than a minute.
    """
    patient = database.with_patience(_PATIENCE)
    try:
        async with patient.transaction() as tx:
            if patient.dialect == "postgresql":
                await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
                # A migration that waits for a table makes everybody behind it wait as well.
                await tx.execute(text("SET LOCAL lock_timeout = '5s'"))
            before = await _current(tx)
            if _is_known(before):
                await tx.run_sync(_upgrade)
            return before, await _current(tx) or _head()
    finally:
        await patient.dispose()


async def schema_state(database: Database) -> SchemaState:
    """Say which schema the database has, and whether this release can work with it. Reads only, and creates nothing.

    A schema that this release does not know is a newer release's, which left this one able to work.

    Raises:
        DatabaseUnavailable: It cannot be reached.
    """
    head = _head()
    if database.sqlite_path is not None and not database.sqlite_path.exists():
        return SchemaState(None, head, is_ready=False, sentence=f"The database does not exist yet{_REMEDY}")
    async with database.reading() as tx:
        current = await _current(tx)
    if current is None:
        return SchemaState(None, head, is_ready=False, sentence=f"The database has no schema yet{_REMEDY}")
    if current == head:
        return SchemaState(current, head, is_ready=True, sentence=f"The schema is the newest ({head}).")
    if not _is_known(current):
        return SchemaState(current, head, is_ready=True, sentence=f"The schema is a newer release's ({current}).")
    sentence = f"The schema {current} is behind, this release needs {head}{_REMEDY}"
    return SchemaState(current, head, is_ready=False, sentence=sentence)


def alembic_config() -> Config:
    """Return Alembic's configuration, wherever the package is installed."""
    package = Path(bot.__file__).parent
    in_wheel = package / "migrations"
    config = Config()
    scripts = in_wheel if in_wheel.is_dir() else package.parent / "migrations"
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config


def _upgrade(connection: Connection) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def _current(tx: AsyncConnection) -> str | None:
    return await tx.run_sync(lambda connection: MigrationContext.configure(connection).get_current_revision())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


def _head() -> str:
    head = _scripts().get_current_head()
    if head is None:
        raise RuntimeError("The migrations are missing from this installation.")
    return head


def _is_known(revision: str | None) -> bool:
    return revision is None or revision in {script.revision for script in _scripts().walk_revisions()}
