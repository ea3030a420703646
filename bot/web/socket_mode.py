"""Socket Mode: the socket that this bot opens to Slack, over which the same requests come that HTTP would bring.

The address of a connection can be used once. So each try asks for a new one, and after a failed one there is a pause.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.backoff import backoff
from bot.slack.api.calls import SlackError, SlackMisconfigured, SlackRateLimited, SlackRefused, SlackUnavailable, call
from bot.slack.api.error_codes import SOCKET_SWITCHED_OFF
from bot.telemetry import SOCKET_CONNECT_FAILURES, SOCKET_CONNECTED_SINCE, SOCKET_LAST_ENVELOPE
from bot.web.app import AnswerLike, Handle
from bot.web.socket_connection import CLOSE_WITHIN, Connection, NoHello

log = structlog.get_logger(__name__)

_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patient the receiver is."""

    first_pause: timedelta = timedelta(seconds=0.5)
    longest_pause: timedelta = timedelta(seconds=30)
    # Between tries while Slack says that Socket Mode is switched off.
    slow_pause: timedelta = timedelta(minutes=5)
    # For an address, and again for the way from there to Slack's `hello`.
    connect_within: timedelta = timedelta(seconds=10)
    # Without a sign of life for one and a half of it, the connection is dead.
    heartbeat: timedelta = timedelta(seconds=10)
    # What ends sooner counts as a failed try: pauses go on growing.
    steady_after: timedelta = timedelta(seconds=10)
    # How long Slack may take to close a connection that another one has replaced.
    retire_after: timedelta = timedelta(seconds=60)
    # For the answers to envelopes that came before the end.
    answer_within: timedelta = timedelta(seconds=5)

    def pause(self, failures: int, *, at_least: timedelta = timedelta(0)) -> timedelta:
        """Return how long to wait after that many failures in a row."""
        longest = backoff(failures, first=self.first_pause, longest=self.longest_pause)
        return max(at_least, longest * _RANDOM.uniform(0.5, 1))


class SocketReceiver:
    """Keeps a connection open and hands every envelope to `handle`, the one behind the HTTP door as well."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        app_token: str,
        handle: Handle,
        now: Callable[[], datetime],
        pace: Pace | None = None,
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._handle = handle
        self._now = now
        self._pace = pace or Pace()
        self._connections: set[Connection] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._has_dialled = False
        self._was_connected = False
        self._since = now()
        self._error: str | None = None
        self._fault: str | None = None

    @property
    def is_connected(self) -> bool:
        """Say whether envelopes can come in."""
        return any(connection.is_open for connection in self._connections)

    @property
    def problem(self) -> str | None:
        """Say what an operator should know, None when there is nothing."""
        if self._fault is not None:
            return self._fault
        error = "" if self._error is None else f" ({self._error})"
        if not self.is_connected:
            return f"Slack's socket has not been connected since {self._since:%H:%M:%S} UTC{error}; trying again."
        return f"Slack's socket could not be renewed{error}; trying again." if error else None

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until `stop` is set; then take no more, acknowledge what was taken, and close."""
        stopping = asyncio.create_task(stop.wait())
        once = aiohttp.TraceConfig()
        once.on_connection_create_start.append(self._dial)
        async with aiohttp.ClientSession(
            # Without a pool: each use of an address is a connection of its own, which `_dial` sees.
            connector=aiohttp.TCPConnector(force_close=True),
            trust_env=True,
            timeout=aiohttp.ClientTimeout(total=None),
            trace_configs=[once],
        ) as session:
            keeping = asyncio.create_task(self._keep_connected(session))
            try:
                await asyncio.wait({keeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if keeping.done():
                    keeping.result()
                    await stopping
            finally:
                await _cancelled(keeping, stopping)
                await _cancelled(*self._retiring)
                within = self._pace.answer_within
                await asyncio.gather(*(connection.close(within=within) for connection in self._connections))

    async def _keep_connected(self, session: aiohttp.ClientSession) -> None:
        """Open one connection after another, without end; a token that is refused is asked for seldom."""
        failures = 0
        old: Connection | None = None
        clock = asyncio.get_running_loop()
        while True:
            try:
                connection = await self._connect(session)
            except SlackMisconfigured as error:
                self._fault = f"Slack refuses SLACK_APP_TOKEN ({error.error}); correct it and start again."
                log.error("socket_mode.misconfigured", problem=self._fault)  # noqa: TRY400 - Slack's answer says it all
                # It may be Slack's own fault: what was refused today has been accepted again tomorrow.
                await asyncio.sleep(self._pace.slow_pause.total_seconds())
                continue
            except (SlackError, NoHello, aiohttp.ClientError, OSError, ValueError) as error:
                failures += 1
                await self._pause_after(error, failures)
                continue
            self._error = self._fault = None
            log.info("socket_mode.connected")
            if old is not None:
                self._retire(old)
            greeted_at = clock.time()
            await connection.leaving.wait()
            old = connection
            if not connection.is_open:
                log.warning("socket_mode.ended", reason=connection.reason or "dropped")
            if connection.reason == SOCKET_SWITCHED_OFF:
                failures += 1
                await self._pause_after(NoHello(SOCKET_SWITCHED_OFF), failures)
            elif clock.time() - greeted_at < self._pace.steady_after.total_seconds():
                failures += 1
                await asyncio.sleep(self._pace.pause(failures).total_seconds())
            else:
                failures = 0

    async def _connect(self, session: aiohttp.ClientSession) -> Connection:
        """Ask for an address and try it once."""
        limit = self._pace.connect_within
        answer = await call(self._client, "apps.connections.open", timeout=limit, app_token=self._app_token)
        # With a scheme of HTTP, the proxies are heeded that HTTPS_PROXY and NO_PROXY name: wss:// would have its own.
        address = "http" + str(answer.get("url", "")).removeprefix("ws")
        self._has_dialled = False
        async with asyncio.timeout(limit.total_seconds()):
            socket = await session.ws_connect(
                address,
                heartbeat=self._pace.heartbeat.total_seconds(),
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_WITHIN.total_seconds()),
            )
            connection = Connection(socket, self._receive, changed=self._look)
            self._connections.add(connection)
            connection.task.add_done_callback(lambda _: self._connections.discard(connection))
            try:
                await connection.greeted
            except (NoHello, asyncio.CancelledError):
                self._retire(connection, after=timedelta(0))
                raise
        return connection

    async def _dial(self, *_: object) -> None:
        """Keep aiohttp from using an address again by itself, as it does with any GET whose connection was reset."""
        if self._has_dialled:
            raise ConnectionResetError
        self._has_dialled = True

    def _retire(self, connection: Connection, *, after: timedelta | None = None) -> None:
        after = self._pace.retire_after if after is None else after
        task = asyncio.create_task(connection.retire(after=after, within=self._pace.answer_within))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _receive(self, body: Mapping[str, Any]) -> AnswerLike:
        SOCKET_LAST_ENVELOPE.set(self._now().timestamp())
        return await self._handle(body)

    def _look(self) -> None:
        if self.is_connected != self._was_connected:
            self._was_connected = self.is_connected
            self._since = self._now()
            SOCKET_CONNECTED_SINCE.set(self._since.timestamp() if self._was_connected else 0)

    async def _pause_after(self, error: Exception, failures: int) -> None:
        """Tell of a failed connect, and wait; never with the address, which is a key to the app's envelopes."""
        self._error = _name_of(error)
        pause = self._pace.pause(failures, at_least=_retry_after(error))
        if self._error == SOCKET_SWITCHED_OFF:
            self._fault = (
                "Slack says that Socket Mode is switched off (link_disabled); switch it on in the app's settings."
            )
            pause = self._pace.slow_pause
        SOCKET_CONNECT_FAILURES.labels(self._error).inc()
        log.warning(
            "socket_mode.connect_failed",
            error=self._error,
            attempt=failures,
            again_in=round(pause.total_seconds(), 2),
        )
        await asyncio.sleep(pause.total_seconds())


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _name_of(error: Exception) -> str:
    match error:
        case NoHello() if str(error) == SOCKET_SWITCHED_OFF:
            return SOCKET_SWITCHED_OFF
        case SlackRefused():
            return error.error
        case SlackUnavailable() if error.__cause__ is not None:
            return type(error.__cause__).__name__
        case _:
            return type(error).__name__


def _retry_after(error: Exception) -> timedelta:
    if isinstance(error, SlackRateLimited | SlackUnavailable):
        return error.retry_after or timedelta(0)
    return timedelta(0)
