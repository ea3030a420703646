"""The server as it is run, on a real socket: slow senders, a thousand connections, and what is no HTTP at all."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest

from bot.cli.serve.http_server import HttpServer, allow_many_connections, listen
from bot.web.app import create_web
from tests.web.door_client import NOW, SECRET, Door, signature

BODY = b"command=%2Froute-number&text=&team_id=T1&user_id=U1"
FORM = "application/x-www-form-urlencoded"
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def request(body: bytes = BODY, *, length: int | None = None, headers: dict[str, str] | None = None) -> bytes:
    sent = {"content-type": FORM, **signature(BODY), "content-length": str(len(body) if length is None else length)}
    head = "".join(f"{name}: {value}\r\n" for name, value in {**sent, **(headers or {})}.items())
    return f"POST /slack/events HTTP/1.1\r\nhost: bot\r\n{head}\r\n".encode("latin-1") + body


@asynccontextmanager
async def served(door: Door, *, receive_within: float = 60) -> AsyncIterator[int]:
    web = create_web(signing_secret=SECRET, handle=door.handle, is_ready=door.is_ready, now=lambda: NOW)
    listener = listen("127.0.0.1", 0)
    server = HttpServer(web, listener, drain=timedelta(seconds=1), receive_within=timedelta(seconds=receive_within))
    task = asyncio.create_task(server.serve())
    try:
        yield listener.getsockname()[1]
    finally:
        server.stop()
        await task
        listener.close()


async def answer(port: int, sent: bytes) -> bytes:
    """Send bytes and return all that comes back until the other end closes, or has answered once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    writer.write_eof()
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(
    "sent", [b"", b"GET", b"POST /slack/events HTTP/1.1\r\nhost:", request(b"command=", length=500)]
)
async def test_g8_whoever_sends_no_whole_request_in_time_is_left(sent: bytes) -> None:
    async with served(Door(), receive_within=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        # It ends by itself: this end closes nothing.
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.transport.abort()
        assert b"200 OK" in await answer(port, request(headers={"connection": "close"}))


async def test_g8_a_thousand_open_connections_keep_nobody_from_an_answer() -> None:
    allow_many_connections()
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 2200:
        pytest.skip("This machine lets a process open less than 2200 files.")
    door = Door()
    async with served(door) as port, AsyncExitStack() as stack:
        for at in range(1000):
            # Made by hand: a thousand streams of asyncio would take longer than all the rest.
            idle = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            idle.sendall(b"POST /slack/events HTTP/1.1\r\n" if at % 2 else b"")
            if at % 100 == 99:
                await asyncio.sleep(0)
        assert b"200 OK" in await answer(port, request(headers={"connection": "close"}))
    assert len(door.seen) == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"\x00" * 4096,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /slack/events HTTP/9.9\r\n\r\n",
        b"\xff\xfe /slack/events HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        b"POST /slack/events HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /slack/events HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n",
        b"POST /slack/../slack/events HTTP/1.1\r\n\r\n",
        b"GET " + b"/a" * 40_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n"
        + b"".join(b"x-%d: y\r\n" % at for at in range(5000))
        + b"connection: close\r\n\r\n",
        request(headers={"connection": "close", "content-type": "application/json; charset=\xff"}),
        request(headers={"connection": "close", "x-slack-signature": "v0=\xff\xfe"}),
        request(headers={"connection": "close", "expect": "100-continue"}),
        request(headers={"connection": "close", "upgrade": "websocket"}),
    ],
)
async def test_g8_what_is_no_request_of_slack_s_is_no_fault_of_ours(sent: bytes) -> None:
    async with served(Door()) as port:
        said = await answer(port, sent)
        assert b" 500 " not in said.partition(b"\r\n")[0]
        assert b"Traceback" not in said
        assert b"200 OK" in await answer(port, b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
