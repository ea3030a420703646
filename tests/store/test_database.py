"""Connecting, waiting, and errors in our own words."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from bot.store import cards, rate_limits
from bot.store.cards import Card
from bot.store.database import Database
from bot.store.errors import BadDatabaseUrl, DatabaseUnavailable, StaleCard
from tests.store.stored_changes import HOUR, NOW, ask, limited_until, run

SHORT = timedelta(seconds=0.2)


async def read_one(database: Database) -> None:
    async with database.reading() as tx:
        await tx.execute(text("SELECT 1"))


@pytest.mark.parametrize(
    "url",
    [
        "mysql://root:hunter2@localhost/x",
        "postgresql://root:hunter2@localhost",
        "not a url with hunter2",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://root:hunter2@localhost:port/x",
        "",
    ],
)
def test_g12_a_bad_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadDatabaseUrl) as refused:
        Database.connect(url)
    assert "hunter2" not in repr(refused.value)
    assert str(refused.value).endswith(".")


def test_a_url_says_which_database_it_is(tmp_path: Path) -> None:
    assert Database.connect(f"sqlite:///{tmp_path}/x.db").dialect == "sqlite"
    assert Database.connect("postgresql://u:p@h/d?sslmode=require").dialect == "postgresql"
    assert Database.connect("postgres://u:p@h/d").dialect == "postgresql"
    assert not (tmp_path / "x.db").exists()


async def test_what_raises_is_rolled_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await _hold_and_fail(database)
    async with database.reading() as tx:
        assert await limited_until(tx, "chat.update", "C1") is None


async def test_a_transaction_that_is_cancelled_leaves_the_database_usable(database: Database) -> None:
    entered = asyncio.Event()

    async def hang() -> None:
        async with database.transaction() as tx:
            await rate_limits.hold(tx, "chat.update", "C1", NOW)
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ask(database)
    async with database.reading() as tx:
        assert await limited_until(tx, "chat.update", "C1") is None


async def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises((DatabaseUnavailable, OperationalError, ProgrammingError, Exception), match=r"(?i)read.?only"):
        await _write_while_reading(database)
    await ask(database)


async def test_g8_a_row_that_somebody_holds_is_given_up_soon(database: Database, database_url: str) -> None:
    """On SQLite the whole file is held, by a second process or by this one."""
    await run(database, "INSERT INTO rate_limits (method, channel_id, until) VALUES ('m', 'c', CURRENT_TIMESTAMP)")
    impatient = Database.connect(database_url, patience=SHORT)
    started = asyncio.get_running_loop().time()
    async with database.transaction() as tx:
        await rate_limits.hold(tx, "m", "c", NOW + HOUR)
        with pytest.raises(DatabaseUnavailable):
            await _hold(impatient)
    assert asyncio.get_running_loop().time() - started < 1
    await _hold(impatient)
    await impatient.dispose()


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_g8_the_writers_of_one_process_wait_for_each_other_and_give_up_soon(database_url: str) -> None:
    database = Database.connect(database_url, patience=SHORT)
    async with database.transaction():
        with pytest.raises(DatabaseUnavailable, match="busy"):
            await _hold(database)
        await read_one(database)
    await asyncio.gather(*(_hold(database) for _ in range(5)))
    await database.dispose()


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_answered_commit_is_on_the_disk(database: Database) -> None:
    async with database.transaction() as tx:
        pragmas = [await tx.scalar(text(f"PRAGMA {name}")) for name in ("synchronous", "journal_mode", "foreign_keys")]
    assert pragmas == [2, "wal", 1]


async def test_g8_a_new_file_that_somebody_holds_is_waited_for(tmp_path: Path) -> None:
    database = Database.connect(f"sqlite:///{tmp_path}/new.db")
    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as other:
        other.execute("CREATE TABLE rate_limits (method, channel_id, until, UNIQUE (method, channel_id))")
        other.execute("BEGIN IMMEDIATE")
        holding = asyncio.create_task(_hold(database))
        await asyncio.wait({holding}, timeout=SHORT.total_seconds())
        other.execute("COMMIT")
        await holding
    await database.dispose()


async def test_g8_a_server_that_is_away_is_unavailable_and_comes_back(database_url: str, tmp_path: Path) -> None:
    nowhere = (
        f"sqlite:///{tmp_path}/missing/x.db"
        if database_url.startswith("sqlite")
        else "postgresql://nobody:hunter2@127.0.0.1:1/x"
    )
    database = Database.connect(nowhere)
    for use in (read_one, _hold):
        with pytest.raises(DatabaseUnavailable) as away:
            await use(database)
        assert "hunter2" not in str(away.value)
    await database.dispose()


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g8_a_connection_that_the_server_closed_is_replaced(database: Database) -> None:
    await read_one(database)
    with pytest.raises(DatabaseUnavailable):
        await run(database, "SELECT pg_terminate_backend(pg_backend_pid())")
    await read_one(database)


async def test_a_mistake_in_our_own_sql_is_no_outage(database: Database) -> None:
    with pytest.raises((OperationalError, ProgrammingError)):
        await run(database, "SELECT nonsense FROM nowhere")


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_file_that_is_no_database_is_unavailable(database: Database, database_url: str) -> None:
    await database.dispose()
    _spoil(Path(database_url.removeprefix("sqlite:///")))
    with pytest.raises(DatabaseUnavailable):
        await read_one(database)


async def test_a_card_is_saved_over_the_one_that_was_read_and_over_no_other(database: Database) -> None:
    change = await ask(database)
    first = Card(change_id=change.id, channel_id="C1", message_ts="1.1", shown_version=1)
    second = Card(change_id=change.id, channel_id="C2", generation=2, attempted_at=NOW, problem="full", problem_at=NOW)
    async with database.transaction() as tx:
        assert await cards.get(tx, change.id) is None
        await cards.save(tx, first, over=None)
        assert await cards.get(tx, change.id) == first
        await cards.save(tx, second, over=first)
        assert await cards.get(tx, change.id) == second
        for former in (None, first, replace(second, message_ts="2.2")):
            with pytest.raises(StaleCard):
                await cards.save(tx, first, over=former)
        shown = replace(second, message_ts="2.2", shown_version=2)
        await cards.save(tx, shown, over=second)
        await cards.mark_dirty(tx, change.id)
        with pytest.raises(StaleCard):
            await cards.save(tx, shown, over=shown)
        assert await cards.get(tx, change.id) == replace(shown, shown_version=0)


async def test_the_longer_of_two_waits_that_slack_asked_for_counts(database: Database) -> None:
    async with database.transaction() as tx:
        await rate_limits.hold(tx, "chat.update", "C1", NOW + HOUR)
        await rate_limits.hold(tx, "chat.update", "C1", NOW)
        assert await limited_until(tx, "chat.update", "C1") == NOW + HOUR
        assert await limited_until(tx, "chat.update", "C2") is None


def _spoil(path: Path) -> None:
    path.write_bytes(b"this is no database" * 99)


async def _hold(database: Database) -> None:
    async with database.transaction() as tx:
        await rate_limits.hold(tx, "m", "c", NOW + 2 * HOUR)


async def _hold_and_fail(database: Database) -> None:
    async with database.transaction() as tx:
        await rate_limits.hold(tx, "chat.update", "C1", NOW)
        raise ZeroDivisionError


async def _write_while_reading(database: Database) -> None:
    async with database.reading() as tx:
        await rate_limits.hold(tx, "m", "c", NOW)


async def test_what_is_in_use_when_all_is_closed_is_closed_as_it_is_given_back(database: Database) -> None:
    async with database.reading() as tx:
        driver: Any = (await tx.get_raw_connection()).driver_connection
        await database.dispose()
        assert await tx.scalar(text("SELECT 1")) == 1
    assert driver.is_closed() if database.dialect == "postgresql" else driver._connection is None
