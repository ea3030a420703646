"""The HTTP server, run by this process's own rules: its socket, its signals, its end."""

import asyncio
import contextlib
import errno
import socket
import sys
from collections.abc import Iterator
from datetime import timedelta

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.cli.exits import stop

# As much as a body may have; httptools itself would read a head without end.
_LARGEST_HEAD = 1_000_000
# Slack sends at once. Whoever opens a connection and says nothing, or a byte now and then, holds a file open.
_RECEIVE_WITHIN = timedelta(seconds=15)


class HttpServer:
    """Serves an application on an open socket until it is stopped, and answers what is under way first.

    A connection is ended when a request does not come in whole within some time.
    """

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        *,
        drain: timedelta,
        receive_within: timedelta = _RECEIVE_WITHIN,
    ) -> None:
        class Protocol(_Http):
            seconds = receive_within.total_seconds()

        config = uvicorn.Config(
            app,
            http=Protocol,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=int(drain.total_seconds()),
        )
        self._server = _Server(config)
        self._listener = listener

    async def serve(self) -> None:
        """Serve until `stop`."""
        await self._server.serve(sockets=[self._listener])

    def stop(self) -> None:
        """Take no more requests, and end when those under way are answered."""
        self._server.should_exit = True

    def hurry(self) -> None:
        """End at once."""
        self._server.force_exit = True


class _Server(uvicorn.Server):
    """Leaves signals alone: uvicorn would raise them again when it has ended, before the other parts could end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class _Http(HttpToolsProtocol):
    """Ends a connection whose request does not end: its head after so many bytes, all of it after some seconds."""

    seconds = _RECEIVE_WITHIN.total_seconds()
    _head_bytes = 0
    _is_in_head = True
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As uvicorn has it.
        """Wait for a request."""
        super().connection_made(transport)
        self._limit()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._unlimit()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came in."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _LARGEST_HEAD:
                self.transport.abort()

    def on_message_begin(self) -> None:
        """Begin a request, the next of this connection as well."""
        if self._deadline is None:
            self._limit()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Start the request."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request; a head may follow."""
        self._is_in_head, self._head_bytes = True, 0
        self._unlimit()
        super().on_message_complete()

    def _limit(self) -> None:
        self._deadline = self.loop.call_later(self.seconds, self.transport.abort)

    def _unlimit(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def allow_many_connections() -> None:
    """Let this process open as many files as it may: often it starts with a thousand, which strangers can use up."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - Windows has none.

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        if soft != hard:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def listen(host: str, port: int) -> socket.socket:
    """Open the socket to serve on; when that is not possible, end the command with one line."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        stop("HOST is no address of this machine.")
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # From here on whoever connects waits for an answer, also while the rest starts.
        listener.listen()
    except OSError as error:
        listener.close()
        match error.errno:
            case errno.EADDRINUSE:
                stop(f"PORT {port} is in use by another program; choose another one.")
            case errno.EACCES:
                stop(f"PORT {port} is not open to this user; choose one above 1023.")
            case _:
                stop("HOST is no address of this machine.")
    listener.setblocking(False)
    return listener
