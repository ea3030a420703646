"""The driver for SQLite does what SQLAlchemy's adapter does, with one visit to the thread a statement."""

from collections.abc import AsyncIterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.errors import RefusedByDatabase


class Counted(SimpleQueue[Any]):
    """The queue of a driver's thread, which counts the visits."""

    def __init__(self, queue: "SimpleQueue[Any]") -> None:
        self.queue = queue
        self.visits = 0

    def put_nowait(self, item: Any) -> None:
        self.visits += 1
        self.queue.put_nowait(item)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database.connect(f"sqlite:///{tmp_path}/driver.db")
    async with database.transaction() as tx:
        await tx.execute(text("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE)"))
    yield database
    await database.dispose()


async def insert_twice(database: Database) -> None:
    async with database.transaction() as tx:
        for _ in range(2):
            await tx.execute(text("INSERT INTO words (word) VALUES ('twice')"))


async def counted(tx: AsyncConnection) -> Counted:
    driver: Any = (await tx.get_raw_connection()).driver_connection
    driver._tx = Counted(driver._tx)
    return driver._tx  # type: ignore[no-any-return]  # It was just put there.


async def test_a_statement_is_one_visit_and_a_reading_one_more(database: Database) -> None:
    async with database.reading() as tx:
        queue = await counted(tx)
    begun = queue.visits
    async with database.reading() as tx:
        for _ in range(3):
            assert (await tx.execute(text("SELECT 1 UNION SELECT 2"))).all() == [(1,), (2,)]
    # The end of the transaction is the fourth.
    assert queue.visits - begun == 4
    async with database.reading():
        pass
    assert queue.visits - begun == 4


async def test_a_transaction_is_its_statements_and_its_commit(database: Database) -> None:
    async with database.transaction() as tx:
        queue = await counted(tx)
    begun = queue.visits
    async with database.transaction() as tx:
        await tx.execute(text("INSERT INTO words (word) VALUES ('one')"))
    assert queue.visits - begun == 2


async def test_a_statement_tells_what_it_did(database: Database) -> None:
    async with database.transaction() as tx:
        inserted = await tx.execute(text("INSERT INTO words (word) VALUES ('a'), ('b') RETURNING id, word"))
        assert inserted.keys() == ["id", "word"]
        assert inserted.all() == [(1, "a"), (2, "b")]
        many = await tx.execute(text("INSERT INTO words (word) VALUES (:word)"), [{"word": "c"}, {"word": "d"}])
        assert many.rowcount == 2
        assert (await tx.execute(text("UPDATE words SET word = word || '!' WHERE id > 2"))).rowcount == 2
        assert (await tx.execute(text("DELETE FROM words WHERE id = 99"))).rowcount == 0
    async with database.reading() as tx:
        assert list(await tx.scalars(text("SELECT word FROM words ORDER BY id"))) == ["a", "b", "c!", "d!"]


async def test_a_refusal_rolls_back_and_leaves_the_connection_usable(database: Database) -> None:
    for _ in range(2):
        with pytest.raises(RefusedByDatabase):
            await insert_twice(database)
    async with database.transaction() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM words")) == 0


async def test_a_reading_is_one_moment(database: Database) -> None:
    async with database.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM words")) == 0
        async with database.transaction() as other:
            await other.execute(text("INSERT INTO words (word) VALUES ('later')"))
        assert await tx.scalar(text("SELECT count(*) FROM words")) == 0
    async with database.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM words")) == 1
