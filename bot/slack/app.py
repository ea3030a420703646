"""The Slack side of the bot: every request that came through the door is dispatched here and answered in time (G8)."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import structlog
from pydantic import ValidationError
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import TooBusy
from bot.service.context import ServiceContext
from bot.slack.api.calls import SlackError
from bot.slack.api.channels import Channels
from bot.slack.api.groups import Groups
from bot.slack.api.identity import Identity
from bot.slack.api.members import Members
from bot.slack.background import Background
from bot.slack.bolt import make_bolt
from bot.slack.context import SlackContext
from bot.slack.failures import failed_body, is_expected, sentence_of
from bot.slack.form.open_forms import Forms
from bot.slack.listeners.home import open_window
from bot.slack.listeners.replies import send_ephemeral
from bot.slack.look_up import SlackLookUp
from bot.slack.payload_parts import Place
from bot.slack.payloads import BlockActions, Payload
from bot.slack.request_check import parse

# Slack waits 3 s; the rest is for the way there and back.
ANSWER_WITHIN_SECONDS = 2.6
JSON = "application/json"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door answers, over HTTP or a socket."""

    status: int
    body: str = ""
    content_type: str = "text/plain"


class SlackApp:
    """Dispatches Slack's requests. `resolve_identity` is asked with every request until it has answered once.

    `present_identity` says who the bot is as Slack has said it last: the workspace's address can change.
    """

    def __init__(
        self,
        *,
        context: ServiceContext,
        client: AsyncWebClient,
        resolve_identity: Callable[[], Awaitable[Identity]],
        approval_channel: str | None,
        present_identity: Callable[[], Identity | None] = lambda: None,
    ) -> None:
        self._context = context
        self._present_identity = present_identity
        self.client = client
        self._resolve_identity = resolve_identity
        self._approval_channel = approval_channel
        self._background = Background()
        self._running: set[asyncio.Task[Answer]] = set()
        self._resolving = asyncio.Lock()
        self._surface: SlackContext | None = None
        self._bolt = make_bolt(client, self._slack)

    async def handle(self, body: Mapping[str, Any]) -> Answer:
        """Answer a parsed request within 2.6 s, whatever is down; never raises."""
        try:
            payload = parse(body)
        except (RecursionError, ValidationError):
            # Nothing that Slack sends is nested so deeply that it cannot be read.
            return Answer(400, "bad request")
        work = asyncio.create_task(self._dispatch(body, payload))
        self._running.add(work)
        work.add_done_callback(self._running.discard)
        await asyncio.wait({work}, timeout=ANSWER_WITHIN_SECONDS)
        if work.done():
            return work.result()
        # Not waited for: what holds the work up could hold its end up as well.
        work.cancel()
        return self._failed(payload, TimeoutError())

    async def drain(self, timeout: timedelta) -> None:  # noqa: ASYNC109 - draining is exactly a wait with a limit
        """Let requests and what follows from them come to their end; call when no more requests come in."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=timeout.total_seconds())
        await self._background.drain(timeout)

    async def _dispatch(self, body: Mapping[str, Any], payload: Payload) -> Answer:
        try:
            if self._surface is None:
                await self._resolve()
            response = await self._bolt.answer(body, payload)
        except BoltUnhandledRequestError:
            # A button of an older release, an event that nobody asked for: nothing to do, and nothing to say.
            return Answer(200)
        except Exception as error:  # noqa: BLE001 - Bolt's error handler: whatever went wrong, the person is told
            return self._failed(payload, error)
        content_type = response.first_headers().get("content-type", "text/plain").partition(";")[0]
        return Answer(response.status, response.body or "", content_type)

    def _failed(self, payload: Payload, error: Exception) -> Answer:
        if is_expected(error):
            log.warning("slack.request_failed", kind=payload.kind, error=type(error).__name__)
        else:
            log.error("slack.request_broke", kind=payload.kind, error=type(error).__name__, where=_where(error))
        answer = failed_body(payload, error)
        if answer is not None:
            return Answer(200, json.dumps(answer), JSON)
        if isinstance(payload, BlockActions):
            self._tell(payload, sentence_of(error))
        return Answer(200)

    def _tell(self, press: BlockActions, sentence: str) -> None:
        """Say it where they look: in their channel, or in a window over their Home tab."""
        if press.place is not None:
            work = self._send_ephemeral(press.place, sentence)
        elif press.is_at_home:
            work = self._open_window(press.trigger_id, sentence)
        else:
            return
        try:
            self._background.start(work, name="slack.tell")
        except TooBusy:
            log.warning("slack.ephemeral_dropped")

    async def _send_ephemeral(self, place: Place, sentence: str) -> None:
        await send_ephemeral(self, place, sentence)

    async def _open_window(self, trigger_id: str, sentence: str) -> None:
        try:
            await open_window(self.client, trigger_id, sentence)
        except SlackError as error:
            log.warning("slack.window_failed", error=str(error))

    async def _resolve(self) -> None:
        """Learn who the bot is, once. Raises SlackError."""
        async with self._resolving:
            if self._surface is None:
                identity = await self._resolve_identity()
                members = Members(self.client, team_id=identity.team_id, now=self._context.now)
                groups = Groups(self.client, bot_user_id=identity.bot_user_id, now=self._context.now)
                channels = Channels(self.client, bot_user_id=identity.bot_user_id, now=self._context.now)
                self._surface = SlackContext(
                    context=self._context,
                    client=self.client,
                    identity=identity,
                    approval_channel=self._approval_channel,
                    members=members,
                    channels=channels,
                    look_up=SlackLookUp(members, groups, channels),
                    background=self._background,
                    forms=Forms(),
                )

    def _slack(self) -> SlackContext:
        if self._surface is None:
            raise RuntimeError("no request is dispatched before the identity is known")
        present, known = self._present_identity(), self._surface.identity
        if present is not None and present.team_url != known.team_url:
            # Another team or another bot would be another installation; an address can change.
            self._surface = replace(self._surface, identity=replace(known, team_url=present.team_url))
        return self._surface


def _where(error: Exception) -> str:
    """Return the place of an error; its message could hold what somebody typed."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return "" if traceback is None else f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"
