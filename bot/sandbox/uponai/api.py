"""The API of the stand-in: finds what a call asks for, lets the faults at it, answers."""

import asyncio
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot.sandbox.uponai import reads
from bot.sandbox.uponai.account import Account
from bot.sandbox.uponai.body import parse_body
from bot.sandbox.uponai.faults import Faults
from bot.sandbox.uponai.journal import Journal
from bot.sandbox.uponai.refusal import Refusal
from bot.sandbox.uponai.writes import Writes

LARGEST_BODY = 1024 * 1024
# One part of a path; whatever is special in it has to come percent-encoded, a plus too.
_PART = r"([A-Za-z0-9._~%:@!$&'()*,;=-]+)"
_NUMBER_AGENT = re.compile(f"/api/numbers/{_PART}/agent")
_NUMBERS = re.compile(f"/api/numbers/{_PART}")
_VERSIONS = re.compile(f"/api/agents/{_PART}/versions")
_AGENT = re.compile(f"/api/agents/{_PART}")


class Api:
    """The ASGI application of the API, without the control address."""

    def __init__(self, account: Account, faults: Faults, journal: Journal, token: str) -> None:
        self.account = account
        self.faults = faults
        self.journal = journal
        self.writes = Writes(account, faults)
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or break its connection."""
        request = Request(scope, receive)
        body = await request.body()
        path = _raw_path(scope)
        call = self.journal.note(request.method, path, request.url.query, body)
        try:
            response = await self._respond(request, path, body)
        except Refusal as refusal:
            response = JSONResponse({"success": False, "message": refusal.message}, refusal.status)
        if response is None:
            await _break_connection(receive)
            return
        call.status = response.status_code
        await response(scope, receive, send)

    async def _respond(self, request: Request, path: str, body: bytes) -> Response | None:
        """Return the answer, None when the connection is to be broken."""
        is_write = request.method == "PUT"
        if self.faults.hit("down", is_write=is_write):
            return None
        if fault := self.faults.hit("slow", is_write=is_write):
            await asyncio.sleep(fault.delay)
        if self.faults.hit("unauthorized", is_write=is_write) or not self._is_authorized(request):
            return JSONResponse({"success": False, "message": "The token is not valid."}, HTTPStatus.UNAUTHORIZED)
        if fault := self.faults.hit("rate_limit", is_write=is_write):
            headers = {"Retry-After": f"{fault.retry_after:g}"}
            return JSONResponse({"message": "Too many requests."}, HTTPStatus.TOO_MANY_REQUESTS, headers)
        if fault := self.faults.hit("error", is_write=is_write):
            return JSONResponse({"message": fault.message or "Internal error."}, fault.status or 500)
        if fault := self.faults.hit("refuse", is_write=is_write):
            raise Refusal(fault.status or 422, fault.message or "This number cannot be assigned at the moment.")
        if fault := self.faults.hit("success_false", is_write=is_write):
            return JSONResponse({"success": False, "message": fault.message or "The assignment was not updated."})
        if self.faults.hit("lost_before", is_write=is_write):
            return None
        if is_write:
            return self._put(request, path, body)
        value = self._read(request, path)
        return _unreadable() if self.faults.hit("unreadable", is_write=False) else _json(value)

    def _put(self, request: Request, path: str, raw: bytes) -> Response | None:
        found = _NUMBER_AGENT.fullmatch(path)
        if found is None:
            raise Refusal(404, "There is nothing here. Is the number percent-encoded?")
        if request.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
            raise Refusal(415, "The body has to be application/json.")
        if len(raw) > LARGEST_BODY:
            raise Refusal(413, "The body is too large.")
        number, body = unquote(found[1]), parse_body(raw)
        self.account.check(number, body)
        if fault := self.faults.hit("late", is_write=True):
            self.writes.apply_late(number, body, fault.delay)
            return None
        answer = self.writes.apply(number, body)
        if self.faults.hit("lost_answer", is_write=True):
            return None
        return _unreadable() if self.faults.hit("unreadable", is_write=True) else _json(answer)

    def _read(self, request: Request, path: str) -> Any:
        if request.method != "GET":
            raise Refusal(405, "This method is not allowed here.")
        query: Mapping[str, str] = request.query_params
        if path == "/api/workspaces":
            return self.account.workspaces
        if path == "/api/agents":
            return reads.agents(self.account, query)
        if found := _NUMBERS.fullmatch(path):
            return reads.numbers(self.account, unquote(found[1]))
        if found := _VERSIONS.fullmatch(path):
            return reads.versions(self.account, unquote(found[1]), query)
        if found := _AGENT.fullmatch(path):
            return reads.agent(self.account, unquote(found[1]), query)
        raise Refusal(404, "There is nothing here.")

    def _is_authorized(self, request: Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self._token}"


def _raw_path(scope: Scope) -> str:
    """Return the path as it was sent: whether a number came percent-encoded is what is checked here."""
    raw = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw.partition(b"?")[0].decode("ascii", errors="replace")


def _json(value: Any) -> Response:
    """Write JSON in ASCII, as many servers do: so it can say what UTF-8 cannot, half of an emoji for instance."""
    return Response(json.dumps(value), media_type="application/json")


def _unreadable() -> Response:
    return Response('{"success": true, "numbers": [', media_type="application/json")


async def _break_connection(receive: Receive) -> None:
    """Close the connection without an answer.

    ASGI has no word for it, so this reaches for the transport of uvicorn; without one it fails loudly.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("a connection can only be broken where there is one: serve this with uvicorn")
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
