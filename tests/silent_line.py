"""A line between the bot and PostgreSQL that can go silent: it swallows everything, and closes nothing.

So it is after a failover, or when a firewall has forgotten a connection: no reset ever arrives. It can break as well.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit


class SilentLine:
    """Forwards connections to one address, until it is told to fall silent."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._links: list[_Link] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self._word: bytes | None = None
        self._is_delivered = False
        self._is_cut = False
        self._is_silent = False
        self.fell_silent = asyncio.Event()

    def fall_silent(self) -> None:
        """Swallow all that comes over the connections of now, for good, and of new ones until `heal`."""
        self._is_silent = True
        self.fell_silent.set()
        for link in self._links:
            link.is_silent = True

    def fall_silent_at(self, word: bytes, *, is_delivered: bool) -> None:
        """Fall silent when the bot sends this word next, which may still be delivered."""
        self._word, self._is_delivered, self._is_cut = word, is_delivered, False

    def break_at(self, word: bytes, *, is_delivered: bool) -> None:
        """Break the connection on which the bot sends this word next: before it arrives, or once it is answered."""
        self._word, self._is_delivered, self._is_cut = word, is_delivered, True

    @property
    def has_broken(self) -> bool:
        """Say whether the word has come by since `break_at`."""
        return self._word is None

    def heal(self) -> None:
        """Forward new connections again; those that fell silent stay so."""
        self._is_silent = False

    def lead_to(self, port: int) -> None:
        """Cut all connections, and forward new ones to another port: the name of the server moved on."""
        self._target = (self._target[0], port)
        for writer in self._writers:
            writer.transport.abort()

    @property
    def open(self) -> int:
        """Say how many connections the bot has not closed."""
        return sum(not link.is_closed for link in self._links)

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one connection of the bot."""
        self._writers.append(writer)
        self._start(self._connect(reader, writer))

    async def aclose(self) -> None:
        """Cut everything."""
        for writer in self._writers:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        self._writers.append(there_writer)
        link = _Link(is_silent=self._is_silent)
        self._links.append(link)
        self._start(self._forward_back(link, there_reader, writer))
        try:
            while data := await reader.read(65536):
                await self._forward(link, data, there_writer)
        except ConnectionError:
            pass
        link.is_closed = True
        if not link.is_silent:
            # A silent line does not pass the end on either.
            there_writer.close()

    async def _forward(self, link: "_Link", data: bytes, writer: asyncio.StreamWriter) -> None:
        is_last = self._word is not None and self._word in data
        if is_last and self._is_cut:
            self._word = None
            link.is_silent = link.is_cut = True
            if not self._is_delivered:
                writer.transport.abort()
                return
        elif is_last:
            self._word = None
            self.fall_silent()
        if not link.is_silent or (is_last and self._is_delivered):
            writer.write(data)
            await writer.drain()

    async def _forward_back(self, link: "_Link", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (data := await reader.read(65536)) and not link.is_cut:
                if not link.is_silent:
                    writer.write(data)
        except ConnectionError:
            pass
        if link.is_cut:
            writer.transport.abort()
        elif not link.is_silent:
            writer.close()


class _Link:
    """One connection."""

    def __init__(self, *, is_silent: bool) -> None:
        self.is_silent = is_silent
        self.is_cut = False
        self.is_closed = False


@asynccontextmanager
async def silent_line(database_url: str) -> AsyncIterator[tuple[SilentLine, str]]:
    """Lay a line to a database; gives it with the database's URL at its end."""
    parts = urlsplit(database_url)
    line = SilentLine(parts.hostname or "", parts.port or 0)
    server = await asyncio.start_server(line.take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield line, database_url.replace(f":{parts.port}/", f":{port}/")
    finally:
        server.close()
        await line.aclose()
        await server.wait_closed()
