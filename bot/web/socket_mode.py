"""Socket Mode: the socket that this bot opens to Slack, over which the same requests come that HTTP would bring."""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.web.app import AnswerLike, Handle

log = structlog.get_logger(__name__)

MISCONFIGURED = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
_OK = 200


class SocketReceiver:
    """Hands every envelope to `handle`, the one behind the HTTP door as well, and acknowledges with its answer."""

    def __init__(self, *, client: AsyncWebClient, app_token: str, handle: Handle, ping_seconds: float = 5) -> None:
        self._web_client = client
        self._app_token = app_token
        self._handle = handle
        self._ping_seconds = ping_seconds
        self._client: SocketModeClient | None = None
        self._connecting: asyncio.Task[None] | None = None
        # The event loop holds tasks weakly: without this set one could vanish half way.
        self._tasks: set[asyncio.Task[None]] = set()
        self.problem: str | None = None

    async def start(self) -> None:
        """Begin to connect; goes on in the background until Slack can be reached."""
        self._client = _Client(
            self._app_token, self._web_client, ping_seconds=self._ping_seconds, on_misconfigured=self._give_up
        )
        self._client.socket_mode_request_listeners.append(self._receive)
        self._connecting = asyncio.create_task(self._client.connect())  # type: ignore[no-untyped-call]  # the SDK's gap

    async def is_connected(self) -> bool:
        """Say whether envelopes can come in."""
        return self._client is not None and await self._client.is_connected()

    async def close(self, *, timeout: timedelta) -> None:  # noqa: ASYNC109 - the wait is part of what closing does
        """Answer what is under way, then leave."""
        if self._client is None:
            return
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=timeout.total_seconds())
        await self._client.close()  # type: ignore[no-untyped-call]  # the SDK's gap
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)

    def _give_up(self, error: str) -> None:
        self.problem = f"Slack refuses SLACK_APP_TOKEN ({error}); correct it and start again."
        log.error("socket_mode.misconfigured", problem=self.problem)

    async def _receive(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        task = asyncio.create_task(self._answer(client, request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        answer = await self._handle(request.payload)
        acknowledgement: dict[str, Any] = {"envelope_id": request.envelope_id}
        payload = acknowledgement_payload(answer)
        if payload is not None and request.accepts_response_payload:
            acknowledgement["payload"] = payload
        try:
            await client.send_socket_mode_response(acknowledgement)
        except (OSError, AttributeError, aiohttp.ClientError) as exc:
            # The SDK has no socket (None) for a moment while it reconnects; Slack then tells the person itself.
            log.warning("socket_mode.ack_lost", error=type(exc).__name__)


def acknowledgement_payload(answer: AnswerLike) -> dict[str, Any] | None:
    """Turn the body of an HTTP answer into what an acknowledgement carries; None for an empty one."""
    if answer.status != _OK or not answer.body:
        return None
    if answer.content_type.startswith("application/json"):
        payload = json.loads(answer.body)
        return payload if isinstance(payload, dict) else None
    return {"text": answer.body}


class _Client(SocketModeClient):
    """The SDK's client, which would ask for ever with a token that Slack refuses, once every few seconds."""

    def __init__(
        self,
        app_token: str,
        web_client: AsyncWebClient,
        *,
        ping_seconds: float,
        on_misconfigured: Callable[[str], None],
    ) -> None:
        # The SDK logs a traceback at every try and addresses that hold a ticket; what matters is logged here.
        silent = logging.getLogger("bot.web.socket_mode.sdk")
        silent.setLevel(logging.CRITICAL)
        super().__init__(app_token, logger=silent, web_client=web_client, ping_interval=ping_seconds)
        self._on_misconfigured = on_misconfigured
        self._was_down = False
        self._reconnecting = asyncio.Lock()

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """Connect anew once: the SDK would do it for Slack's announcement and again for the close that follows."""
        session = self.current_session
        async with self._reconnecting:
            if self.current_session is session:
                await super().connect_to_new_endpoint(force)

    async def issue_new_wss_url(self) -> str:
        """Ask Slack where to connect; give up for good when the token is refused."""
        try:
            url = await super().issue_new_wss_url()
        except SlackApiError as exc:
            error = str(exc.response.get("error", "unknown"))
            if error in MISCONFIGURED:
                self.closed = True
                self._on_misconfigured(error)
            else:
                self._say_down(error)
            raise
        except (OSError, TimeoutError, aiohttp.ClientError) as exc:
            self._say_down(type(exc).__name__)
            raise
        self._was_down = False
        return url

    def _say_down(self, error: str) -> None:
        if not self._was_down:
            log.warning("socket_mode.unreachable", error=error)
        self._was_down = True
