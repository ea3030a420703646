"""A worker is woken by another process's commit at once, and finds everything when no word comes through."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.state import State
from bot.store.database import Database
from bot.store.herald import Herald
from bot.worker.run import Worker
from tests.slack.bot_harness import BotHarness
from tests.store.stored_changes import stored
from tests.worker.test_bounds import Commits, approved

LONG = timedelta(hours=1)


class ListeningWorker(Worker):
    """A worker that says when its first look is over."""

    def __init__(self, world: BotHarness, commits: Commits, poll: timedelta) -> None:
        super().__init__(context=replace(world.context, wake=commits), courier=world.courier, poll=poll)
        self.has_looked = asyncio.Event()

    async def _guarded(self, name: str, once: Callable[[], Awaitable[bool]]) -> bool:
        is_more = await super()._guarded(name, once)
        if name == "expire":
            self.has_looked.set()
        return is_more


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_a_worker_of_another_process_is_woken_at_once(
    bot_world: BotHarness, database: Database, database_url: str
) -> None:
    commits, stop = Commits(), asyncio.Event()
    worker = ListeningWorker(bot_world, commits, LONG)
    running = asyncio.create_task(worker.run(stop))
    await worker.has_looked.wait()
    other = Database.connect(database_url)
    herald = Herald(other)
    elsewhere = replace(bot_world.context, database=other, wake=lambda work: herald.send(work.value))
    change_id = await approved(elsewhere)
    await commits.until_applied(database, change_id)
    assert (await stored(database, change_id)).state is State.APPLIED
    stop.set()
    await running
    await herald.aclose()
    await other.dispose()


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_who_is_not_heard_does_not_mind(bot_world: BotHarness) -> None:
    away = Herald(Database.connect("postgresql://nobody@127.0.0.1:9/nothing"))
    change_id = await approved(replace(bot_world.context, wake=lambda work: away.send(work.value)))
    await away.aclose()
    assert (await stored(bot_world.context.database, change_id)).state is State.APPROVED
