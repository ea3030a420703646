"""The clock that all processes share."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.store.clock import DatabaseClock
from bot.store.database import Database

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
on_postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


def real() -> datetime:
    return datetime.now(UTC)


def clock_off_by(skew: timedelta) -> DatabaseClock:
    return DatabaseClock(wall=lambda: real() + skew)


async def test_a_reading_is_aware_and_in_utc(database: Database) -> None:
    before = real()
    async with database.reading() as tx:
        at = await DatabaseClock().read(tx)
    assert at.tzinfo is UTC
    assert before - SECOND <= at <= real() + SECOND


@on_postgresql
async def test_a_reading_does_not_go_by_the_clock_of_the_process(database: Database) -> None:
    async with database.reading() as tx:
        at = await clock_off_by(HOUR).read(tx)
        stored = (await tx.execute(text("SELECT clock_timestamp()"))).scalar_one()
    assert stored - SECOND <= at <= stored


@on_postgresql
async def test_a_long_transaction_reads_the_time_that_it_is_and_not_that_of_its_beginning(database: Database) -> None:
    clock = DatabaseClock()
    async with database.reading() as tx:
        first = await clock.read(tx)
        assert await clock.read(tx) > first


@on_postgresql
async def test_between_transactions_the_time_goes_on_from_the_last_reading(database: Database) -> None:
    counted = 100.0
    clock = DatabaseClock(wall=lambda: real() - HOUR, elapsed=lambda: counted)
    async with database.reading() as tx:
        at = await clock.read(tx)
    counted = 107.5
    assert clock.now() == at + timedelta(seconds=7.5)


async def test_before_the_first_reading_the_clock_of_the_process_has_to_do() -> None:
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    assert DatabaseClock(wall=lambda: moment).now() == moment


@on_postgresql
@pytest.mark.parametrize(
    ("skew", "words"),
    [(timedelta(seconds=31), "s ahead of the database's"), (timedelta(seconds=-90), "s behind the database's")],
)
async def test_a_clock_that_is_off_by_more_than_a_second_is_a_warning(
    database: Database, skew: timedelta, words: str
) -> None:
    clock = clock_off_by(skew)
    async with database.reading() as tx:
        await clock.read(tx)
    warning = clock.warning or ""
    assert words in warning
    assert "NTP" in warning


async def test_a_clock_that_agrees_is_no_warning(database: Database) -> None:
    clock = DatabaseClock()
    async with database.reading() as tx:
        await clock.read(tx)
    assert clock.warning is None
