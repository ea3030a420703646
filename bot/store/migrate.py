"""Which schema the database has, and bringing it to the newest."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text

from bot.store import revisions
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
        if await _has_newest(patient):
            return revisions.head(), revisions.head()
        async with patient.transaction() as tx:
            if patient.dialect == "postgresql":
                await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
                # A migration that waits for a table makes everybody behind it wait as well.
                await tx.execute(text("SET LOCAL lock_timeout = '5s'"))
            before = await revisions.current(tx)
            if before is None or before in revisions.known():
                await tx.run_sync(_upgrade)
            return before, await revisions.current(tx) or revisions.head()
    finally:
        await patient.dispose()


async def schema_state(database: Database) -> SchemaState:
    """Say which schema the database has, and whether this release can work with it. Reads only, and creates nothing.

    A schema that this release does not know is a newer release's, which left this one able to work.

    Raises:
        DatabaseUnavailable: It cannot be reached.
    """
    head = revisions.head()
    if database.sqlite_path is not None and not database.sqlite_path.exists():
        return SchemaState(None, head, is_ready=False, sentence=f"The database does not exist yet{_REMEDY}")
    async with database.reading() as tx:
        current = await revisions.current(tx)
    if current is None:
        return SchemaState(None, head, is_ready=False, sentence=f"The database has no schema yet{_REMEDY}")
    if current == head:
        return SchemaState(current, head, is_ready=True, sentence=f"The schema is the newest ({head}).")
    if current not in revisions.known():
        return SchemaState(current, head, is_ready=True, sentence=f"The schema is a newer release's ({current}).")
    sentence = f"The schema {current} is behind, this release needs {head}{_REMEDY}"
    return SchemaState(current, head, is_ready=False, sentence=sentence)


async def _has_newest(database: Database) -> bool:
    """Say so without taking the writer, which another process may hold."""
    if database.sqlite_path is not None and not database.sqlite_path.exists():
        return False
    async with database.reading() as tx:
        return await revisions.current(tx) == revisions.head()


def _upgrade(connection: Connection) -> None:
    from bot.store.migrations import upgrade_over  # noqa: PLC0415 - most starts find nothing to migrate.

    upgrade_over(connection)
