"""Migrations: the schema equals the models, goes up and down, and is looked at without a trace."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.schema import SchemaItem

from bot.store import revisions
from bot.store.columns import metadata
from bot.store.database import Database
from bot.store.migrate import schema_state, upgrade
from bot.store.migrations import alembic_config
from tests.store.stored_changes import applied, ask, run

HEAD = "20261201_kept"


@pytest.fixture
async def empty_database(empty_database_url: str) -> AsyncIterator[Database]:
    database = Database.connect(empty_database_url)
    yield database
    await database.dispose()


async def definitions(database: Database) -> set[str]:
    """Return every table, index and constraint as the database itself writes it; no triggers."""
    if database.dialect == "sqlite":
        query = "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
    else:
        query = (
            "SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = current_schema()::regnamespace "
            "UNION SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() "
            "UNION SELECT table_name || column_name || data_type || is_nullable || identity_generation "
            "FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES'"
        )
    async with database.reading() as tx:
        found = {str(row[0]) for row in await tx.execute(text(query))}
    return {parts for each in found if "alembic_version" not in each for parts in _parts(each)}


def _parts(definition: str) -> set[str]:
    # SQLite keeps the text of CREATE TABLE, in which the order of the constraints means nothing; a column that was
    # added later stands behind the last one, in its line.
    parts = re.split(r"\n|,(?![^()]*\))", definition.strip())
    subject, *lines = [line for part in parts if (line := re.sub(r"[\s\"]+", " ", part).strip(" ,"))]
    return {f"{subject} {line}" for line in lines} or {subject}


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_the_migrated_schema_is_the_models(database: Database, empty_database: Database) -> None:
    async with empty_database.transaction() as tx:
        await tx.run_sync(metadata.create_all)
    assert await definitions(database) == await definitions(empty_database)
    async with database.reading() as tx:
        assert await tx.run_sync(_differences) == []


def _differences(connection: Connection) -> list[object]:
    # Alembic compares with what the other dialect alone is to have as well.
    def is_ours(item: SchemaItem, *_: object) -> bool:
        only = getattr(item, "_ddl_if", None)
        return only is None or only.dialect == connection.dialect.name

    options = {"compare_type": True, "include_object": is_ours}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def test_up_down_up(empty_database: Database) -> None:
    assert await upgrade(empty_database) == (None, HEAD)
    await applied(empty_database)
    async with empty_database.transaction() as tx:
        await tx.run_sync(_downgrade)
        assert await tx.run_sync(lambda connection: inspect(connection).get_table_names()) == ["alembic_version"]
    assert await upgrade(empty_database) == (None, HEAD)
    assert (await ask(empty_database)).id == 1


def _downgrade(connection: Connection) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.downgrade(config, "base")


async def test_upgrading_again_does_nothing(database: Database) -> None:
    change = await ask(database)
    assert await upgrade(database) == (HEAD, HEAD)
    assert change.id == 1


async def test_upgrades_at_the_same_instant_are_one(empty_database_url: str) -> None:
    databases = [Database.connect(empty_database_url) for _ in range(4)]
    outcomes = await asyncio.gather(*(upgrade(database) for database in databases))
    assert sorted(outcomes, key=str) == [(HEAD, HEAD)] * 3 + [(None, HEAD)]
    for database in databases:
        await database.dispose()


async def test_a_fresh_schema_is_ready(database: Database) -> None:
    state = await schema_state(database)
    assert (state.current, state.head, state.is_ready) == (HEAD, HEAD, True)


async def test_a_database_without_a_schema_is_not_ready(empty_database: Database, tmp_path: Path) -> None:
    state = await schema_state(empty_database)
    assert (state.current, state.is_ready) == (None, False)
    assert "migrate" in state.sentence
    assert _contents(tmp_path) == {}


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_looking_at_the_schema_leaves_no_trace(database_url: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    before = _contents(tmp_path)
    for url, is_ready in ((database_url, True), (f"sqlite:///{empty}", False)):
        looked_at = Database.connect(url)
        assert (await schema_state(looked_at)).is_ready is is_ready
        await looked_at.dispose()
    assert _contents(tmp_path) == before


async def test_a_newer_releases_schema_is_ready_and_left_alone(database: Database) -> None:
    await run(database, "UPDATE alembic_version SET version_num = '20991231'")
    state = await schema_state(database)
    assert (state.current, state.is_ready) == ("20991231", True)
    assert await upgrade(database) == ("20991231", "20991231")


def test_the_revisions_are_those_that_alembic_finds() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert revisions.head() == scripts.get_current_head()
    assert revisions.known() == {script.revision for script in scripts.walk_revisions()}
