"""Bots that are real processes and can be told at which effect to die."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path

from tests.crash.effects import tell_effects
from tests.forked.process import Forked, fork

PATIENCE_SECONDS = 60.0
_NEVER = 10**9


class Mortal:
    """One bot. `effects` are the names of those since it was last told to count."""

    def __init__(self, process: Forked, port: int, writer: asyncio.StreamWriter) -> None:
        self.port = port
        self.effects: list[str] = []
        self.ended = asyncio.Event()
        self._stirred = asyncio.Event()
        self._process = process
        self._writer = writer

    @property
    def is_alive(self) -> bool:
        return not self.ended.is_set()

    def count(self, *, stop_at: int = _NEVER) -> None:
        """Count effects from now on, and die at one of them."""
        self.effects.clear()
        self._writer.write(f"{stop_at}\n".encode())

    async def stirs(self, seconds: float) -> None:
        """Wait until it has done something since the last wait, or has ended, but no longer than this."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        self._stirred.clear()

    async def kill(self) -> None:
        """Kill it without a chance to clean up."""
        await self.send(signal.SIGKILL)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.ended.wait()

    async def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def follow(self, reader: asyncio.StreamReader) -> None:
        """Hear of its effects, and of its end: then its socket closes, whatever it ended of."""
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                self.effects.append(line.decode().strip())
                self._stirred.set()
        self.ended.set()
        self._stirred.set()
        self._writer.close()


class Mortals:
    """The bots of one test."""

    def __init__(self, folder: Path) -> None:
        self.port = 0
        self._folder = folder
        self._names = count(1)
        self._born: dict[str, asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]] = {}
        self._all: list[tuple[Mortal, asyncio.Task[None]]] = []

    async def bear(self, environment: dict[str, str]) -> Mortal:
        """Start a bot."""
        name = str(next(self._names))
        self._born[name] = asyncio.get_running_loop().create_future()
        log = self._folder / f"bot-{name}.log"
        process = fork(["serve"], environment, log, before=partial(tell_effects, name, self.port))
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await self._born[name]
        mortal = Mortal(process, int(environment["PORT"]), writer)
        self._all.append((mortal, asyncio.create_task(mortal.follow(reader))))
        return mortal

    async def end(self) -> None:
        """Kill whatever still lives."""
        for mortal, following in self._all:
            await mortal.kill()
            await following

    def last_logs(self) -> str:
        """Return the ends of what the last bots said."""
        logs = sorted(self._folder.glob("bot-*.log"), key=lambda path: path.stat().st_mtime)[-2:]
        return "\n--\n".join(log.read_text()[-4000:] for log in logs)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the connection of a bot that was just born."""
        name = (await reader.readline()).decode().strip()
        self._born[name].set_result((reader, writer))


@asynccontextmanager
async def mortals(folder: Path) -> AsyncIterator[Mortals]:
    """Make room for the bots of one test; whoever still lives ends with it."""
    made = Mortals(folder)
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        await made.end()
        server.close()
