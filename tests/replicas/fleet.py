"""Several replicas on one PostgreSQL in one process: each with connections, a clock, a worker, clients of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.rules.policy import Policy
from bot.sandbox.slack.app import SlackStandIn
from bot.sandbox.slack.workspace.seed import demo_world
from bot.sandbox.uponai.app import UponAIStandIn
from bot.service import lookup
from bot.service.context import ServiceContext
from bot.slack.delivery.courier import Courier
from bot.store.clock import DatabaseClock
from bot.store.database import Database
from bot.store.herald import Herald
from bot.store.stalled import ending_stalled
from bot.uponai.client import UponAIClient
from bot.worker.run import Worker
from tests.histories.clock import HistoryClock
from tests.histories.far_ends import SlackEnd, Troubles, UponAIEnd

TOKEN, ACCOUNT_SID, WORKSPACE_ID = "made-up-token", "29e90072-fb58-4c6c-870a-43005115131e", 1
# What a worker leaves that lost its database is taken over when this lease is over.
TIMEOUT, LEASE_TIMEOUTS = timedelta(seconds=1), 4
# How far the clocks of the replicas' machines are off.
SKEWS = (0, 55, -55, 30, -30)


@dataclass(frozen=True)
class Replica:
    """One process's parts."""

    context: ServiceContext
    courier: Courier


class Fleet:
    """The replicas, and what stands between them."""

    def __init__(
        self,
        numbers: list[str],
        patience: timedelta,
        *,
        slack: SlackStandIn | None = None,
        uponai: UponAIStandIn | None = None,
        call_within: timedelta = TIMEOUT,
    ) -> None:
        self._patience = patience
        self._timeout = call_within
        self.slack = slack or SlackStandIn(
            bot_token=TOKEN,
            app_token="xapp",
            signing_secret="made-up",
            request_url=None,
            world=demo_world(),
            page=False,
        )
        self.uponai = uponai or UponAIStandIn(token=TOKEN, account_sid=ACCOUNT_SID, workspace_id=WORKSPACE_ID)
        for number in numbers:
            self.uponai.account.set_number(number, {})
        self.arrived: list[tuple[str, Any]] = []
        self._troubles = Troubles(HistoryClock(datetime.now(UTC)), call_within)
        self.end = UponAIEnd(self.uponai, self._troubles, lambda *put: self.arrived.append(put))
        self.transport: httpx.AsyncBaseTransport = self.end
        self.webs: list[Replica] = []

    @asynccontextmanager
    async def replica(self, url: str, skew: int, *, has_worker: bool) -> AsyncIterator[Replica]:
        """Start one more."""
        database = Database.connect(url, patience=self._patience)
        herald = Herald(database)
        clock = DatabaseClock(wall=lambda: datetime.now(UTC) + timedelta(seconds=skew))
        uponai = UponAIClient(
            token=TOKEN,
            account_sid=ACCOUNT_SID,
            workspace_id=WORKSPACE_ID,
            base_url="http://uponai.test",
            timeout=self._timeout,
            now=clock.now,
            transport=self.transport,
        )
        context = ServiceContext(
            database=database,
            uponai=uponai,
            account_sid=ACCOUNT_SID,
            workspace_id=WORKSPACE_ID,
            clock=clock,
            new_id=lambda: uuid4().hex,
            policy=Policy,
            change_ttl=timedelta(days=1),
            apply_within=timedelta(hours=1),
            lease=self._timeout * LEASE_TIMEOUTS,
            uponai_timeout=self._timeout,
            mirror_refresh=timedelta(hours=1),
            default_region=None,
            wake=lambda work: herald.send(work.value),
        )
        session: Any = SlackEnd(self.slack, TOKEN, self._troubles)
        client = AsyncWebClient(token=TOKEN, base_url="https://slack.test/api/", session=session, retry_handlers=[])
        made = Replica(context, Courier(context=context, client=client))
        stop = asyncio.Event()
        worker = Worker(context=context, courier=made.courier, poll=timedelta(seconds=0.2))
        running = asyncio.create_task(worker.run(stop)) if has_worker else None
        try:
            async with ending_stalled(database):
                yield made
        finally:
            stop.set()
            if running is not None:
                await running
            await herald.aclose()
            await context.aclose()
            await uponai.aclose()
            await database.dispose()


@asynccontextmanager
async def fleet(
    url: str,
    numbers: list[str],
    *,
    workers: int = 3,
    patience: timedelta = timedelta(seconds=40),
    call_within: timedelta = TIMEOUT,
) -> AsyncIterator[Fleet]:
    """Start two replicas that answer people, and others that work; their clocks are off by up to a minute."""
    made = Fleet(numbers, patience, call_within=call_within)
    async with AsyncExitStack() as stack:
        skews = iter(SKEWS)
        for _ in range(2):
            made.webs.append(await stack.enter_async_context(made.replica(url, next(skews), has_worker=False)))
        await lookup.refresh_agents(made.webs[0].context)
        await lookup.refresh_numbers(made.webs[0].context)
        for _ in range(workers):
            await stack.enter_async_context(made.replica(url, next(skews), has_worker=True))
        yield made
    await made.slack.close()


async def until(is_so: Callable[[], Awaitable[Any]], seconds: float = 300) -> None:
    """Wait for something that is stored."""
    async with asyncio.timeout(seconds):
        while not await is_so():  # noqa: ASYNC110 - what others store gives no event
            await asyncio.sleep(0.1)
