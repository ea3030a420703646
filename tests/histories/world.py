"""A world without a network for one history: its database, both far ends, and two workers that share nothing else."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.assignment import Assignment
from bot.domain.rules.policy import Policy
from bot.sandbox.slack.app import SlackStandIn
from bot.sandbox.slack.workspace.seed import demo_world
from bot.sandbox.uponai.app import UponAIStandIn
from bot.service import lookup
from bot.service.context import ServiceContext, Work
from bot.slack.delivery.courier import Courier
from bot.uponai.client import UponAIClient
from bot.uponai.wire import WireNumber, read_entry
from tests.histories.clock import HistoryClock
from tests.histories.database import FragileDatabase, HistoryDatabase
from tests.histories.far_ends import SlackEnd, Troubles, UponAIEnd
from tests.histories.watch import Watchman

TOKEN, ACCOUNT_SID, WORKSPACE_ID = "made-up-token", "29e90072-fb58-4c6c-870a-43005115131e", 1
CALL_WITHIN = timedelta(seconds=4)
LEASE = timedelta(seconds=30)
START = datetime(2026, 11, 23, 9, tzinfo=UTC)
# No history waits for anything: what takes its time moves the clock.
_NEVER = timedelta(seconds=20)


class Died(BaseException):
    """The process is gone: nothing of ours may catch this."""


@dataclass
class Process:
    """One worker's process."""

    context: ServiceContext
    client: AsyncWebClient
    courier: Courier

    def befallen(self, befall: Callable[[], Awaitable[None]], *, nth: int, before_commit: bool = False) -> "Process":
        """Return the same process with something ahead of it."""
        healthy = self.context.database
        assert isinstance(healthy, HistoryDatabase)
        database = FragileDatabase(healthy, befall, nth=nth, before_commit=before_commit)
        context = replace(self.context, database=database)
        return Process(context, self.client, Courier(context=context, client=self.client))


class HistoryWorld:
    """Everything that a history happens to."""

    def __init__(self, database: HistoryDatabase, chance: random.Random) -> None:
        self.clock = HistoryClock(START)
        self.database = database
        self.chance = chance
        self.slack = SlackStandIn(
            bot_token=TOKEN,
            app_token="xapp",
            signing_secret="made-up",
            request_url=None,
            world=demo_world(lambda: self.clock.now().timestamp()),
            page=False,
        )
        self.uponai = UponAIStandIn(token=TOKEN, account_sid=ACCOUNT_SID, workspace_id=WORKSPACE_ID)
        self.troubles = Troubles(self.clock, CALL_WITHIN)
        self.watch = Watchman(database.memory, self.clock, self.uponai, call_within=CALL_WITHIN, live=assignment_of)
        self.end = UponAIEnd(self.uponai, self.troubles, _look_on, self.watch)
        self.policies = [Policy()]
        self._ids = count(1)
        self.processes = [self._process(), self._process()]

    def _process(self) -> Process:
        uponai = UponAIClient(
            token=TOKEN,
            account_sid=ACCOUNT_SID,
            workspace_id=WORKSPACE_ID,
            base_url="http://uponai.test",
            timeout=_NEVER,
            now=self.clock.now,
            transport=self.end,
        )
        context = ServiceContext(
            database=self.database,
            uponai=uponai,
            account_sid=ACCOUNT_SID,
            workspace_id=WORKSPACE_ID,
            clock=self.clock,
            new_id=lambda: f"id-{next(self._ids)}",
            policy=lambda: self.policies[-1],
            change_ttl=timedelta(days=1),
            apply_within=timedelta(hours=1),
            lease=LEASE,
            uponai_timeout=CALL_WITHIN,
            mirror_refresh=timedelta(minutes=1),
            default_region=None,
            wake=_nobody,
        )
        session: Any = SlackEnd(self.slack, TOKEN, self.troubles)
        client = AsyncWebClient(token=TOKEN, base_url="https://slack.test/api/", session=session, retry_handlers=[])
        return Process(context, client, Courier(context=context, client=client))

    @property
    def broken(self) -> list[str]:
        """Return which guarantees were seen broken so far."""
        return self.watch.broken

    @property
    def context(self) -> ServiceContext:
        return self.processes[0].context

    async def aclose(self) -> None:
        for each in self.processes:
            await each.context.aclose()
            await each.context.uponai.aclose()
        await self.slack.close()


def assignment_of(number: dict[str, Any]) -> Assignment:
    """Return what is live of a number at UponAI's stand-in."""
    entry = read_entry(WireNumber, number)
    assert entry is not None
    return entry.to_listed(ACCOUNT_SID, WORKSPACE_ID).assignment


def _look_on(_number: str, _body: object) -> None:
    """Leave it to the watch."""


def _nobody(_: Work) -> None:
    """Wake nobody: a history says who works when."""


class Worlds:
    """Worlds one after the other: each begins with the same rows, over statements that were prepared once."""

    def __init__(self, migrated: Path) -> None:
        self._database = HistoryDatabase(migrated)

    @classmethod
    @asynccontextmanager
    async def over(cls, migrated: Path) -> AsyncIterator["Worlds"]:
        """Fill the mirror that all worlds begin with."""
        made = cls(migrated)
        async with made.new(0) as world:
            await lookup.refresh_agents(world.context)
            await lookup.refresh_numbers(world.context)
            made._database.memory.keep()
        yield made
        made._database.close()

    @asynccontextmanager
    async def new(self, seed: int) -> AsyncIterator[HistoryWorld]:
        """Begin a world."""
        world = HistoryWorld(self._database, random.Random(seed))  # noqa: S311 - a world that can be made again
        try:
            yield world
        finally:
            await world.aclose()
            self._database.turns.share(None)
            self._database.memory.undo()
