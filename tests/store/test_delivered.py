"""What was delivered long ago is deleted, found by an index whatever is kept beside it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, event, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import outbox
from bot.store.database import Database
from bot.store.schema import outbox as messages
from tests.store.stored_changes import NOW, TEAM, ask

MANY = 4000
MINUTE = timedelta(minutes=1)


def delivered(number: int, change_id: int | None) -> dict[str, Any]:
    """Return the row of a message that was delivered that many minutes after all began; of one that waits at 0."""
    return {
        "team_id": TEAM,
        "lane": f"lane-{number}",
        "kind": "note",
        "fact": f"fact-{number}-{change_id}",
        "payload": {},
        "due_at": NOW,
        "attempts": 1,
        "is_parked": False,
        "change_id": change_id,
        "done_at": NOW + number * MINUTE if number else None,
    }


async def fill(database: Database) -> None:
    change = await ask(database)
    async with database.transaction() as tx:
        await tx.execute(insert(messages), [delivered(number, None) for number in range(MANY)])
        await tx.execute(insert(messages), [delivered(number, change.id) for number in range(3)])
    async with database.transaction() as tx:
        await tx.execute(text("ANALYZE"))


async def plan_of(tx: AsyncConnection, statement: str, parameters: Any) -> str:
    explain = "EXPLAIN QUERY PLAN" if tx.dialect.name == "sqlite" else "EXPLAIN"
    rows = await tx.exec_driver_sql(f"{explain} {statement}", parameters)
    return "\n".join(str(row) for row in rows)


async def test_the_oldest_are_deleted_first_up_to_the_limit_and_those_of_open_changes_stay(database: Database) -> None:
    await fill(database)
    before = NOW + 10 * MINUTE
    async with database.transaction() as tx:
        assert await outbox.delete_done(tx, before, limit=6) == 6
        assert await outbox.find(tx, "fact-6-None") is None
        assert await outbox.find(tx, "fact-7-None") is not None
        assert await outbox.delete_done(tx, before, limit=6) == 3
        assert await outbox.delete_done(tx, before, limit=6) == 0
        assert await outbox.find(tx, "fact-10-None") is not None
        for kept in ("fact-0-None", "fact-0-1", "fact-1-1", "fact-2-1"):
            assert await outbox.find(tx, kept) is not None


async def test_a_look_for_what_is_old_goes_by_the_index(database: Database) -> None:
    await fill(database)
    seen: list[tuple[str, Any]] = []

    def note(_: Connection, __: object, statement: str, parameters: Any, *___: object) -> None:
        seen.append((statement, parameters))

    async with database.transaction() as tx:
        event.listen(tx.sync_connection, "before_cursor_execute", note)
        await outbox.delete_done(tx, NOW + 10 * MINUTE, limit=200)
        event.remove(tx.sync_connection, "before_cursor_execute", note)
        [(statement, parameters)] = seen
        plan = await plan_of(tx, statement, parameters)
    assert "ix_outbox_done" in plan
    assert "SCAN outbox" not in plan
    assert "Seq Scan on outbox" not in plan
