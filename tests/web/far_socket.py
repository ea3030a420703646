"""Slack's side of Socket Mode for the receiver's tests: addresses that work once, and every way to refuse."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import WSMsgType, web

from bot.slack.api.calls import close_client, make_client
from bot.web.socket_mode import Pace, SocketReceiver
from tests.web.door_client import Answer

Plan = str | Mapping[str, Any]
NOW = datetime(2026, 11, 23, 12, 3, 4, tzinfo=UTC)
BRISK = Pace(
    first_pause=timedelta(milliseconds=1),
    longest_pause=timedelta(milliseconds=4),
    slow_pause=timedelta(milliseconds=1),
    connect_within=timedelta(seconds=1),
    heartbeat=timedelta(seconds=20),
    steady_after=timedelta(0),
)


@dataclass(eq=False)
class Far:
    """One open connection, seen from Slack."""

    socket: web.WebSocketResponse
    request: web.Request
    acknowledged: dict[str, Any] = field(default_factory=dict)
    is_closed: bool = False

    async def send(self, **message: Any) -> None:
        await self.socket.send_str(json.dumps(message))

    async def deliver(self, envelope_id: str) -> None:
        await self.send(
            envelope_id=envelope_id,
            type="slash_commands",
            payload={"command": "/route-number", "text": envelope_id},
            accepts_response_payload=True,
        )

    def reset(self) -> None:
        transport = self.request.transport
        assert transport is not None
        transport.abort()


class FarSlack:
    """Says yes, unless a refusal is planned for the next request of an address or for the next use of one."""

    def __init__(self) -> None:
        self.opens: list[Plan] = []
        self.uses: list[str] = []
        self.used: Counter[str] = Counter()
        self.asked = 0
        self.connections: list[Far] = []
        self.url = ""
        self.has_pongs = True
        self._ids = itertools.count(1)
        self._changed = asyncio.Condition()

    async def until(self, is_so: Callable[[], Any]) -> None:
        """Wait until something is so; every change at this end wakes the look."""
        async with self._changed:
            await self._changed.wait_for(is_so)

    async def changed(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    @property
    def open(self) -> list[Far]:
        return [far for far in self.connections if not far.is_closed]

    async def connected(self, number: int) -> Far:
        """Wait for the connection of that number, counted from 1."""
        await self.until(lambda: len(self.connections) >= number)
        return self.connections[number - 1]

    async def acknowledged(self, far: Far, *envelopes: str) -> None:
        await self.until(lambda: set(envelopes) <= far.acknowledged.keys())

    async def give_address(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["authorization"] == "Bearer xapp-made-up"
        self.asked += 1
        plan = self.opens.pop(0) if self.opens else "yes"
        await self.changed()
        match plan:
            case "hang":
                return await _hang()
            case "reset":
                return _reset(request)
            case "broken":
                return web.Response(status=503)
            case "text":
                return web.Response(text="ok")
            case "busy":
                return web.json_response(
                    {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "0.001"}
                )
            case dict():
                return web.json_response(plan)
        ticket = f"ticket-{next(self._ids)}"
        return web.json_response({"ok": True, "url": f"{self.url.replace('http', 'ws')}/link?ticket={ticket}"})

    async def take_connection(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query["ticket"]
        self.used[ticket] += 1
        plan = self.uses.pop(0) if self.uses else "yes"
        await self.changed()
        if self.used[ticket] > 1:
            return web.Response(status=403)
        match plan:
            case "hang":
                return await _hang()
            case "reset":
                return _reset(request)
            case "broken":
                return web.Response(status=503)
        socket = web.WebSocketResponse(autoping=self.has_pongs)
        await socket.prepare(request)
        far = Far(socket, request)
        if plan == "switched off":
            await far.send(type="disconnect", reason="link_disabled")
        elif plan != "no hello":
            await far.send(type="hello", num_connections=1)
            self.connections.append(far)
        await self.changed()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    acknowledgement = json.loads(message.data)
                    assert acknowledgement["envelope_id"] not in far.acknowledged
                    far.acknowledged[acknowledgement["envelope_id"]] = acknowledgement.get("payload")
                    await self.changed()
        finally:
            far.is_closed = True
            await self.changed()
        return socket


async def _hang() -> web.StreamResponse:
    # Until the other end goes: the server cancels the handler then.
    await asyncio.Event().wait()
    raise AssertionError


def _reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@dataclass
class Handler:
    """The bot behind the receiver; `gate` holds its answers up while it is not set."""

    handled: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, body: Mapping[str, Any]) -> Answer:
        self.handled.append(body["text"])
        self.begun.set()
        await self.gate.wait()
        return Answer(200, f"{body['text']} done")


@asynccontextmanager
async def far_slack() -> AsyncIterator[FarSlack]:
    slack = FarSlack()
    app = web.Application()
    app.router.add_post("/api/apps.connections.open", slack.give_address)
    app.router.add_get("/link", slack.take_connection)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield slack
    finally:
        await runner.cleanup()


@dataclass
class SocketHarness:
    slack: FarSlack
    receiver: SocketReceiver
    handler: Handler
    stop: asyncio.Event
    running: asyncio.Task[None]


@asynccontextmanager
async def bench(
    *, pace: Pace = BRISK, opens: Sequence[Plan] = (), uses: Sequence[str] = (), has_pongs: bool = True
) -> AsyncIterator[SocketHarness]:
    """Run a receiver against a far end that refuses the first requests as planned."""
    async with far_slack() as far:
        far.opens, far.uses, far.has_pongs = list(opens), list(uses), has_pongs
        client = make_client("xoxb-made-up", f"{far.url}/api/")
        handler, stop = Handler(), asyncio.Event()
        handler.gate.set()
        receiver = SocketReceiver(
            client=client, app_token="xapp-made-up", handle=handler.handle, now=lambda: NOW, pace=pace
        )
        running = asyncio.create_task(receiver.run(stop))
        try:
            yield SocketHarness(far, receiver, handler, stop, running)
        finally:
            stop.set()
            await running
            await close_client(client)
