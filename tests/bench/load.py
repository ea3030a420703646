"""Ways of loading a subject: over a number of connections, by a Poisson stream, all at once."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.paths import Driver, Refused, Times
from tests.bench.wire import Connection

Piece = Callable[[Connection], Awaitable[Times]]


@dataclass
class Outcome:
    """What a load came to."""

    seconds: float
    cpu_seconds: float
    times: list[Times] = field(default_factory=list)
    lost: int = 0
    refused: int = 0

    async def of(self, doing: Awaitable[Times]) -> None:
        """Take in what becomes of one path."""
        try:
            self.times.append(await doing)
        except Refused:
            self.refused += 1
        except TimeoutError:
            self.lost += 1

    @property
    def a_second(self) -> float:
        """How many paths came to their last effect a second."""
        return len(self.times) / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Processor time of the subject for one path, in milliseconds."""
        return self.cpu_seconds / max(len(self.times), 1) * 1000


def quantile(values: Sequence[float], share: float) -> float:
    """Return one of the values, such that this share of them is not above it."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


async def closed_loop(driver: Driver, work: Sequence[Piece]) -> Outcome:
    """Do all the work over the driver's connections, each as soon as it has ended its last piece."""
    waiting = iter(work)
    outcome, cpu, started = Outcome(0, 0), driver.subject.cpu_seconds(), time.perf_counter()

    async def go_on(connection: Connection) -> None:
        for piece in waiting:
            await outcome.of(piece(connection))

    async with asyncio.TaskGroup() as group:
        for connection in driver.connections:
            group.create_task(go_on(connection))
    outcome.seconds = time.perf_counter() - started
    outcome.cpu_seconds = driver.subject.cpu_seconds() - cpu
    return outcome


async def poisson(driver: Driver, work: Sequence[Piece], *, a_second: float) -> Outcome:
    """Start each piece at its random time, whether the ones before have ended or not."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for connection in driver.connections:
        free.put_nowait(connection)
    outcome, cpu, started = Outcome(0, 0), driver.subject.cpu_seconds(), time.perf_counter()
    draw = random.Random(1)  # noqa: S311 - arrivals, the same in each run
    due = started

    async def one(piece: Piece) -> None:
        connection = await free.get()
        await outcome.of(piece(connection))
        free.put_nowait(connection)

    async with asyncio.TaskGroup() as group:
        for piece in work:
            due += draw.expovariate(a_second)
            await asyncio.sleep(due - time.perf_counter())
            group.create_task(one(piece))
    outcome.seconds = time.perf_counter() - started
    outcome.cpu_seconds = driver.subject.cpu_seconds() - cpu
    return outcome


async def burst(driver: Driver) -> Outcome:
    """Send a form on every connection at once; a card that does not come although Slack was answered is lost."""
    opened = [
        (each, number, await driver.form(each, number))
        for each in driver.connections
        for number in (driver.free.popleft(),)
    ]
    outcome, cpu, started = Outcome(0, 0), driver.subject.cpu_seconds(), time.perf_counter()

    async def send(on: Connection, number: str, view: dict[str, Any]) -> Times:
        return (await driver.send_form(on, number, view))[0]

    await asyncio.gather(*(outcome.of(send(*each)) for each in opened))
    outcome.seconds, outcome.cpu_seconds = time.perf_counter() - started, driver.subject.cpu_seconds() - cpu
    return outcome
