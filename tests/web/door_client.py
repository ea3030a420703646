"""A client that signs as Slack does, over an application in this process."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from bot.web.app import SLACK_PATH, create_web
from bot.web.door import sign

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: str = ""
    content_type: str = "text/plain"


@dataclass
class Door:
    answer: Answer = field(default_factory=Answer)
    reason: str | None = None
    seen: list[Mapping[str, Any]] = field(default_factory=list)

    async def handle(self, body: Mapping[str, Any]) -> Answer:
        self.seen.append(body)
        return self.answer

    async def is_ready(self) -> str | None:
        return self.reason

    def client(self, *, is_http: bool = True) -> httpx.AsyncClient:
        app = create_web(
            signing_secret=SECRET if is_http else None,
            handle=self.handle if is_http else None,
            is_ready=self.is_ready,
            now=lambda: NOW,
        )
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bot")

    async def post(
        self, body: bytes, content_type: str = FORM, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        async with self.client() as client:
            signed = {"content-type": content_type, **signature(body), **(headers or {})}
            return await client.post(SLACK_PATH, content=body, headers=signed)

    async def command(self, **fields: str) -> httpx.Response:
        return await self.post(urlencode({"command": "/route-number", "text": "", **fields}).encode())

    async def interaction(self, payload: Mapping[str, Any]) -> httpx.Response:
        return await self.post(urlencode({"payload": json.dumps(payload)}).encode())


def signature(body: bytes, *, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    timestamp = str(int(NOW.timestamp() if at is None else at))
    return {"x-slack-request-timestamp": timestamp, "x-slack-signature": sign(timestamp, body, secret=secret)}


async def chunks(size: int, count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"a" * size
