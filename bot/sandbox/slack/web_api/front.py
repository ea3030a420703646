"""The Web API's front: tokens, scopes, faults and the record; then the method itself."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot.sandbox.slack.delivery.recorder import ApiRequest, Recorder
from bot.sandbox.slack.delivery.socket_mode import SocketMode
from bot.sandbox.slack.serving import drop_connection
from bot.sandbox.slack.web_api import chat, conversations, people, views
from bot.sandbox.slack.web_api.call import Call, Method
from bot.sandbox.slack.web_api.faults import Fault, Faults
from bot.sandbox.slack.workspace.errors import SlackError
from bot.sandbox.slack.workspace.triggers import Triggers
from bot.sandbox.slack.workspace.world import World

METHODS: dict[str, Method] = {**chat.METHODS, **views.METHODS, **conversations.METHODS, **people.METHODS}
_BEFORE = ("down", "error_before", "rate_limit", "error")


class Dropped(Response):
    """No answer at all: the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection, or at least break off the answer."""
        if drop_connection(scope):
            while (await receive())["type"] != "http.disconnect":
                continue
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


class WebApi:
    """`/api/<method>`."""

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str,
        world: World,
        triggers: Triggers,
        socket_mode: SocketMode,
        recorder: Recorder,
        base_url: Callable[[], str],
    ) -> None:
        """Accept these two tokens."""
        self._tokens = {bot_token: "bot", app_token: "app"}
        self._world = world
        self._triggers = triggers
        self._socket_mode = socket_mode
        self._recorder = recorder
        self._base_url = base_url
        self.faults = Faults()

    async def handle(self, request: Request) -> Response:
        """Answer one call."""
        args = await _arguments(request)
        token = _token(request, args)
        record = ApiRequest(
            at=self._world.now(),
            method=request.path_params["method"],
            args=args,
            token=f"{self._tokens.get(token, 'unknown')} token" if token else "none",
        )
        self._recorder.requests.append(record)
        hits = self.faults.hitting(record.method, args.get("channel"))
        for fault in hits:
            if fault.kind == "slow":
                await asyncio.sleep(fault.delay)
        first = next((fault for fault in hits if fault.kind in _BEFORE), None)
        if first is not None:
            return self._fail(record, first)
        response = await self._answer(record, token)
        after = next((fault for fault in hits if fault.kind in ("lost_answer", "server_error")), None)
        return self._fail(record, after) if after is not None else response

    async def _answer(self, record: ApiRequest, token: str) -> Response:
        record.status = 200
        try:
            method = _method(record.method)
            self._authorize(method, token)
            call = Call(record.method, record.args, self._world, self._triggers, self._socket_mode, self._base_url())
            if method.scope is not None and method.kind == "bot":
                call.need(method.scope)
            body = {"ok": True, **await method.run(call)}
            record.ok = True
        except SlackError as exc:
            body = exc.body()
            record.error = exc.code
        headers = {"x-slack-req-id": f"{id(record):x}"}
        if self._tokens.get(token) == "bot":
            headers["x-oauth-scopes"] = ",".join(self._world.app.scopes)
        if METHODS.get(record.method) and METHODS[record.method].scope:
            headers["x-accepted-oauth-scopes"] = str(METHODS[record.method].scope)
        return JSONResponse(body, headers=headers)

    def _authorize(self, method: Method, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        kind = self._tokens.get(token)
        if kind is None:
            raise SlackError("invalid_auth")
        if kind != method.kind:
            raise SlackError("not_allowed_token_type")

    def _fail(self, record: ApiRequest, fault: Fault) -> Response:
        record.ok = False
        record.error = fault.kind
        if fault.kind == "rate_limit":
            record.status, record.error = 429, "ratelimited"
            headers = {"retry-after": str(fault.retry_after)}
            return JSONResponse({"ok": False, "error": "ratelimited"}, status_code=429, headers=headers)
        if fault.kind == "error":
            record.status, record.error = 200, fault.code
            return JSONResponse({"ok": False, "error": fault.code})
        if fault.kind in ("server_error", "error_before"):
            record.status = 500
            return Response("Internal Server Error", status_code=500, media_type="text/plain")
        record.status = 0
        return Dropped()


def _method(name: str) -> Method:
    if name not in METHODS:
        raise SlackError("unknown_method", req_method=name)
    return METHODS[name]


async def _arguments(request: Request) -> dict[str, Any]:
    args: dict[str, Any] = dict(request.query_params)
    body = await request.body()
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/json"):
        try:
            parsed = json.loads(body or b"{}")
        except ValueError:
            parsed = {}
        args.update(parsed if isinstance(parsed, dict) else {})
    else:
        args.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return args


def _token(request: Request, args: dict[str, Any]) -> str:
    in_body = str(args.pop("token", "") or "")
    scheme, _, in_header = request.headers.get("authorization", "").partition(" ")
    return in_header.strip() if scheme.lower() == "bearer" else in_body
