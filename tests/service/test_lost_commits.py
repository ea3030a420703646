"""PostgreSQL away and back under load: whichever side of a commit its line breaks on, what was asked is there once.

SQLite has no line that could break.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import text

from bot.domain.change import ChangeRequest
from bot.domain.errors import DomainError
from bot.domain.state import State
from bot.sandbox.slack.serving import running
from bot.sandbox.uponai.app import UponAIStandIn
from bot.service.review import approve
from bot.store import audit
from bot.store.database import Database
from bot.store.errors import DatabaseUnavailable
from tests.chain import first_break
from tests.emptied import APPLICATION
from tests.service.service_harness import (
    ACCOUNT_SID,
    ALAN,
    LEASE,
    TOKEN,
    ServiceHarness,
    make_service_harness,
    time_routing,
)
from tests.silent_line import SilentLine, silent_line

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

T = TypeVar("T")
PEOPLE = 10
BREAKS = 6
Place = tuple[ServiceHarness, SilentLine, Database]


@pytest.fixture
async def place(database: Database, database_url: str) -> AsyncIterator[Place]:
    """The bench over a line that can break, and the same database by itself."""
    uponai = UponAIStandIn(token=TOKEN, account_sid=ACCOUNT_SID, workspace_id=1)
    async with running(uponai.app) as uponai_url, silent_line(database_url) as (line, url):
        far = Database.connect(url, patience=timedelta(seconds=5))
        bench = await make_service_harness(far, uponai, uponai_url)
        yield bench, line, database
        await bench.context.aclose()
        await bench.context.uponai.aclose()
        await far.dispose()


async def until_it_answers(ask: Callable[[], Awaitable[T]]) -> T:
    """Do as a person does who reads that the database does not answer: the same once more."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await ask()
            except DatabaseUnavailable:
                await asyncio.sleep(0)


async def breaking(line: SilentLine, stop: asyncio.Event) -> None:
    """Break the line again and again, at commits, on either side of them."""
    for at in range(BREAKS):
        line.break_at(b"COMMIT;", is_delivered=at % 3 != 1)
        while not (line.has_broken or stop.is_set()):  # noqa: ASYNC110 - commits give no event
            await asyncio.sleep(0.01)


async def under_breaks(line: SilentLine, *asks: Callable[[], Awaitable[T]]) -> list[T]:
    stop = asyncio.Event()
    task = asyncio.create_task(breaking(line, stop))
    found = await asyncio.gather(*(until_it_answers(ask) for ask in asks))
    stop.set()
    await task
    return found


def numbers_of(bench: ServiceHarness) -> list[str]:
    listed = bench.uponai.account.numbers.items()
    ours = [number for number, one in listed if one["workspace_id"] == 1 and not one["platform_import_error"]]
    return ours[:PEOPLE]


@pytest.mark.parametrize("is_delivered", [True, False], ids=["answer_lost", "commit_lost"])
async def test_g2_a_change_whose_commit_broke_is_there_once_when_it_is_asked_again(
    place: Place, *, is_delivered: bool
) -> None:
    bench, line, direct = place
    line.break_at(b"COMMIT;", is_delivered=is_delivered)
    with pytest.raises(DatabaseUnavailable):
        await bench.ask(time_routing(is_on=True), key="form")
    change = await until_it_answers(lambda: bench.ask(time_routing(is_on=True), key="form"))
    async with direct.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM changes")) == 1
    assert await bench.events(change) == ["change.submitted"]


@pytest.mark.parametrize("is_delivered", [True, False], ids=["answer_lost", "commit_lost"])
async def test_g1_g3_an_approval_whose_commit_broke_counts_once(place: Place, *, is_delivered: bool) -> None:
    bench, line, _ = place
    change = await bench.ask(time_routing(is_on=True))
    line.break_at(b"COMMIT;", is_delivered=is_delivered)
    with pytest.raises(DatabaseUnavailable):
        await approve(bench.context, ALAN, change.id)
    if is_delivered:
        with pytest.raises(DomainError):
            await until_it_answers(lambda: approve(bench.context, ALAN, change.id))
    else:
        await until_it_answers(lambda: approve(bench.context, ALAN, change.id))
    assert (await bench.read(change)).state is State.APPROVED
    assert len((await bench.record(change)).reviews) == 1
    await bench.work()
    assert len(bench.puts()) == 1


async def test_g2_under_load_all_is_there_once_however_often_the_line_breaks_at_commits(place: Place) -> None:
    bench, line, direct = place
    numbers = numbers_of(bench)

    def asking(number: str) -> Callable[[], Awaitable[ChangeRequest]]:
        is_on = bool(bench.uponai.account.numbers[number]["is_time_routing_enabled"])
        return lambda: bench.ask(time_routing(not is_on), number=number, key=f"form of {number}")

    changes = await under_breaks(line, *map(asking, numbers))
    assert sorted(change.id for change in changes) == sorted({change.id for change in changes})
    async with direct.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM changes")) == len(numbers)

    async def approving(change: ChangeRequest) -> None:
        try:
            await approve(bench.context, ALAN, change.id)
        except DomainError:
            # Its commit went through, and only the answer was lost.
            assert (await bench.read(change)).state is not State.PENDING

    await under_breaks(line, *(lambda change=change: approving(change) for change in changes))
    for _ in range(4):
        await under_breaks(line, bench.work)
        bench.clock.advance(LEASE)
    states = [(await bench.read(change)).state for change in changes]
    assert states == [State.APPLIED] * len(numbers)
    assert len(bench.puts()) == len(numbers)
    async with direct.reading() as tx:
        events = [event async for event in audit.stream(tx)]
    assert first_break(events) is None
    assert [event.event for event in events].count("change.applied") == len(numbers)
    assert [event.event for event in events].count("change.approved") == len(numbers)


async def test_g8_connections_that_the_server_ended_are_replaced_before_anybody_uses_one(
    database: Database, database_url: str
) -> None:
    other = Database.connect(database_url)
    async with other.transaction() as first, other.transaction() as second:
        for tx in (first, second):
            await tx.execute(text("SELECT 1"))
    async with database.transaction() as tx:
        others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        others += f" AND application_name <> '{APPLICATION}'"
        assert await tx.scalar(text(f"SELECT count(pg_terminate_backend(pid, 5000)) {others}")) == 2
    # As after a restart: nobody is told to try again.
    for _ in range(3):
        async with other.transaction() as tx:
            await tx.execute(text("SELECT 1"))
    await other.dispose()
