"""In whatever order own PUTs, deeds in the dashboard and readings of replicas interleave, each deed is told once.

Every call of UponAI waits at two gates: before it arrives, and before its answer does. A story says which gate opens
next, so that readings overtake PUTs and each other. Each deed sets a value of its own, by which it is known.
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.state import State
from bot.service import lookup
from bot.service.context import ServiceContext
from bot.store import audit
from bot.store.mirror import numbers as mirror_numbers
from bot.uponai.client import UponAIClient
from tests.clock import Clock, StepClock
from tests.service.service_harness import ACCOUNT_SID, LEASE, TOKEN, ServiceHarness, webhook

WHERE = "https://hooks.example.com"
# Nobody waits for it: a gate opens when the story says so.
PATIENCE = LEASE * 10
CHECKS = [HealthCheck.function_scoped_fixture]
acts = st.one_of(
    st.just(("outside",)),
    st.just(("own",)),
    st.tuples(st.just("read"), st.integers(0, 1)),
    st.tuples(st.just("go"), st.integers(0, 3)),
    st.tuples(st.just("go"), st.integers(0, 3)),
    st.just(("lose",)),
    st.just(("be_late",)),
    st.just(("land",)),
    st.just(("wait",)),
)
stories = st.lists(acts, min_size=5, max_size=18)
A_READING_OVERTAKEN_BY_A_PUT = [
    *[("read", 0), ("go", 0), ("own",), ("go", 1), ("go", 1), ("go", 1), ("go", 1), ("go", 0)],
]
A_PUT_THAT_A_READING_SEES = [("own",), ("go", 0), ("go", 0), ("go", 0), ("read", 0), ("go", 1), ("go", 1), ("go", 0)]
A_DEED_BEHIND_A_PUT_WHOSE_ANSWER_IS_AWAITED = [
    *[("own",), ("go", 0), ("go", 0), ("go", 0), ("outside",), ("read", 0), ("go", 1), ("go", 1), ("go", 0)],
]
A_LATE_PUT_OVER_A_LATER_DEED = [
    *[("be_late",), ("own",), ("go", 0), ("go", 0), ("go", 0), ("outside",), ("read", 1), ("go", 0), ("go", 0)],
    *[("land",), ("read", 0)],
]


class LaggingClock(StepClock):
    """The clock of a process that counts on from its last reading, and has fallen behind."""

    def __init__(self, shared: Clock) -> None:
        super().__init__()
        self._shared = shared

    def now(self) -> datetime:
        return self._shared.now() - timedelta(seconds=5)

    async def read(self, tx: AsyncConnection) -> datetime:
        return await self._shared.read(tx)


@dataclass
class Gates:
    """Where calls wait, and what is to happen to the next PUT."""

    waiting: list[asyncio.Future[None]] = field(default_factory=list)
    loses_next: bool = False
    is_late_next: bool = False
    late: list[httpx.Request] = field(default_factory=list)

    async def wait(self) -> None:
        gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(gate)
        self._came.set()
        await gate

    def open(self, nth: int) -> None:
        if self.waiting:
            self.waiting.pop(nth % len(self.waiting)).set_result(None)

    def __post_init__(self) -> None:
        self._came = asyncio.Event()

    async def settle(self, tasks: list["asyncio.Task[Any]"]) -> None:
        """Wait until every task has ended or stands at a gate: each makes one call at a time."""
        while len(left := [task for task in tasks if not task.done()]) > len(self.waiting):
            self._came.clear()
            came = asyncio.ensure_future(self._came.wait())
            await asyncio.wait({*left, came}, return_when=asyncio.FIRST_COMPLETED)
            came.cancel()


class Gated(httpx.AsyncBaseTransport):
    """Reaches the stand-in through the gates."""

    def __init__(self, gates: Gates, inner: httpx.AsyncBaseTransport) -> None:
        self._gates, self._inner = gates, inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self._gates.wait()
        is_write = request.method == "PUT"
        if is_write and self._gates.is_late_next:
            self._gates.is_late_next = False
            self._gates.late.append(request)
            raise httpx.ReadError("gone", request=request)
        response = await self._inner.handle_async_request(request)
        await response.aread()
        await self._gates.wait()
        if is_write and self._gates.loses_next:
            self._gates.loses_next = False
            raise httpx.ReadError("gone", request=request)
        return response


@dataclass
class Story:
    """One number, two replicas that read it, and a worker."""

    bench: ServiceHarness
    number: str
    gates: Gates
    inner: httpx.AsyncBaseTransport
    worker: ServiceContext
    replicas: list[ServiceContext]
    tasks: dict[str, "asyncio.Task[Any]"] = field(default_factory=dict)
    changes: list[ChangeRequest] = field(default_factory=list)
    late: set[str] = field(default_factory=set)
    deeds: int = 0

    async def outside(self) -> None:
        self.deeds += 1
        self.bench.dashboard(self.number, inbound_webhook_url=f"{WHERE}/outside/{self.deeds}")

    async def own(self) -> None:
        if self.is_busy("work"):
            return
        self.deeds += 1
        self.changes.append(await self.bench.approved(webhook(f"{WHERE}/own/{self.deeds}"), number=self.number))
        self.start("work", self.bench.work(self.worker))

    async def read(self, replica: int) -> None:
        if not self.is_busy(f"read {replica}"):
            self.start(f"read {replica}", lookup.refresh_numbers(self.replicas[replica]))

    async def go(self, nth: int) -> None:
        self.gates.open(nth)

    async def lose(self) -> None:
        self.gates.loses_next = True

    async def be_late(self) -> None:
        self.gates.is_late_next = True

    async def land(self) -> None:
        while self.gates.late:
            request = self.gates.late.pop(0)
            self.late.add(request.content.decode())
            # A stream is read once.
            await self.inner.handle_async_request(
                httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
            )

    async def wait(self) -> None:
        if not any(map(self.is_busy, self.tasks)):
            self.bench.clock.advance(LEASE)
            self.start("work", self.bench.work(self.worker))

    def is_busy(self, name: str) -> bool:
        return name in self.tasks and not self.tasks[name].done()

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        self.tasks[name] = asyncio.create_task(work)

    async def settle(self) -> None:
        await self.gates.settle(list(self.tasks.values()))

    async def end(self) -> None:
        """Let everything come to its end, and both replicas read twice."""
        await self.finish()
        for _ in range(4):
            self.bench.clock.advance(LEASE)
            await self.finish(self.bench.work(self.worker))
        await self.land()
        for replica in (*self.replicas, *self.replicas):
            await self.finish(lookup.refresh_numbers(replica))

    async def finish(self, *works: Coroutine[Any, Any, Any]) -> None:
        for at, work in enumerate(works):
            self.start(f"last {at}", work)
        await self.settle()
        while self.gates.waiting:
            self.gates.open(0)
            await self.settle()
        await asyncio.gather(*self.tasks.values())
        self.tasks.clear()


async def make_story(bench: ServiceHarness, number: str) -> Story:
    gates = Gates()
    inner = httpx.ASGITransport(app=bench.uponai.app)

    def process(clock: Clock) -> ServiceContext:
        client = UponAIClient(
            token=TOKEN,
            account_sid=ACCOUNT_SID,
            workspace_id=1,
            base_url="http://uponai",
            timeout=PATIENCE,
            now=clock.now,
            transport=Gated(gates, inner),
        )
        return replace(bench.context, uponai=client, clock=clock, approval_channel="C9")

    bench.dashboard(number, inbound_webhook_url=None)
    await lookup.refresh_numbers(bench.context)
    return Story(
        bench, number, gates, inner, process(LaggingClock(bench.clock)), [process(bench.clock) for _ in range(2)]
    )


_serial = count(1)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@settings(max_examples=40, suppress_health_check=CHECKS)
@given(story=stories)
@example(story=A_READING_OVERTAKEN_BY_A_PUT)
@example(story=A_PUT_THAT_A_READING_SEES)
@example(story=A_DEED_BEHIND_A_PUT_WHOSE_ANSWER_IS_AWAITED)
@example(story=A_LATE_PUT_OVER_A_LATER_DEED)
async def test_every_deed_in_the_dashboard_is_told_once_and_no_deed_of_ours(
    bench: ServiceHarness, story: list[tuple[Any, ...]]
) -> None:
    await tell(bench, story)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@settings(max_examples=8, suppress_health_check=CHECKS)
@given(story=stories)
@example(story=A_DEED_BEHIND_A_PUT_WHOSE_ANSWER_IS_AWAITED)
async def test_every_deed_in_the_dashboard_is_told_once_on_postgresql_as_well(
    bench: ServiceHarness, story: list[tuple[Any, ...]]
) -> None:
    await tell(bench, story)


async def tell(bench: ServiceHarness, story: list[tuple[Any, ...]]) -> None:
    told = await make_story(bench, f"+1650555{next(_serial):04}")
    try:
        for name, *arguments in story:
            act: Awaitable[None] = getattr(told, name)(*arguments)
            await act
            await told.settle()
        await told.end()
        await check(told)
    finally:
        for process in (told.worker, *told.replicas):
            await process.aclose()
            await process.uponai.aclose()


async def check(story: Story) -> None:
    live = story.bench.live(story.number)["inbound_webhook_url"]
    async with story.bench.context.database.reading() as tx:
        events = await audit.read(tx, limit=100_000)
        known = await mirror_numbers.find(tx, story.bench.context.key(story.number))
    assert known is not None
    assert known.listed.assignment.webhook_url == live
    found = [
        str(event.after["webhook_url"])
        for event in events
        if event.event == "number.changed_outside" and event.after and event.after["number"] == story.number
    ]
    # What landed late over something newer is told too: nobody's change explains it any more.
    assert [url for url in found if "/outside/" not in url and not any(url in sent for sent in story.late)] == []
    assert sorted(set(found)) == sorted(found)
    ended = [await story.bench.read(change) for change in story.changes]
    called = {one.result.webhook_url for one in ended if one.result and one.state in (State.UNCLEAR, State.STALE)}
    if live and "/outside/" in live:
        assert live in found or live in called
    for change in ended:
        assert change.state is not State.APPLYING, change.label
