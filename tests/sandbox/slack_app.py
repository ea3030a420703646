"""A tiny app for the stand-in's tests: it records what it is sent and answers what it is told."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.slack.app import SlackStandIn
from bot.sandbox.slack.serving import running
from bot.sandbox.slack.workspace.seed import demo_world
from bot.sandbox.slack.workspace.world import World

BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-1-2-made-up", "xapp-1-A-2-made-up", "made-up-secret"
Answer = Callable[[dict[str, Any]], Awaitable[Any]]


@dataclass
class TinyApp:
    bodies: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    status: int = 200

    def on(self, kind: str, answer: Any) -> None:
        async def give(_body: dict[str, Any]) -> Any:
            return answer

        self.answers[kind] = answer if callable(answer) else give

    def last(self, kind: str) -> dict[str, Any]:
        return [body for body in self.bodies if body["type"] == kind][-1]

    async def take(self, body: dict[str, Any]) -> Any:
        self.bodies.append(body)
        answer = self.answers.get(body["type"])
        return await answer(body) if answer else None

    @property
    def asgi(self) -> Starlette:
        return Starlette(routes=[Route("/slack/events", self._handle, methods=["POST"])])

    async def _handle(self, request: Request) -> Response:
        content = await request.body()
        assert SignatureVerifier(SECRET).is_valid_request(content, dict(request.headers))
        if request.headers["content-type"] == "application/json":
            body = json.loads(content)
        else:
            form = dict(parse_qsl(content.decode(), keep_blank_values=True))
            body = json.loads(form["payload"]) if "payload" in form else {**form, "type": "command"}
        answer = await self.take(body)
        if answer is None:
            return Response("", status_code=self.status)
        return JSONResponse(answer, status_code=self.status)


@dataclass
class StandInHarness:
    world: World
    slack: SlackStandIn
    app: TinyApp
    url: str
    client: AsyncWebClient


@asynccontextmanager
async def bench(*, over_socket: bool = False, now: Callable[[], float] | None = None) -> AsyncIterator[StandInHarness]:
    world = demo_world(now) if now else demo_world()
    slack = SlackStandIn(bot_token=BOT_TOKEN, app_token=APP_TOKEN, signing_secret=SECRET, request_url=None, world=world)
    app = TinyApp()
    async with running(slack.app) as url, running(app.asgi) as app_url:
        slack.base_url = url
        if not over_socket:
            slack.request_url = f"{app_url}/slack/events"
        yield StandInHarness(world, slack, app, url, AsyncWebClient(token=BOT_TOKEN, base_url=f"{url}/api/"))
        await slack.close()
