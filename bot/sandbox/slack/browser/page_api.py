"""The browser page: its files, what each person sees, and what they do there."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.sandbox.slack.block_kit.entries import Spot, take_state
from bot.sandbox.slack.browser.page_state import state_for
from bot.sandbox.slack.client.acts import Acts
from bot.sandbox.slack.workspace.errors import CannotDo
from bot.sandbox.slack.workspace.world import World

PAGE = Path(__file__).parents[2] / "page"
_LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
_KEEP_ALIVE_SECONDS = 15.0
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFE_HEADERS = {
    "content-security-policy": _CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
}
Handler = Callable[[Request], Awaitable[Response]]


def refusal(request: Request) -> Response | None:
    """Refuse requests that did not come from a page of this very server.

    A name that resolves to this machine (DNS rebinding) shows in Host, another site's form in Origin.
    """
    host = request.headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in _LOCAL_NAMES:
        return JSONResponse({"error": "This page is served to this machine alone."}, status_code=403)
    if request.method == "POST":
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return JSONResponse({"error": "This request came from another page."}, status_code=403)
        if not request.headers.get("content-type", "").startswith("application/json"):
            return JSONResponse({"error": "Send JSON."}, status_code=415)
    return None


def guarded(handler: Handler) -> Handler:
    """Wrap a handler in the checks of who asks, and in its errors as sentences."""

    async def handle(request: Request) -> Response:
        response = refusal(request)
        if response is None:
            try:
                response = await handler(request)
            except CannotDo as exc:
                response = JSONResponse({"error": str(exc)}, status_code=409)
            except (KeyError, TypeError, ValueError, AttributeError) as exc:
                # A body without what the contract asks for; its own name is all that one needs to see.
                response = JSONResponse({"error": f"The request lacks or misuses {exc}."}, status_code=400)
        response.headers.update(SAFE_HEADERS)
        return response

    return handle


class _Files(StaticFiles):
    """The page's files, with the headers of the page."""

    async def get_response(self, path: str, scope: Any) -> Response:
        """Give one file."""
        response = refusal(Request(scope)) or await super().get_response(path, scope)
        response.headers.update(SAFE_HEADERS)
        return response


class PageApi:
    """`/` and `/page/*` apart from the control panel."""

    def __init__(self, world: World, acts: Acts) -> None:
        """Show `world`."""
        self._world = world
        self._acts = acts
        self._is_closing = asyncio.Event()

    def close(self) -> None:
        """End the event streams, which would otherwise hold the server open."""
        self._is_closing.set()
        self._world.changed()

    def routes(self) -> list[BaseRoute]:
        """List the page's addresses."""
        posts: dict[str, Handler] = {
            "command": self._command,
            "message": self._message,
            "action": self._action,
            "options": self._options,
            "submit": self._submit,
            "close": self._close,
            "home": self._home,
        }
        return [
            Route("/", guarded(self._index)),
            Mount("/page/static", _Files(directory=PAGE, check_dir=False)),
            Route("/page/state", guarded(self._state)),
            Route("/page/events", guarded(self._events)),
            *(Route(f"/page/{name}", guarded(handler), methods=["POST"]) for name, handler in posts.items()),
        ]

    async def _index(self, _request: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    async def _state(self, request: Request) -> Response:
        # A page that was just opened knows nobody yet: it starts as the first person there is.
        first = next(user.id for user in self._world.users.values() if not user.is_bot)
        return JSONResponse(state_for(self._world, request.query_params.get("as") or first))

    async def _events(self, request: Request) -> Response:
        if request.query_params["as"] not in self._world.users:
            raise CannotDo("There is no such person here.")
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[str]:
        watcher = self._world.watch()
        try:
            while not self._is_closing.is_set():
                watcher.clear()
                yield f"event: state\ndata: {self._world.revision}\n\n"
                try:
                    await asyncio.wait_for(watcher.wait(), _KEEP_ALIVE_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._world.unwatch(watcher)

    async def _command(self, request: Request) -> Response:
        body = await self._body(request)
        ok = await self._acts.command(body["as"], body["channel"], body["text"], body.get("thread_ts"))
        return JSONResponse({"ok": ok})

    async def _message(self, request: Request) -> Response:
        body = await self._body(request)
        message = await self._acts.message(body["as"], body["channel"], body["text"], body.get("thread_ts"))
        return JSONResponse({"ok": True, "ts": message.ts})

    async def _action(self, request: Request) -> Response:
        body = await self._body(request)
        me, where = body["as"], body["container"]
        spot, value = Spot(body["block_id"], body["action_id"]), body.get("value")
        if where["type"] == "view":
            take_state(self._acts.view_of(me, where["view_id"]), body.get("state"))
            ok = await self._acts.use_in_view(me, where["view_id"], spot, value)
        else:
            ok = await self._acts.press_in_message(me, where["channel"], where["ts"], spot, value)
        return JSONResponse({"ok": ok})

    async def _options(self, request: Request) -> Response:
        body = await self._body(request)
        me, where, query = body["as"], body["container"], str(body.get("value") or "")
        spot = Spot(body["block_id"], body["action_id"])
        if where["type"] == "view":
            take_state(self._acts.view_of(me, where["view_id"]), body.get("state"))
            offer = await self._acts.options_in_view(me, where["view_id"], spot, query)
        else:
            offer = await self._acts.options_in_message(me, where["channel"], where["ts"], spot, query)
        return JSONResponse(offer)

    async def _submit(self, request: Request) -> Response:
        body = await self._body(request)
        take_state(self._acts.view_of(body["as"], body["view_id"]), body.get("state"))
        return JSONResponse(await self._acts.submit(body["as"], body["view_id"]))

    async def _close(self, request: Request) -> Response:
        body = await self._body(request)
        await self._acts.close(body["as"], body["view_id"])
        return JSONResponse({"ok": True})

    async def _home(self, request: Request) -> Response:
        await self._acts.open_home((await self._body(request))["as"])
        return JSONResponse({"ok": True})

    async def _body(self, request: Request) -> dict[str, Any]:
        body = json.loads(await request.body() or b"{}")
        if not isinstance(body, dict):
            raise TypeError("the body")
        user = self._world.users.get(body["as"])
        if user is None or user.deleted or user.is_bot:
            raise CannotDo("There is no such person here.")
        return body
