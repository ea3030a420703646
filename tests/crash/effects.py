"""Counts what a process does to the world outside of it, and kills the process at the n-th of these effects.

An effect is a commit that wrote something, before it and after it, or a call to a far end, before it is sent and after
it was answered. They are counted at the seams of the libraries, inside the process itself, so that they have one
order; the product knows nothing of it. Whoever started the process says over a socket from when on to count and where
to stop, and hears the name of each effect as it comes.
"""

import os
import signal
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import httpx
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect

_WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")
# Who somebody is, is asked again when it is a minute old: it changes nothing, and how often depends on the machine.
_LOOK_UPS = ("users.info", "auth.test")
# A number, an account, a change: whichever it is, the effect is the same one.
_NAMED_PARTS = 3


class Effects:
    """The effects of this process."""

    def __init__(self, told: socket.socket) -> None:
        self._told = told
        self._stop_at: int | None = None
        self._count = 0

    def note(self, name: str) -> None:
        """Count an effect that is about to happen, or has just happened; perhaps it is the last one."""
        self._listen()
        if self._stop_at is None:
            return
        self._count += 1
        self._told.sendall(f"{name}\n".encode())
        if self._count == self._stop_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _listen(self) -> None:
        """Take the order to count from now on; it was sent before whatever causes the first effect."""
        try:
            order = self._told.recv(1024, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        if not order:
            # Whoever started this process is gone.
            os.kill(os.getpid(), signal.SIGKILL)
        self._stop_at, self._count = int(order.split()[-1]), 0


def tell_effects(name: str, port: int) -> None:
    """Count what this process does from now on, and tell it over a socket to who listens at a port of this machine."""
    told = socket.create_connection(("127.0.0.1", port))
    told.sendall(f"{name}\n".encode())
    _watch(Effects(told))


def _watch(effects: Effects) -> None:
    """Count at the seams of SQLAlchemy, httpx and aiohttp from now on."""
    _watch_commits(effects)
    send, ask = httpx.AsyncHTTPTransport.handle_async_request, aiohttp.ClientSession._request

    async def counted_send(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        name = f"{request.method} {'/'.join(request.url.path.split('/')[:_NAMED_PARTS])}"
        effects.note(f"before {name}")
        answer = await send(self, request)
        effects.note(f"after {name}")
        return answer

    async def counted_request(self: aiohttp.ClientSession, method: str, url: Any, **more: Any) -> Any:
        name = urlsplit(str(url)).path.rpartition("/")[2]
        if name in _LOOK_UPS:
            return await ask(self, method, url, **more)
        effects.note(f"before {name}")
        answer = await ask(self, method, url, **more)
        effects.note(f"after {name}")
        return answer

    httpx.AsyncHTTPTransport.handle_async_request = counted_send  # type: ignore[method-assign]  # The library's seam.
    aiohttp.ClientSession._request = counted_request  # type: ignore[assignment]  # The library's seam.


def _watch_commits(effects: Effects) -> None:
    written: dict[int, set[str]] = {}
    commit: Callable[[DefaultDialect, Any], None] = DefaultDialect.do_commit

    def sent(connection: Connection, cursor: Any, statement: str, *_more: Any) -> None:
        verb, _, rest = statement.lstrip().partition(" ")
        if verb in _WRITES and cursor.rowcount != 0:
            table = rest.removeprefix("INTO ").removeprefix("FROM ").split()[0] if verb != "WITH" else "outbox"
            written.setdefault(id(connection.connection.dbapi_connection), set()).add(table)

    def rolled_back(connection: Connection) -> None:
        # One that was given up, as when a statement was interrupted, has no driver any more.
        if not connection.invalidated:
            written.pop(id(connection.connection.dbapi_connection), None)

    def counted_commit(self: DefaultDialect, connection: Any) -> None:
        # SQLAlchemy hands its wrapper in, or what it wraps.
        driver = getattr(connection, "dbapi_connection", connection)
        tables = written.pop(id(driver), None)
        if not tables:
            commit(self, connection)
            return
        name = f"commit of {' '.join(sorted(tables))}"
        effects.note(f"before {name}")
        commit(self, connection)
        effects.note(f"after {name}")

    event.listen(Engine, "after_cursor_execute", sent)
    event.listen(Engine, "rollback", rolled_back)
    DefaultDialect.do_commit = counted_commit  # type: ignore[method-assign]  # The library's seam.
