"""Bots that are real processes and can be told at which effect to die; forked from one that has everything loaded."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0
_NEVER = 10**9


class Mortal:
    """One bot. `effects` are the names of those since it was last told to count."""

    def __init__(self, pid: int, port: int, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.port = port
        self.effects: list[str] = []
        self.ended = asyncio.Event()
        self._stirred = asyncio.Event()
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
                os.kill(self.pid, number)

    async def follow(self, reader: asyncio.StreamReader) -> None:
        """Hear of its effects, and of its end: then its socket closes, whatever it ended of."""
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                self.effects.append(line.decode().strip())
                self._stirred.set()
        self.ended.set()
        self._stirred.set()
        self._writer.close()


class Nursery:
    """The process that has everything loaded, and forks."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def order(self, **order: Any) -> None:
        """Let a bot be born."""
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Load everything once."""
    environment = {**os.environ, "PYDANTIC_DISABLE_PLUGINS": "__all__"}
    command = [sys.executable, "-m", "tests.crash.nursery"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as process:
        yield Nursery(process)


class Mortals:
    """The bots of one test."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self.port = 0
        self._nursery = nursery
        self._folder = folder
        self._names = count(1)
        self._born: dict[str, asyncio.Future[tuple[int, asyncio.StreamReader, asyncio.StreamWriter]]] = {}
        self._all: list[tuple[Mortal, asyncio.Task[None]]] = []

    async def bear(self, environment: dict[str, str]) -> Mortal:
        """Start a bot."""
        name = str(next(self._names))
        self._born[name] = asyncio.get_running_loop().create_future()
        log = self._folder / f"bot-{name}.log"
        self._nursery.order(name=name, port=self.port, log=str(log), environment=environment)
        async with asyncio.timeout(PATIENCE_SECONDS):
            pid, reader, writer = await self._born[name]
        mortal = Mortal(pid, int(environment["PORT"]), writer)
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
        name, pid = (await reader.readline()).decode().split()
        self._born[name].set_result((int(pid), reader, writer))


@asynccontextmanager
async def mortals(nursery: Nursery, folder: Path) -> AsyncIterator[Mortals]:
    """Make room for the bots of one test; whoever still lives ends with it."""
    made = Mortals(nursery, folder)
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        await made.end()
        server.close()
