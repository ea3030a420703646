"""A worker whose database hangs: each pass ends in time, and the work goes on."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import Assignment, Field
from bot.domain.state import State
from bot.sandbox.slack.workspace.seed import ALAN, PHONE_ROUTING, RITA, TEAM
from bot.service.context import Actor, ServiceContext, Work
from bot.service.review import approve
from bot.service.submission import Submission
from bot.service.submit import submit
from bot.store.database import Database
from bot.worker.run import Worker
from tests.silent_line import silent_line
from tests.slack.bot_harness import BotHarness, bot_world
from tests.store.stored_changes import stored

NUMBER = "+14155550123"
LONG = 60.0
POLL = timedelta(seconds=0.1)


async def approved(context: ServiceContext) -> int:
    """Ask for a change and approve it."""
    wish = Submission(
        actor=Actor(TEAM.id, RITA, "test"),
        channel_id=PHONE_ROUTING,
        number=NUMBER,
        patch=Assignment(is_time_routing_enabled=True).patch_to([Field.TIME_ROUTING]),
        reason="Because",
        submission_key="form-1",
    )
    change = await submit(context, wish)
    await approve(context, Actor(TEAM.id, ALAN, "test"), change.id)
    return change.id


class Commits:
    """Notices each commit of the service, as a worker that is woken does."""

    def __init__(self) -> None:
        self._noticed = asyncio.Event()

    def __call__(self, _: Work) -> None:
        self._noticed.set()

    async def until_applied(self, database: Database, change_id: int) -> None:
        async with asyncio.timeout(LONG):
            while True:
                self._noticed.clear()
                if (await stored(database, change_id)).state is State.APPLIED:
                    return
                await self._noticed.wait()


@asynccontextmanager
async def at_work(worker: Worker) -> AsyncIterator[None]:
    """Run a worker while the block runs."""
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task
        # What was given up may still be about to give its connection back.
        await asyncio.gather(*worker._given_up, return_exceptions=True)


class StuckDatabase(Database):
    """A database whose next transactions hang in such a way that they cannot even be cancelled."""

    def __init__(self, healthy: Database) -> None:
        self.__dict__.update(vars(healthy))
        self._times = 0
        self._freed = asyncio.Event()

    def hang(self, *, times: int) -> None:
        self._times = times
        if times == 0:
            self._freed.set()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        if self._times > 0:
            self._times -= 1
            while not self._freed.is_set():
                try:
                    await self._freed.wait()
                except asyncio.CancelledError:
                    continue
        async with super().transaction() as tx:
            yield tx


class WatchedDatabase(Database):
    """A database that says when a transaction that was cancelled has let go of it."""

    def __init__(self, healthy: Database) -> None:
        self.__dict__.update(vars(healthy))
        self.is_free_again = asyncio.Event()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with super().transaction() as tx:
                yield tx
        except asyncio.CancelledError:
            self.is_free_again.set()
            raise


def make_worker(world: BotHarness, commits: Commits, *, pass_within: timedelta | None = None) -> Worker:
    context = replace(world.context, wake=commits)
    return Worker(context=context, courier=world.courier, poll=POLL, pass_within=pass_within)


async def test_g2_a_pass_that_hangs_for_good_is_given_up_and_the_loop_goes_on(database: Database) -> None:
    # Each loop hangs in its first pass.
    stuck, commits = StuckDatabase(database), Commits()
    async with bot_world(stuck) as world:
        change_id = await approved(world.context)
        stuck.hang(times=4)
        worker = make_worker(world, commits, pass_within=timedelta(seconds=2))
        async with at_work(worker):
            await commits.until_applied(database, change_id)
            # What was given up comes to its end now, before its database is closed.
            stuck.hang(times=0)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_g2_when_the_line_to_the_database_goes_silent_the_work_goes_on_over_a_new_one(
    database: Database, database_url: str
) -> None:
    commits = Commits()
    async with silent_line(database_url) as (line, url):
        far = Database.connect(url, patience=timedelta(seconds=1))
        async with bot_world(far) as world:
            change_id = await approved(replace(world.context, database=database))
            # It holds the change and the head of the record then.
            line.fall_silent_at(b"change.sending", is_delivered=True)
            async with at_work(make_worker(world, commits)):
                await line.fell_silent.wait()
                line.heal()
                world.clock.advance(world.context.lease)
                await commits.until_applied(database, change_id)
        await far.dispose()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_g2_a_statement_without_end_on_sqlite_is_interrupted(database: Database, database_url: str) -> None:
    path = Path(database_url.removeprefix("sqlite:///"))
    watched, commits = WatchedDatabase(database), Commits()
    async with bot_world(watched) as world:
        change_id = await approved(world.context)
        execute(
            path,
            "CREATE VIEW endless AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
            "CREATE TRIGGER hangs AFTER UPDATE ON changes BEGIN SELECT count(*) FROM endless; END",
        )
        async with at_work(make_worker(world, commits, pass_within=timedelta(seconds=1))):
            await watched.is_free_again.wait()
            await asyncio.to_thread(execute, path, "DROP TRIGGER hangs")
            await commits.until_applied(database, change_id)


def execute(path: Path, *statements: str) -> None:
    """Do as somebody with a database prompt would, who waits for as long as it takes."""
    with closing(sqlite3.connect(path, timeout=LONG)) as connection:
        for statement in statements:
            connection.execute(statement)
