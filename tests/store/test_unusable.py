"""A database that cannot be used now: whoever runs the bot reads what to do, and afterwards all goes on."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.store import rate_limits
from bot.store.database import Database
from bot.store.errors import DatabaseUnavailable
from bot.store.migrate import schema_state, upgrade
from tests.small_disk import small_disk
from tests.store.stored_changes import HOUR, NOW, limited_until

SHORT = timedelta(seconds=0.3)


async def write(database: Database) -> None:
    async with database.transaction() as tx:
        await rate_limits.hold(tx, "m", "c", NOW + HOUR)


async def has_written(database: Database) -> bool:
    async with database.reading() as tx:
        return await limited_until(tx, "m", "c") is not None


async def refused(database: Database) -> str:
    with pytest.raises(DatabaseUnavailable) as away:
        await write(database)
    return str(away.value)


async def test_g8_a_full_disk_is_said_and_what_was_committed_is_whole(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        database = Database.connect(f"sqlite:///{disk.path}/bot.db")
        await upgrade(database)
        await write(database)
        disk.fill()
        # The file of the log can take some pages more where it was longer before.
        said = ""
        for at in range(2000):
            try:
                async with database.transaction() as tx:
                    await rate_limits.hold(tx, f"m{at}", "c" * 4000, NOW)
            except DatabaseUnavailable as error:
                said = str(error)
                break
        assert "Make room on the disk" in said
        assert await has_written(database)
        disk.make_room()
        await write(database)
        async with database.reading() as tx:
            assert await tx.scalar(text("PRAGMA integrity_check")) == "ok"
        await database.dispose()


async def test_g8_a_disk_that_only_reads_is_said_with_what_to_do(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        database = Database.connect(f"sqlite:///{disk.path}/bot.db")
        await upgrade(database)
        await database.dispose()
        disk.only_read()
        for use in (write, has_written, upgrade, schema_state):
            with pytest.raises(DatabaseUnavailable, match="must be able to write"):
                await use(database)
        await database.dispose()


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_g8_a_file_that_another_program_holds_is_said(database_url: str) -> None:
    database = Database.connect(database_url, patience=SHORT)
    await write(database)
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "Another program holds it" in await refused(database)
        assert await has_written(database)
    await write(database)
    await database.dispose()


@pytest.mark.parametrize(("content", "words"), [(b"no database at all" * 300, "no database: correct it"), (None, "")])
async def test_what_is_no_database_is_said(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "bot.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    database = Database.connect(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnavailable, match=words or "is no file"):
        await schema_state(database)
    assert (words or "is a folder") in await refused(database)
    await database.dispose()


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g8_a_server_that_only_reads_after_a_failover_is_left_for_the_one_that_writes(
    database: Database, database_url: str
) -> None:
    name = database_url.rpartition("/")[2]
    await write(database)
    async with database.transaction() as tx:
        await tx.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
    there = Database.connect(database_url)
    assert "DATABASE_URL must name the primary one" in await refused(there)
    assert await has_written(there)
    async with database.transaction() as tx:
        await tx.execute(text(f"ALTER DATABASE {name} RESET default_transaction_read_only"))
    # Its connection of before would only read for ever.
    await refused(there)
    await write(there)
    await there.dispose()


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_what_an_operator_has_to_mend_on_the_server_is_said(database: Database, database_url: str) -> None:
    server, _, name = database_url.rpartition("/")
    stranger = f"postgresql://stranger_of_{name}@{server.rpartition('@')[2]}"
    async with database.transaction() as tx:
        await tx.execute(text(f"CREATE ROLE stranger_of_{name} LOGIN"))
    for url, words in (
        (f"{server}/nowhere", "Create the database that DATABASE_URL names"),
        (f"{server.replace('//', '//nobody_')}/{name}", "The user or the password in DATABASE_URL is wrong"),
        (f"{stranger}/{name}", "must own the bot's tables"),
    ):
        there = Database.connect(url)
        assert words in await refused(there)
        await there.dispose()
    async with database.transaction() as tx:
        await tx.execute(text(f"DROP ROLE stranger_of_{name}"))
