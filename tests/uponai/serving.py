"""The stand-in behind a real socket, and clients of it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.domain.key import NumberKey
from bot.sandbox.uponai.app import UponAIStandIn
from bot.uponai.client import UponAIClient

TOKEN = "uponai-token-never-shown"
ACCOUNT = "29e90072-fb58-4c6c-870a-43005115131e"


def key(number: str) -> NumberKey:
    """Name a number of the workspace that the clients call."""
    return NumberKey(ACCOUNT, 1, number)


def stand_in() -> UponAIStandIn:
    return UponAIStandIn(token=TOKEN, account_sid=ACCOUNT, workspace_id=1)


def client_of(
    app: ASGIApp | None = None, *, base_url: str = "http://uponai.test", seconds: float = 5, token: str = TOKEN
) -> UponAIClient:
    """Return a client of an application in this process, or of an address."""
    return UponAIClient(
        token=token,
        account_sid=ACCOUNT,
        workspace_id=1,
        base_url=base_url,
        timeout=timedelta(seconds=seconds),
        now=lambda: datetime.now(UTC),
        transport=None if app is None else httpx.ASGITransport(app=app),
    )


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application on a free port of this machine and yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


class Scripted:
    """An ASGI application that answers with one status, body and headers after another; the last one for ever."""

    def __init__(self, *answers: tuple[int, bytes, dict[str, str]] | tuple[int, bytes]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, str, bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive()).get("body", b"")
        self.asked.append((scope["method"], f"{scope['raw_path'].decode()}?{scope['query_string'].decode()}", body))
        status, content, *more = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        headers = more[0] if more else {}
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            }
        )
        await send({"type": "http.response.body", "body": content})
