"""The process itself: how soon it is ready, what it takes at rest, and whether anything grows under load."""

import asyncio
import time
from contextlib import AsyncExitStack
from functools import partial

from tests.bench.load import closed_loop
from tests.bench.paths import Driver
from tests.bench.subjects import BOT, HELLO
from tests.bench.suites import NUMBERS, Run, _approve, _ask

REST_SECONDS = 10
SOAK_ROUNDS = 20


async def start(run: Run) -> None:
    """Measure from the start of the process until it says that it is ready; the floor is Bolt's plain example."""
    for name in (BOT, HELLO):
        async with AsyncExitStack() as stack:
            # The first start of all compiles what is started.
            await run.subject(stack, name)
        async with AsyncExitStack() as stack:
            started = time.perf_counter()
            await run.subject(stack, name)
            run.add("start to ready", name, "s", time.perf_counter() - started)
    run.figures.compare(f"start to ready ({run.database})", HELLO)


async def rest(run: Run) -> None:
    """Measure memory and processor of a process that nobody asks anything, and its memory after a load."""
    async with AsyncExitStack() as stack:
        subject = await run.subject(stack, BOT, numbers=NUMBERS)
        await asyncio.sleep(2)
        before = subject.cpu_seconds()
        await asyncio.sleep(REST_SECONDS)
        run.add("at rest, of a core", BOT, "%", (subject.cpu_seconds() - before) / REST_SECONDS * 100)
        run.add("at rest, memory", BOT, "MB", subject.resident_megabytes())
        driver = await Driver.to(subject, 32, NUMBERS)
        asked = await _ask(driver, run.times(500))
        await closed_loop(driver, [partial(_approve, driver, each) for each in asked])
        run.add("after load, memory", BOT, "MB", subject.resident_megabytes())


async def soak(run: Run) -> None:
    """Load it again and again: memory and open files of the last round over those of an early one."""
    async with AsyncExitStack() as stack:
        subject = await run.subject(stack, BOT, numbers=NUMBERS)
        driver = await Driver.to(subject, 32, NUMBERS)
        early = (0.0, 0)
        for turn in range(SOAK_ROUNDS):
            asked = await _ask(driver, run.times(500))
            await closed_loop(driver, [partial(_approve, driver, each) for each in asked])
            if turn == SOAK_ROUNDS // 4:
                early = (subject.resident_megabytes(), subject.open_files())
        run.add("soak, memory over that of an early round", BOT, "ratio", subject.resident_megabytes() / early[0])
        run.add("soak, open files over those of an early round", BOT, "ratio", subject.open_files() / early[1])
