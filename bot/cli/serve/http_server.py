"""The HTTP server, run by this process's own rules: its socket, its signals, its end."""

import contextlib
import errno
import socket
from collections.abc import Iterator
from datetime import timedelta

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.cli.exits import stop

# As much as a body may have; httptools itself would read a head without end.
_LARGEST_HEAD = 1_000_000


class HttpServer:
    """Serves an application on an open socket until it is stopped, and answers what is under way first."""

    def __init__(self, app: ASGIApp, listener: socket.socket, *, drain: timedelta) -> None:
        config = uvicorn.Config(
            app,
            http=_Http,
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
    """Ends a connection whose request line and headers do not end."""

    _head_bytes = 0
    _is_in_head = True

    def data_received(self, data: bytes) -> None:
        """Take what came in."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _LARGEST_HEAD:
                self.transport.abort()

    def on_headers_complete(self) -> None:
        """Start the request."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request; a head may follow."""
        self._is_in_head, self._head_bytes = True, 0
        super().on_message_complete()


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
