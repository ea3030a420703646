"""Connections to PostgreSQL on which no wait is without end.

A server can go silent without a word: after a failover, or when a firewall has forgotten the connection, no reset
arrives. So the client gives up by itself, a little after the server would have; what went silent is closed without
waiting and never used again; and the server frees what a client that went silent had locked, but for the one place
that `stalled` sees to.
"""

import socket
from datetime import timedelta
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # It ships no types.
from sqlalchemy import URL, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.store.pool import Pool

# The server gives up first: then its sentence says why, and the connection can still be used.
_LATER_THAN_SERVER = timedelta(seconds=0.25)
# However patient the rest is: a server that takes longer to let anybody in is away.
_LONGEST_CONNECT = timedelta(seconds=5)
# Between two statements of a transaction only this process computes. A client that keeps quiet for longer is gone.
QUIET_PATIENCES = 4
APPLICATION = "route-number"

# An idle connection is known to be dead after 10 s and 3 probes; bytes that nobody acknowledges count as well.
_KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPALIVE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 25_000}
_ONLY_READS = "25006"
_TERMINATE = b"X\x00\x00\x00\x04"


class Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types.
    """A connection that says goodbye like libpq: without waiting for an answer."""

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109, ARG002 - the base class's signature
        """Close at once. asyncpg would wait for statements under way and for the server to hang up."""
        if not self.is_closed():
            self._transport.write(_TERMINATE)
        self.terminate()

    def keep_alive(self) -> None:
        """Let the kernel find out when the other end is gone, as far as this platform lets one say how soon."""
        line: socket.socket = self._transport.get_extra_info("socket")
        if line.family not in (socket.AF_INET, socket.AF_INET6):
            return
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            option = getattr(socket, name, None)
            if option is not None:
                line.setsockopt(socket.IPPROTO_TCP, option, value)


def postgresql_engine(url: URL, *, patience: timedelta) -> AsyncEngine:
    """Make the connections to a server; `patience` bounds each wait: for a connection, a lock, a statement."""
    # asyncpg reads the URL itself: it knows libpq's parameters, such as sslmode, which SQLAlchemy would hand on raw.
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    milliseconds = _milliseconds(patience)

    async def open_connection(**_: Any) -> Any:
        connection = await asyncpg.connect(
            dsn,
            connection_class=Connection,
            timeout=min(patience, _LONGEST_CONNECT).total_seconds(),
            command_timeout=(patience + _LATER_THAN_SERVER).total_seconds(),
            server_settings={
                "application_name": APPLICATION,
                # A plan for any values would not know which states the partial indexes hold.
                "plan_cache_mode": "force_custom_plan",
                "statement_timeout": milliseconds,
                "lock_timeout": milliseconds,
                "idle_in_transaction_session_timeout": _milliseconds(patience * QUIET_PATIENCES),
            },
        )
        connection.keep_alive()
        return connection

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=open_connection,
        isolation_level="READ COMMITTED",
        poolclass=Pool,
        pool_timeout=patience.total_seconds(),
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    event.listen(engine.sync_engine, "handle_error", _throw_silent_away)
    return engine


def _milliseconds(duration: timedelta) -> str:
    return f"{duration.total_seconds() * 1000:.0f}"


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Replace what the server has closed, without a round trip: its goodbye was noticed when it came."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _throw_silent_away(context: ExceptionContext) -> None:
    """Throw a connection away whose answer did not come, and all others with it that may be as dead.

    So also when the server only reads now: after a failover another one may be behind the same name.
    """
    error = context.original_exception
    if isinstance(error, TimeoutError) or getattr(error, "sqlstate", None) == _ONLY_READS:
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = True
