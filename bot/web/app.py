"""The HTTP surface: Slack's requests where they come over HTTP, health, readiness and metrics."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.telemetry import HTTP_REQUESTS
from bot.web.door import Refusal, check_signature, parse, read_body

SLACK_PATH = "/slack/events"
_PATHS = frozenset({SLACK_PATH, "/healthz", "/readyz", "/metrics"})
_READY_SECONDS = 3
_NOT_FOUND = 404


class AnswerLike(Protocol):
    """What Slack is told."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def body(self) -> str:
        """The text of the answer, often empty."""

    @property
    def content_type(self) -> str:
        """What the text is."""


Handle = Callable[[Mapping[str, Any]], Awaitable[AnswerLike]]
IsReady = Callable[[], Awaitable[str | None]]
Warnings = Callable[[], Awaitable[Sequence[str]]]


def create_web(
    *,
    signing_secret: str | None,
    handle: Handle | None,
    is_ready: IsReady,
    now: Callable[[], datetime],
    warnings: Warnings | None = None,
    facts: Callable[[], Sequence[str]] = tuple,
    measure: Callable[[], Awaitable[None]] | None = None,
) -> ASGIApp:
    """Build the HTTP surface.

    Slack's path exists only with a `handle` and a `signing_secret`. `is_ready` returns None, or why not; `warnings`
    are what an operator should mend although the process is ready, `facts` what else /readyz says of one that is.
    `measure` is run before metrics are given.
    """

    async def warned() -> Sequence[str]:
        return () if warnings is None else await warnings()

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("\n".join(["ok", *await warned()]))

    async def readyz(_: Request) -> Response:
        try:
            async with asyncio.timeout(_READY_SECONDS):
                reason = await is_ready()
        except TimeoutError:
            reason = "The database did not answer in time."
        told = [reason] if reason else ["ready", *facts()]
        return PlainTextResponse("\n".join([*told, *await warned()]), 503 if reason else 200)

    async def metrics(_: Request) -> Response:
        if measure is not None:
            await measure()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    routes = [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]
    if handle is not None and signing_secret is not None:
        routes.append(Route(SLACK_PATH, _slack_endpoint(handle, signing_secret, now), methods=["POST"]))
    return _Counted(Starlette(routes=routes))


def _slack_endpoint(
    handle: Handle, secret: str, now: Callable[[], datetime]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await read_body(request)
            check_signature(request.headers, body, secret=secret, now=now())
            parsed = parse(request.headers.get("content-type", ""), body)
        except Refusal as refusal:
            return PlainTextResponse(refusal.text, refusal.status)
        if parsed.get("type") == "url_verification":
            return PlainTextResponse(str(parsed.get("challenge", "")))
        if "ssl_check" in parsed:
            return PlainTextResponse("")
        answer = await handle(parsed)
        if answer.status == _NOT_FOUND:
            # Bolt says 404 for what no listener takes; the path is right, it is the request that makes no sense.
            return PlainTextResponse("bad request", 400)
        return Response(answer.body, answer.status, media_type=answer.content_type)

    return endpoint


class _Counted:
    """Counts what is answered; a path of a stranger's choice does not become a label."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counting_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                path = scope["path"] if scope["path"] in _PATHS else "other"
                HTTP_REQUESTS.labels(path, str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, counting_send)
