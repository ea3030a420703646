"""Workers that are processes are paused past their leases in the middle of their work, and woken when others did it.

`REPLICA_NUMBERS=100` has three of them, paused one after the other again and again over the changes of so many numbers.
"""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.slack.serving import running
from bot.service import lookup
from tests.e2e.processes import PATIENCE_SECONDS, BotProcess, ProcessHarness, town
from tests.guarantees import AtRest, Findings, check_approvals, check_record, check_sent, check_told
from tests.replicas.far_uponai import FarUponAI
from tests.replicas.fleet import Fleet, until
from tests.replicas.people import (
    SEED,
    ask_everything,
    assert_decided_once,
    assert_in_order,
    is_settled,
    press_all,
    presses_on,
)

IS_LARGE = "REPLICA_NUMBERS" in os.environ
NUMBERS = [f"+1415556{serial:04}" for serial in range(int(os.environ.get("REPLICA_NUMBERS", "3")))]
LEASE_SECONDS = 3

pytestmark = [pytest.mark.timeout(900), pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)]


@dataclass(frozen=True)
class Place:
    """The processes, and who asks and presses beside them."""

    town: ProcessHarness
    uponai: FarUponAI
    people: Fleet
    workers: list[BotProcess]

    def leases_lost_by(self, worker: BotProcess) -> int:
        """Count the leases that a worker has found to be lost."""
        return worker.log.read_text().count("worker.lease_lost")


@pytest.fixture
async def place(database_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    uponai = FarUponAI()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(running(uponai))
        lease = str(LEASE_SECONDS)
        place = await stack.enter_async_context(
            town(database_url, tmp_path, UPONAI_API_URL=url, WORKER_LEASE_SECONDS=lease)
        )
        uponai.stand_in = place.uponai_stand_in.app
        people = Fleet(NUMBERS, timedelta(seconds=40), slack=place.slack, uponai=place.uponai_stand_in)
        for skew in (0, 55):
            people.webs.append(await stack.enter_async_context(people.replica(database_url, skew, has_worker=False)))
        await lookup.refresh_agents(people.webs[0].context)
        await lookup.refresh_numbers(people.webs[0].context)
        yield Place(place, uponai, people, [])


async def start_workers(place: Place, count: int) -> None:
    place.workers.extend(await asyncio.gather(*(place.town.start("--only", "worker") for _ in range(count))))


@asynccontextmanager
async def paused(worker: BotProcess) -> AsyncIterator[None]:
    worker.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.process.send_signal(signal.SIGCONT)


async def assert_done_once(place: Place) -> None:
    await until(lambda: is_settled(place.people.webs[0], is_told=IS_LARGE))
    rest, findings = await AtRest.read(place.people.webs[0].context.database), Findings()
    check_record(rest, findings)
    check_approvals(rest, findings)
    check_sent(rest, place.uponai.landed, findings)
    if IS_LARGE:
        check_told(rest, place.town.slack.world, findings)
    assert findings.found == []
    assert_decided_once(rest)
    assert_in_order(place.uponai.landed, rest)


async def test_g2_what_a_paused_worker_held_is_done_once_and_nothing_more_by_it_when_it_wakes(place: Place) -> None:
    await start_workers(place, 1)
    (first,) = place.workers
    # Stopped in the middle: of what it holds one PUT has arrived, others are looked for or about to be sent.
    has_arrived = asyncio.Event()

    def stop_it() -> None:
        if not has_arrived.is_set():
            first.process.send_signal(signal.SIGSTOP)
            has_arrived.set()

    place.uponai.on_arrival = stop_it
    asked = await ask_everything(place.people, NUMBERS)
    await press_all(presses_on(place.people, asked))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await has_arrived.wait()
    await start_workers(place, 1)
    await until(lambda: is_settled(place.people.webs[0], is_told=False))
    first.process.send_signal(signal.SIGCONT)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not place.leases_lost_by(first):  # noqa: ASYNC110 - another process gives no event
            await asyncio.sleep(0.05)
    await assert_done_once(place)


@pytest.mark.skipif(not IS_LARGE, reason="long; REPLICA_NUMBERS runs it")
async def test_g2_workers_that_are_paused_again_and_again_do_everything_once(place: Place) -> None:
    await start_workers(place, 3)
    chance = random.Random(SEED)  # noqa: S311 - the same every time
    pauses = 0

    async def pause_them() -> None:
        nonlocal pauses
        while True:
            async with paused(chance.choice(place.workers)):
                await asyncio.sleep(LEASE_SECONDS * 1.2)
            pauses += 1
            await asyncio.sleep(chance.random() * LEASE_SECONDS / 2)

    pausing = asyncio.create_task(pause_them())
    asked = await ask_everything(place.people, NUMBERS)
    await press_all(presses_on(place.people, asked))
    await until(lambda: is_settled(place.people.webs[0], is_told=False))
    pausing.cancel()
    with suppress(asyncio.CancelledError):
        await pausing
    await assert_done_once(place)
    lost = sum(place.leases_lost_by(worker) for worker in place.workers)
    print(f"{len(asked)} changes, {len(place.uponai.landed)} PUTs, {pauses} pauses, {lost} leases lost")  # noqa: T201 - the numbers of a long run
