"""HTTP/1.1 with next to no cost of its own: what is measured is the bot, not the two ends of the bench."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

END_OF_HEAD = b"\r\n\r\n"
Handler = Callable[[str, str, dict[str, str], bytes], Awaitable[bytes]]


@dataclass(slots=True)
class _Head:
    first: str
    headers: dict[str, str]
    length: int
    end: int


def _head(buffer: bytearray) -> _Head | None:
    end = buffer.find(END_OF_HEAD)
    if end < 0:
        return None
    first, *lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return _Head(first, headers, int(headers.get("content-length", 0)), end + len(END_OF_HEAD))


class _Served(asyncio.Protocol):
    """One connection of somebody who calls; requests on it are answered in turn."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._answering: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream was expected")
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = _head(self._buffer)
        if head is None or len(self._buffer) < head.end + head.length:
            return
        body = bytes(self._buffer[head.end : head.end + head.length])
        del self._buffer[: head.end + head.length]
        self._answering = asyncio.create_task(self._answer(head, body))

    async def _answer(self, head: _Head, body: bytes) -> None:
        method, path, _ = head.first.split(" ", 2)
        answer = await self._handler(method, path, head.headers, body)
        if self._transport is not None and not self._transport.is_closing():
            start = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(answer)}\r\n\r\n"
            self._transport.write(start.encode() + answer)


async def serve(handler: Handler, tls: ssl.SSLContext | None = None) -> tuple[asyncio.Server, str]:
    """Listen on a free port of this machine; return the server and its URL."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Served(handler), "127.0.0.1", 0, ssl=tls, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    return server, f"{'https' if tls else 'http'}://127.0.0.1:{port}"


class Connection(asyncio.Protocol):
    """One kept connection to the subject, one request at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def to(cls, port: int) -> "Connection":
        """Connect."""
        _, made = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream was expected")
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = _head(self._buffer)
        if head is None or self._waiting is None:
            return
        if head.headers.get("transfer-encoding") == "chunked":
            if not self._buffer.endswith(b"0\r\n\r\n"):
                return
            body = bytes(self._buffer[head.end :])
        elif len(self._buffer) < head.end + head.length:
            return
        else:
            body = bytes(self._buffer[head.end : head.end + head.length])
        self._buffer.clear()
        waiting, self._waiting = self._waiting, None
        waiting.set_result((int(head.first.split(" ")[1]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionResetError("the subject closed the connection"))

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request; return the status and the body."""
        if self._transport is None or self._waiting is not None:
            raise RuntimeError("one request at a time")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()
