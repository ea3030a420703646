"""G7: the record is checked as it is stored: what reads the same but was written anew is a break too."""

from collections.abc import Iterable

import pytest
from sqlalchemy import text

from bot.domain.audit import Break, Link, Verifier
from bot.store import audit, raw_audit
from bot.store.database import Database
from tests.store.stored_changes import applied


async def read(database: Database) -> list[Link | Break]:
    async with database.reading() as tx:
        return [event async for event in raw_audit.stream(tx)]


def first_break(events: Iterable[Link | Break]) -> Break | None:
    verifier = Verifier()
    found = (event if isinstance(event, Break) else verifier.check(event) for event in events)
    return next((each for each in found if each), None)


async def drop_triggers(database: Database) -> None:
    async with database.transaction() as tx:
        if database.dialect == "sqlite":
            for name in (await tx.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))).all():
                await tx.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            await tx.execute(text("ALTER TABLE audit_events DISABLE TRIGGER USER"))
            await tx.execute(text("ALTER TABLE audit_head DISABLE TRIGGER USER"))


async def test_g7_what_the_bot_wrote_reads_as_it_was_written(database: Database) -> None:
    await applied(database)
    found = await read(database)
    async with database.reading() as tx:
        assert found == [event.link for event in await audit.read(tx, limit=10)]
        assert await raw_audit.read_head(tx) == await audit.read_head(tx)
    assert first_break(found) is None


@pytest.mark.parametrize("after", ["replace(after, ':', ': ')", "'{bad'", "replace(after, '{', '{\"a\":1,\"a\":1,')"])
async def test_g7_what_was_written_anew_is_a_break(database: Database, after: str) -> None:
    await applied(database)
    await drop_triggers(database)
    async with database.transaction() as tx:
        statement = f"UPDATE audit_events SET after = {after} WHERE id = 2"  # noqa: S608 - the values above
        await tx.exec_driver_sql(statement)
    broken = first_break(await read(database))
    assert broken is not None
    assert broken.event_id == 2
    assert broken.problem.startswith("Event 2 was altered")


async def test_g7_text_that_moved_between_two_columns_is_a_break(database: Database) -> None:
    await applied(database)
    await drop_triggers(database)
    async with database.transaction() as tx:
        moved = "UPDATE audit_events SET before = '{\"a\":1,' || after, after = '\"b\":2}' WHERE id = 2"
        await tx.exec_driver_sql(moved)
    assert first_break(await read(database)) == Break(2, "Event 2 was altered: it holds what the bot does not write.")


async def test_g7_a_missing_head_is_said(database: Database) -> None:
    await applied(database)
    await drop_triggers(database)
    async with database.transaction() as tx:
        await tx.execute(text("DELETE FROM audit_head"))
    async with database.reading() as tx:
        assert await raw_audit.read_head(tx) is None
