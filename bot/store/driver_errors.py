"""Errors of the drivers, in our own words."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]  # It ships no types.
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.store.errors import DatabaseUnavailable, RefusedByDatabase

# Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html: connection lost, transaction
# rolled back for another's sake, out of resources, operator intervention, system error; lock not available; a server
# that only reads, as the former one does after a failover; not let in, no such database, no right: an operator can mend
# those while the bot runs.
_PASSING_SQLSTATES = ("08", "40", "53", "57", "58", "55P03", "25P03", "25006", "28", "3D", "42501")

# What SQLite calls a file that cannot be opened, read or locked. SQLITE_ERROR is a mistake in our SQL, and stays one.
_PASSING_SQLITE = ("BUSY", "LOCKED", "IOERR", "CANTOPEN", "FULL", "READONLY", "CORRUPT", "NOTADB", "PERM", "NOMEM")

# What whoever runs the bot can do, by the beginning of SQLite's name of an error, or of PostgreSQL's code of one.
_REMEDIES = {
    "CANTOPEN": "The folder of the file must exist, and the user of the bot must be able to write there: SQLite keeps "
    "its log beside the file, also to read it.",
    "READONLY": "The user of the bot must be able to write the file and its folder.",
    "PERM": "The user of the bot must be able to write the file and its folder.",
    "BUSY": "Another program holds it: let that one end.",
    "FULL": "Make room on the disk; what was committed is whole.",
    "IOERR": "Look at the disk: is it full, broken, or away?",
    "NOTADB": "DATABASE_URL names a file that is no database: correct it, or put a backup back.",
    "CORRUPT": "The file is damaged: stop the bot, keep a copy, and put a backup back.",
    "25006": "The server only reads: DATABASE_URL must name the primary one.",
    "53100": "Make room on the server's disk; what was committed is whole.",
    "53300": "Let the server take more connections, or run fewer processes of the bot.",
    "28": "The user or the password in DATABASE_URL is wrong, or the server does not let them in.",
    "42501": "The user in DATABASE_URL must own the bot's tables, and may create some in its schema.",
    "3D": "Create the database that DATABASE_URL names, then run `route-number migrate`.",
}


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise DatabaseUnavailable and RefusedByDatabase for what the drivers raise; let mistakes in SQL through."""
    try:
        yield
    except IntegrityError as exc:
        raise RefusedByDatabase(_sentence(exc)) from exc
    except DBAPIError as exc:
        if exc.connection_invalidated or _is_passing(exc.orig):
            raise DatabaseUnavailable(
                f"The database cannot be used now: {_with_remedy(_sentence(exc), exc.orig)}"
            ) from exc
        raise
    except (PoolTimeoutError, TimeoutError) as exc:
        raise DatabaseUnavailable("The database did not answer in time.") from exc
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
        # Only the type: a text about connecting can name the user and the host.
        sentence = f"The database cannot be reached ({type(exc).__name__})"
        raise DatabaseUnavailable(_with_remedy(sentence, exc)) from exc


def _is_passing(driver_error: BaseException | None) -> bool:
    sqlstate = getattr(driver_error, "sqlstate", None)
    if isinstance(sqlstate, str):
        return sqlstate.startswith(_PASSING_SQLSTATES)
    name = getattr(driver_error, "sqlite_errorname", None)
    if isinstance(name, str):
        return name.removeprefix("SQLITE_").startswith(_PASSING_SQLITE)
    # asyncpg's own InterfaceError (a connection that was closed under us) carries no code.
    return isinstance(getattr(driver_error, "__cause__", None), asyncpg.InterfaceError | OSError)


def _with_remedy(sentence: str, driver_error: BaseException | None) -> str:
    code = getattr(driver_error, "sqlstate", None)
    code = code or str(getattr(driver_error, "sqlite_errorname", "")).removeprefix("SQLITE_")
    remedy = next((each for name, each in _REMEDIES.items() if str(code).startswith(name)), "")
    return f"{sentence.rstrip('.')}. {remedy}".rstrip()


def _sentence(exc: DBAPIError) -> str:
    """Return what the database said, without the values that PostgreSQL adds as a detail."""
    cause = getattr(exc.orig, "__cause__", None)
    message = getattr(cause, "message", None)
    return message if isinstance(message, str) else str(exc.orig)
