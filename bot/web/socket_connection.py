"""One connection of Socket Mode: its `hello`, its envelopes and their acknowledgements, its end."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import aiohttp
import structlog

from bot.domain.storable import SUSPICIOUS_ESCAPES, storable
from bot.web.app import AnswerLike, Handle

log = structlog.get_logger(__name__)

# Slack announces that it will close this connection, and takes a new one before it does.
_RENEWALS = frozenset({"warning", "refresh_requested"})
_OK = 200
# A peer that does not close its half is not waited for any longer.
CLOSE_WITHIN = timedelta(seconds=2)


class NoHello(Exception):
    """The connection ended before Slack said hello; `str(error)` is Slack's reason."""


class Connection:
    """Hands every envelope to `handle` and acknowledges it with the answer, on the connection that it came on.

    `greeted` is done when envelopes can come in, and fails with NoHello. `leaving` is set when a new connection is
    needed: Slack announced the end of this one, or it has ended. While `is_open`, envelopes can come in; `changed` is
    called when that changes. `task` is done when it has ended and all is answered.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, handle: Handle, *, changed: Callable[[], None]) -> None:
        self._socket = socket
        self._handle = handle
        self._changed = changed
        self._is_taking = True
        self.is_open = False
        # The event loop holds tasks weakly: without this set one could vanish half way.
        self._answering: set[asyncio.Task[None]] = set()
        self.reason: str | None = None
        self.leaving = asyncio.Event()
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self._run())

    async def retire(self, *, after: timedelta, within: timedelta) -> None:
        """Leave the end to Slack; close it oneself when Slack has not `after` that time."""
        await asyncio.wait({self.task}, timeout=after.total_seconds())
        await self.close(within=within)

    async def close(self, *, within: timedelta) -> None:
        """Take no more envelopes, acknowledge those that were taken, then close.

        An envelope that comes meanwhile is neither carried out nor acknowledged, so that Slack knows what became of it.
        """
        self._is_taking = False
        if self._answering:
            await asyncio.wait(set(self._answering), timeout=within.total_seconds())
        for task in self._answering:
            task.cancel()
        try:
            async with asyncio.timeout(CLOSE_WITHIN.total_seconds()):
                await self._socket.close()
                await asyncio.wait({self.task})
        except TimeoutError:
            self.task.cancel()
            await asyncio.wait({self.task})

    async def _run(self) -> None:
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(message.data)
        finally:
            self.is_open = False
            self.leaving.set()
            self._refuse("closed")
            self._changed()
        if self._answering:
            await asyncio.wait(set(self._answering))

    def _take(self, text: str) -> None:
        try:
            message = json.loads(text)
            if SUSPICIOUS_ESCAPES.search(text):
                # Over HTTP the door refuses what no database can store.
                message = storable(message)
        except (ValueError, RecursionError):
            message = None
        match message:
            case {"type": "hello"}:
                self._greet()
            case {"type": "disconnect"}:
                self._take_leave(str(message.get("reason")))
            case {"envelope_id": str(envelope_id), "payload": dict(payload)} if self._is_taking:
                has_payload = bool(message.get("accepts_response_payload"))
                task = asyncio.create_task(self._answer(envelope_id, payload, has_payload=has_payload))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
            case {"envelope_id": str(_)} if not self._is_taking:
                log.info("socket_mode.envelope_left_to_slack")
            case _:
                log.warning("socket_mode.message_unknown")

    def _greet(self) -> None:
        if not self.greeted.done():
            self.greeted.set_result(None)
            self.is_open = True
            self._changed()

    def _take_leave(self, reason: str) -> None:
        log.info("socket_mode.disconnect_announced", reason=reason)
        self.reason = reason
        self._refuse(reason)
        if reason in _RENEWALS:
            self.leaving.set()

    def _refuse(self, reason: str) -> None:
        if not self.greeted.done():
            self.greeted.set_exception(NoHello(reason))
            # Said here, that nobody need wait for it: the receiver may have been stopped.
            self.greeted.exception()

    async def _answer(self, envelope_id: str, payload: dict[str, Any], *, has_payload: bool) -> None:
        answer = await self._handle(payload)
        acknowledgement: dict[str, Any] = {"envelope_id": envelope_id}
        content = acknowledgement_payload(answer)
        if content is not None and has_payload:
            acknowledgement["payload"] = content
        try:
            await self._socket.send_json(acknowledgement)
        except (OSError, aiohttp.ClientError) as exc:
            # The connection ended meanwhile; Slack tells the person itself, or sends the event again.
            log.warning("socket_mode.ack_lost", error=type(exc).__name__)


def acknowledgement_payload(answer: AnswerLike) -> dict[str, Any] | None:
    """Turn the body of an HTTP answer into what an acknowledgement carries; None for an empty one."""
    if answer.status != _OK or not answer.body:
        return None
    if answer.content_type.startswith("application/json"):
        payload = json.loads(answer.body)
        return payload if isinstance(payload, dict) else None
    return {"text": answer.body}
