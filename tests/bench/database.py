"""Databases of their own for subjects: SQLite files, and databases of one PostgreSQL server."""

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # It ships no types.

from bot.store.database import Database
from bot.store.migrate import upgrade

_serial = count(1)


@contextmanager
def fresh_database(kind: str, server: str | None, folder: Path) -> Iterator[str]:
    """Yield the URL of a fresh, migrated database."""
    name = f"bench_{next(_serial)}"
    if kind == "sqlite":
        yield migrated(f"sqlite:///{folder / name}.db")
        return
    in_a_thread(_execute(f"{server}/postgres", f"CREATE DATABASE {name}"))
    yield migrated(f"{server}/{name}")
    in_a_thread(_execute(f"{server}/postgres", f"DROP DATABASE {name} WITH (FORCE)"))


def migrated(url: str) -> str:
    """Bring a database to the newest schema; return its URL."""
    in_a_thread(_migrate(url))
    return url


def in_a_thread(work: Coroutine[Any, Any, None]) -> None:
    """Run something to its end beside the running loop."""
    with ThreadPoolExecutor(1) as executor:
        executor.submit(asyncio.run, work).result()


async def _migrate(url: str) -> None:
    database = Database.connect(url)
    await upgrade(database)
    await database.dispose()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
