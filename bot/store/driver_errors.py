"""Errors of the drivers, in our own words."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]  # It ships no types.
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.store.errors import DatabaseUnavailable, RefusedByDatabase

# Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html: connection lost, transaction
# rolled back for another's sake, out of resources, operator intervention, system error; lock not available.
_PASSING_SQLSTATES = ("08", "40", "53", "57", "58", "55P03", "25P03")

# What SQLite calls a file that cannot be opened, read or locked. SQLITE_ERROR is a mistake in our SQL, and stays one.
_PASSING_SQLITE = ("BUSY", "LOCKED", "IOERR", "CANTOPEN", "FULL", "READONLY", "CORRUPT", "NOTADB", "PERM", "NOMEM")


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise DatabaseUnavailable and RefusedByDatabase for what the drivers raise; let mistakes in SQL through."""
    try:
        yield
    except IntegrityError as exc:
        raise RefusedByDatabase(_sentence(exc)) from exc
    except DBAPIError as exc:
        if exc.connection_invalidated or _is_passing(exc.orig):
            raise DatabaseUnavailable(f"The database cannot be used now: {_sentence(exc)}") from exc
        raise
    except (PoolTimeoutError, TimeoutError) as exc:
        raise DatabaseUnavailable("The database did not answer in time.") from exc
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
        # Only the type: a text about connecting can name the user and the host.
        raise DatabaseUnavailable(f"The database cannot be reached ({type(exc).__name__}).") from exc


def _is_passing(driver_error: BaseException | None) -> bool:
    sqlstate = getattr(driver_error, "sqlstate", None)
    if isinstance(sqlstate, str):
        return sqlstate.startswith(_PASSING_SQLSTATES)
    name = getattr(driver_error, "sqlite_errorname", None)
    if isinstance(name, str):
        return name.removeprefix("SQLITE_").startswith(_PASSING_SQLITE)
    # asyncpg's own InterfaceError (a connection that was closed under us) carries no code.
    return isinstance(getattr(driver_error, "__cause__", None), asyncpg.InterfaceError | OSError)


def _sentence(exc: DBAPIError) -> str:
    """Return what the database said, without the values that PostgreSQL adds as a detail."""
    cause = getattr(exc.orig, "__cause__", None)
    message = getattr(cause, "message", None)
    return message if isinstance(message, str) else str(exc.orig)
