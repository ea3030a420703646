"""The suites: which subjects are loaded how, and which figures come of it."""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.database import fresh_database
from tests.bench.load import Outcome, Piece, burst, closed_loop, poisson, quantile
from tests.bench.paths import Asked, Driver, Times
from tests.bench.policies import policy_of
from tests.bench.subjects import BARE, BOT, HELLO, NODE_HELLO, PLAIN, Subject, has_node, running
from tests.bench.table import Figures
from tests.bench.tls import make_tls
from tests.bench.wire import Connection

NUMBERS = 2000
RULES = 50
Suite = Callable[["Run"], Coroutine[Any, Any, None]]


class Run:
    """What all suites of a run share."""

    def __init__(self, figures: Figures, *, database: str, server: str | None, folder: Path, scale: float) -> None:
        self.figures = figures
        self.database = database
        self.server = server
        self.folder = folder
        self.scale = scale

    def times(self, count: int) -> int:
        """Return how often to repeat something that is repeated so often at full scale."""
        return max(int(count * self.scale), 8)

    def add(self, what: str, subject: str, unit: str, value: float) -> None:
        """Add a figure of this run's database."""
        self.figures.add(f"{what} ({self.database})", subject, unit, value)

    def subject(self, stack: AsyncExitStack, name: str, **how: object) -> Awaitable[Subject]:
        """Start a subject on a database of its own."""
        url = stack.enter_context(fresh_database(self.database, self.server, self.folder))
        return stack.enter_async_context(running(name, url, **how))  # type: ignore[arg-type]


async def hello(run: Run) -> None:
    """Measure the floors: what an answer costs without anything behind it."""
    names = [BARE, HELLO, *([NODE_HELLO] if has_node() else [])]
    for name in names:
        async with AsyncExitStack() as stack:
            driver = await Driver.to(await run.subject(stack, name), 1, 1)
            await closed_loop(driver, [driver.hello] * run.times(100))
            outcome = await closed_loop(driver, [driver.hello] * run.times(2000))
            run.add("hello, CPU", name, "ms", outcome.cpu_ms)
            run.add("hello, answer p50", name, "ms", quantile([each.answer for each in outcome.times], 0.5) * 1000)
    run.figures.compare(f"hello, CPU ({run.database})", BARE)


async def one_by_one(run: Run) -> None:
    """Measure each path alone: processor time, and the time to its answer and its effects."""
    await _at(run, connections=1, count=run.times(200), suffix="")
    for path in ("open", "submit", "approve", "deny"):
        run.figures.compare(f"{path}, CPU ({run.database})", HELLO, of=f"hello, CPU ({run.database})")


async def side_by_side(run: Run) -> None:
    """Measure each path at 32 and 256 connections."""
    for connections in (32, 256):
        await _at(run, connections=connections, count=run.times(connections * 8), suffix=f" at {connections}")


async def slow_far_ends(run: Run) -> None:
    """Measure with far ends that take 100 ms a call, as the real ones do."""
    await _at(run, connections=32, count=run.times(128), suffix=", far ends of 100 ms", delay=0.1)


async def over_tls(run: Run) -> None:
    """Measure with far ends over TLS."""
    await _at(run, connections=32, count=run.times(128), suffix=", TLS", tls=make_tls(run.folder))


async def ruled(run: Run) -> None:
    """Measure each path alone under a policy file of many rules, beside the built-in policy in the same round."""
    file, count = run.folder / "policy.toml", min(run.times(200), NUMBERS - 300)
    file.write_text(policy_of(RULES), encoding="utf-8")
    with_rules = f"{BOT}, {RULES} rules"
    for name, settings in ((BOT, {}), (with_rules, {"POLICY_FILE": str(file)})):
        async with AsyncExitStack() as stack:
            subject = await run.subject(stack, BOT, numbers=count + 300, **settings)
            driver = await Driver.to(subject, 1, count + 300)
            for warm in await _ask(driver, 20):
                await driver.approve(driver.connections[0], warm)
            await _paths(run, name, driver, count, ", beside each other")
    for path in ("open", "submit", "approve", "deny"):
        for figure in ("CPU", "answer p50"):
            run.figures.compare(f"{path}, beside each other, {figure} ({run.database})", BOT)


async def stream(run: Run) -> None:
    """Measure answers and effects of a Poisson stream of 100 a second."""
    count = run.times(500)
    async with AsyncExitStack() as stack:
        driver = await Driver.to(await run.subject(stack, BOT, numbers=NUMBERS), 64, NUMBERS)
        asked = await _ask(driver, min(count, NUMBERS - 100))
        for path, work in (("open", [driver.open] * count), ("approve", [partial(_approve, driver, a) for a in asked])):
            _report(run, f"{path} at 100/s", BOT, await poisson(driver, work, a_second=100))


async def all_at_once(run: Run) -> None:
    """Send 1,000 forms at once: nothing that was acknowledged may be lost."""
    count = min(run.times(1000), 1000)
    async with AsyncExitStack() as stack:
        driver = await Driver.to(await run.subject(stack, BOT, numbers=NUMBERS), count, NUMBERS)
        outcome = await burst(driver)
        run.add(f"burst of {count}, acked but lost", BOT, "changes", outcome.lost)
        run.add(f"burst of {count}, told to try again", BOT, "changes", outcome.refused)
        run.add(f"burst of {count}, last card after", BOT, "s", outcome.seconds)


async def _at(run: Run, *, connections: int, count: int, suffix: str, **how: object) -> None:
    for name in (BOT, PLAIN):
        async with AsyncExitStack() as stack:
            subject = await run.subject(stack, name, numbers=min(count + 300, NUMBERS), **how)
            driver = await Driver.to(subject, connections, min(count + 300, NUMBERS))
            count = min(count, NUMBERS - 300)
            await closed_loop(driver, [driver.open] * 20)
            for warm in await _ask(driver, 10):
                await driver.approve(driver.connections[0], warm)
            await _paths(run, name, driver, count, suffix)
    for path in ("open", "submit", "approve", "deny"):
        for figure in ("CPU", "a second", "answer p50", "effect p50"):
            run.figures.compare(f"{path}{suffix}, {figure} ({run.database})", PLAIN)


async def _paths(run: Run, name: str, driver: Driver, count: int, suffix: str) -> None:
    """Measure open, submit, approve and deny."""
    _report(run, f"open{suffix}", name, await closed_loop(driver, [driver.open] * count))
    opened = []
    for _ in range(count):
        number = driver.free.popleft()
        opened.append((number, await driver.form(driver.connections[0], number)))
    asked: list[Asked] = []
    sending = [partial(_send, driver, asked, *each) for each in opened]
    _report(run, f"submit{suffix}", name, await closed_loop(driver, sending))
    half = len(asked) // 2
    approving = [partial(_approve, driver, each) for each in asked[:half]]
    _report(run, f"approve{suffix}", name, await closed_loop(driver, approving))
    denying = [partial(_deny, driver, each) for each in asked[half:]]
    _report(run, f"deny{suffix}", name, await closed_loop(driver, denying))


def _report(run: Run, what: str, name: str, outcome: Outcome) -> None:
    if not outcome.times:
        raise RuntimeError(f"{what}: {name} came to no end.")
    run.add(f"{what}, CPU", name, "ms", outcome.cpu_ms)
    run.add(f"{what}, a second", name, "paths", outcome.a_second)
    for share in (0.5, 0.99):
        answers = [each.answer for each in outcome.times]
        effects = [each.effect for each in outcome.times]
        run.add(f"{what}, answer p{share * 100:.0f}", name, "ms", quantile(answers, share) * 1000)
        run.add(f"{what}, effect p{share * 100:.0f}", name, "ms", quantile(effects, share) * 1000)
    if outcome.refused or outcome.lost:
        run.add(f"{what}, told to try again", name, "paths", outcome.refused)
        run.add(f"{what}, acked but lost", name, "paths", outcome.lost)
    puts = [each.put for each in outcome.times if each.put is not None]
    if puts:
        run.add(f"{what}, PUT p50", name, "ms", quantile(puts, 0.5) * 1000)


async def _ask(driver: Driver, count: int) -> list[Asked]:
    asked: list[Asked] = []
    work: list[Piece] = [partial(_submit, driver, asked)] * count
    await closed_loop(driver, work)
    return asked


async def _submit(driver: Driver, asked: list[Asked], on: Connection) -> Times:
    times, change = await driver.submit(on)
    asked.append(change)
    return times


async def _send(driver: Driver, asked: list[Asked], number: str, view: dict[str, object], on: Connection) -> Times:
    times, change = await driver.send_form(on, number, view)
    asked.append(change)
    return times


async def _approve(driver: Driver, asked: Asked, on: Connection) -> Times:
    return await driver.approve(on, asked)


async def _deny(driver: Driver, asked: Asked, on: Connection) -> Times:
    return await driver.deny(on, asked)
