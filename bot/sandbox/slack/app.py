"""A stand-in of Slack: one workspace with one installed app, for the demo and the tests.

It covers
- the Web API methods auth.test, api.test, apps.connections.open, chat.postMessage, .update, .delete,
  .postEphemeral, .getPermalink, views.open, .push, .update, .publish, users.info, users.list, bots.info, team.info,
  conversations.info, .list, .members, .open, .history, .replies, usergroups.list, usergroups.users.list: form
  and JSON bodies, tokens and their kinds, scopes, Slack's error codes, metadata, cursors;
- a strict check of blocks, views and options: unknown types and keys, missing keys, lengths, counts, surfaces,
  duplicate ids, inputs without submit, private_metadata, size of the whole;
- triggers (one use, three seconds), view hashes, a stack of three modals, response URLs (five uses, thirty
  minutes);
- signed HTTP deliveries and Socket Mode (several connections, envelopes, acknowledgements, refresh): slash
  commands, block_actions, block_suggestion, view_submission, view_closed, app_home_opened, each with three
  seconds to answer and Slack's own message to the person when it is missed;
- what the client does by itself: required fields, number, URL and e-mail inputs, entries that survive an update.

It is stricter than Slack in these: a button needs an action_id; input, number, URL and e-mail elements are held to
the surfaces of their documentation; `text` over 4000 characters is refused, where Slack cuts it later.

On demand it is as bad as Slack can be: 429, no connection, errors before and after the work, answers that get lost,
slow answers, missing scopes, gaps in a view's state.

It does not cover: files, answers to a thread that are also shown in the channel, reactions, unfurling, scheduled
messages, several apps or Enterprise organisations, workflows, OAuth, events other than app_home_opened, retries of
events, the rate limits of real traffic (429 only on demand), group conversations, and Slack's rule that people of
other workspaces get no slash commands: here they do, so that an app's own refusal can be seen.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from bot.sandbox.slack.browser.control_api import ControlApi
from bot.sandbox.slack.browser.page_api import PageApi
from bot.sandbox.slack.client.acts import Acts
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.delivery.courier import Courier, SignedHttp
from bot.sandbox.slack.delivery.recorder import Recorder
from bot.sandbox.slack.delivery.response_urls import ResponseUrls
from bot.sandbox.slack.delivery.socket_mode import SocketMode
from bot.sandbox.slack.web_api.faults import Faults
from bot.sandbox.slack.web_api.front import WebApi
from bot.sandbox.slack.workspace.errors import CannotDo, SlackError
from bot.sandbox.slack.workspace.snapshot import Snapshot
from bot.sandbox.slack.workspace.triggers import Triggers
from bot.sandbox.slack.workspace.world import World


class SlackStandIn:
    """The stand-in: its state, its ways in and out, and the people who use it."""

    def __init__(
        self,
        *,
        bot_token: str,
        app_token: str,
        signing_secret: str,
        request_url: str | None,
        world: World,
        snapshot: Path | None = None,
        page: bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Deliver to `request_url`, or over Socket Mode when it is None.

        `transport` replaces the network of HTTP deliveries, for an app in the same process.
        """
        self.world = world
        self.recorder = Recorder()
        self.triggers = Triggers(world.now)
        self.socket_mode = SocketMode(world.app.app_id, world.now, world.changed)
        self.base_url = "http://127.0.0.1"
        self.signing_secret = signing_secret
        self._transport = transport
        self._http: list[SignedHttp] = []
        self._snapshot = Snapshot(world, snapshot) if snapshot is not None else None
        if self._snapshot is not None:
            self._snapshot.load()
            self._snapshot.follow()
        self._courier = Courier(self.socket_mode, self.recorder, world.now)
        self.request_url = request_url
        urls = ResponseUrls(world, lambda: self.base_url)
        self.acts = Acts(world, self._courier, self.triggers, urls)
        self._urls = urls
        self._web_api = WebApi(
            bot_token=bot_token,
            app_token=app_token,
            world=world,
            triggers=self.triggers,
            socket_mode=self.socket_mode,
            recorder=self.recorder,
            base_url=lambda: self.base_url,
        )
        self._page = PageApi(self.world, self.acts)
        self.control = ControlApi(world=world, faults=self.faults, recorder=self.recorder)
        self.app = Starlette(routes=self._routes(page=page))

    @property
    def request_url(self) -> str | None:
        """Give the address that deliveries go to; None means Socket Mode."""
        return self._request_url

    @request_url.setter
    def request_url(self, url: str | None) -> None:
        self._request_url = url
        if url is None:
            self._courier.carrier = self.socket_mode
            return
        carrier = SignedHttp(url, self.signing_secret, self.world.now, self._transport)
        self._http.append(carrier)
        self._courier.carrier = carrier

    @property
    def ack_seconds(self) -> float:
        """Give how long the app may take to acknowledge; tests may shorten it."""
        return self._courier.ack_seconds

    @ack_seconds.setter
    def ack_seconds(self, seconds: float) -> None:
        self._courier.ack_seconds = seconds

    @property
    def faults(self) -> Faults:
        """Give the faults of the Web API."""
        return self._web_api.faults

    def person(self, name_or_id: str) -> Person:
        """Give the driver of one person, by id, handle or full name."""
        for user in self.world.users.values():
            if name_or_id in (user.id, user.name, user.real_name):
                return Person(self.world, self.acts, user.id)
        raise CannotDo(f"There is nobody called {name_or_id!r}.")

    async def until(self, condition: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait until something is true of the stand-in, looking at every change of it."""
        watcher = self.world.watch()
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    await watcher.wait()
                    watcher.clear()
        finally:
            self.world.unwatch(watcher)

    def save(self) -> None:
        """Write the snapshot file now, if there is one."""
        if self._snapshot is not None:
            self._snapshot.save()

    async def close(self) -> None:
        """End event streams and connections to the app, write the snapshot; before the server stops."""
        self._page.close()
        self.save()
        for carrier in self._http:
            await carrier.close()

    def _routes(self, *, page: bool) -> list[BaseRoute]:
        routes: list[BaseRoute] = [
            Route("/api/{method}", self._api, methods=["GET", "POST"]),
            Route("/response/{key}", self._response, methods=["POST"]),
            WebSocketRoute("/socket", self._socket),
        ]
        if page:
            routes += [*self._page.routes(), *self.control.routes()]
        return routes

    async def _api(self, request: Request) -> Response:
        self._learn_address(request)
        return await self._web_api.handle(request)

    def _learn_address(self, request: Request) -> None:
        # Socket Mode and response URLs need the address under which the app reaches this server.
        self.base_url = str(request.base_url).rstrip("/")

    async def _response(self, request: Request) -> Response:
        try:
            body: Any = await request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return JSONResponse({"ok": False, "error": "invalid_payload"}, status_code=400)
        try:
            self._urls.post(request.path_params["key"], body)
        except SlackError as exc:
            status = 404 if exc.code.endswith("_url") else 400
            return JSONResponse(exc.body(), status_code=status)
        return Response("ok", media_type="text/plain")

    async def _socket(self, socket: WebSocket) -> None:
        await self.socket_mode.serve(socket)
