"""Ways of loading a subject: over a number of connections, by a Poisson stream, all at once."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from tests.bench.paths import Driver, Times
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
            outcome.times.append(await piece(connection))

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
        outcome.times.append(await piece(connection))
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
    done = await asyncio.gather(*(driver.send_form(*each) for each in opened), return_exceptions=True)
    for each in done:
        if isinstance(each, TimeoutError):
            outcome.lost += 1
        elif isinstance(each, BaseException):
            outcome.refused += 1
        else:
            outcome.times.append(each[0])
    outcome.seconds, outcome.cpu_seconds = time.perf_counter() - started, driver.subject.cpu_seconds() - cpu
    return outcome
