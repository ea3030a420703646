"""What is read of much: lists and the record at growing histories, the mirror and type-aheads at growing accounts."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from bot.domain.audit import Break
from bot.store import raw_audit
from bot.store.database import Database
from tests.bench.database import fresh_database, in_a_thread
from tests.bench.far_ends import number_of
from tests.bench.load import quantile
from tests.bench.paths import Driver, Times
from tests.bench.subjects import BOT, running
from tests.bench.suites import Run
from tests.bench.wire import Connection
from tests.store import long_history

# Changes and numbers: 1, 10, 100 times.
CHANGES = (2_000, 20_000, 200_000)
ACCOUNTS = (1_000, 10_000, 100_000)
Look = Callable[[Driver, Connection], Awaitable[Times]]


async def looks(run: Run) -> None:
    """Measure lists and the audit record over 10,000, 100,000 and 1,000,000 events."""
    found: dict[str, list[float]] = {}
    for changes in CHANGES:
        async with AsyncExitStack() as stack:
            url = stack.enter_context(fresh_database(run.database, run.server, run.folder))
            fill(url, changes)
            # A worker would let all that is open expire at once.
            subject = await stack.enter_async_context(running(BOT, url, arguments=("--only", "web")))
            driver = await Driver.to(subject, 1, 1)
            for text in ("pending", "history", f"show RN-{changes // 2}"):
                times = [(await driver.text(driver.connections[0], text)).answer for _ in range(run.times(30))]
                what = f"/route-number {text.partition(' RN')[0]}"
                run.add(f"{what}, {changes:,} changes, p50", BOT, "ms", quantile(times, 0.5) * 1000)
                found.setdefault(what, []).append(quantile(times, 0.5))
            rate = await _events_a_second(url)
            run.add(f"verify-audit, {changes * 5:,} events", BOT, "events/s", rate)
            found.setdefault("verify-audit", []).append(changes * 5 / rate)
    _exponents(run, found, CHANGES)


async def account(run: Run) -> None:
    """Measure the first read of an account, an unchanged one, and the type-ahead over it."""
    found: dict[str, list[float]] = {}
    for numbers in ACCOUNTS:
        async with AsyncExitStack() as stack:
            subject = await run.subject(stack, BOT, numbers=numbers, MIRROR_REFRESH_SECONDS="3600")
            driver = await Driver.to(subject, 1, 1)
            started = time.perf_counter()
            # The form knows the last number once the mirror is whole.
            await _is_mirrored(driver, numbers)
            found.setdefault("first read", []).append(time.perf_counter() - started)
            run.add(f"first read of {numbers:,} numbers", BOT, "s", found["first read"][-1])
            times = [
                (await driver.type_ahead(driver.connections[0], str(i % 10_000))).answer for i in range(run.times(100))
            ]
            for share in (0.5, 0.99):
                run.add(
                    f"type-ahead, {numbers:,} numbers, p{share * 100:.0f}", BOT, "ms", quantile(times, share) * 1000
                )
            found.setdefault("type-ahead", []).append(median(times))
            run.add(f"memory, {numbers:,} numbers", BOT, "MB", subject.resident_megabytes())
    _exponents(run, found, ACCOUNTS)


def _exponents(run: Run, found: dict[str, list[float]], sizes: tuple[int, ...]) -> None:
    """Tell how each grows: 0 is flat, 1 in proportion."""
    for what, values in found.items():
        exponent = math.log(values[-1] / values[0]) / math.log(sizes[-1] / sizes[0])
        run.add(f"{what}, exponent of growth", BOT, "", exponent)


def fill(url: str, changes: int) -> None:
    """Write a history of so many changes."""
    if url.startswith("sqlite"):
        long_history.fill_sqlite(Path(url.removeprefix("sqlite:///")), changes)
    else:
        in_a_thread(long_history.fill_postgresql(url, changes))


async def _events_a_second(url: str) -> float:
    """Read and hash each event as verify-audit does, without comparing: the history's hashes are made up."""
    database = Database.connect(url)
    started, events = time.perf_counter(), 0
    async with database.reading() as tx:
        async for event in raw_audit.stream(tx):
            if isinstance(event, Break):
                raise TypeError(event.problem)
            events += 1
    taken = time.perf_counter() - started
    await database.dispose()
    return events / taken


async def _is_mirrored(driver: Driver, numbers: int) -> None:
    while True:
        view = await driver.form(driver.connections[0], number_of(numbers - 1))
        if "Looking it up" not in str(view):
            return
        await asyncio.sleep(0.05)
