"""What a database that is used again owes to the next test: nothing of the former one is left in it."""

import os
from collections.abc import AsyncIterator

import asyncpg  # type: ignore[import-untyped]  # It ships no types.
import pytest

from tests.databases import _MIGRATED
from tests.emptied import _IN_TURN, EmptiedDatabases

FILL = """
SET session_replication_role = replica;
INSERT INTO rate_limits (method, channel_id, until) VALUES ('m', 'C1', now());
UPDATE audit_head SET event_id = 7;
DELETE FROM alembic_version;
SELECT nextval('changes_id_seq'), setval('outbox_id_seq', 40);
"""
CONTENT = """
SELECT relname, query_to_xml('SELECT * FROM ' || relname, true, true, '')::text FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences ORDER BY sequencename"


@pytest.fixture
async def databases(postgresql_server: str) -> AsyncIterator[EmptiedDatabases]:
    databases = EmptiedDatabases(postgresql_server, _MIGRATED, f"again_{os.getpid()}")
    yield databases
    await databases.drop_all()


async def again(databases: EmptiedDatabases) -> str:
    """Lend until the first one's turn has come again."""
    for _ in range(_IN_TURN - 1):
        await databases.lend()
    return await databases.lend()


async def content(url: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return [*await connection.fetch(CONTENT), *await connection.fetch(SEQUENCES)]
    finally:
        await connection.close()


async def test_a_database_that_is_used_again_holds_what_a_new_one_does(databases: EmptiedDatabases) -> None:
    url = await databases.lend()
    new = await content(url)
    former = await asyncpg.connect(url)
    await former.execute(FILL)
    await former.execute("SELECT pg_advisory_lock(1); LISTEN told; BEGIN; LOCK TABLE changes")
    assert await again(databases) == url
    assert await content(url) == new
    assert former.is_closed()


CHANGES = (
    "ALTER TABLE audit_events DISABLE TRIGGER USER; ALTER TABLE audit_events ENABLE TRIGGER USER",
    "CREATE TABLE left_over ()",
    "CREATE OR REPLACE FUNCTION refuse_always() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "ALTER TABLE changes ALTER reason SET DEFAULT ''",
    "DROP INDEX {index}",
    "ALTER SEQUENCE changes_id_seq INCREMENT 2",
    "ANALYZE audit_head",
    "ALTER DATABASE {name} SET default_transaction_read_only = on",
    "INSERT INTO agents SELECT 1, n, 'n', repeat('n', 250), '', now(), true, '' FROM generate_series(1, 20000) AS n",
)


async def test_one_whose_schema_was_changed_or_that_has_grown_is_replaced(databases: EmptiedDatabases) -> None:
    url = await databases.lend()
    for change in CHANGES:
        connection = await asyncpg.connect(url)
        index = await connection.fetchval("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'ix_%' LIMIT 1")
        await connection.execute(change.format(name=url.rpartition("/")[2], index=index))
        await connection.close()
        former, url = url, await again(databases)
        assert url != former, change
