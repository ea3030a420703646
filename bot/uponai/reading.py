"""One HTTP exchange: limited in time from start to answer, and in size; and what a server says about trying again."""

import asyncio
import json
import re
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

import httpx
from pydantic_core import from_json

from bot.domain.shortening import shorten
from bot.domain.storable import SUSPICIOUS_ESCAPES, storable
from bot.domain.webhook import without_secrets
from bot.uponai.errors import TooLate

# The fast parser holds all threads up until its end, some 3 ms at this size; what is longer goes the slow way.
LARGEST_FAST = 1024 * 1024
LONGEST_RETRY_AFTER = timedelta(hours=1)
LONGEST_MESSAGE = 500
# What httpcore tells right before it writes: a head without its body is no request yet.
_LEAVES = ("send_request_headers.started", "send_request_body.started")
_SUSPICIOUS_BYTES = re.compile(SUSPICIOUS_ESCAPES.pattern.encode())


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. `body` is None when it was larger than allowed."""

    status: int
    headers: httpx.Headers
    body: bytes | bytearray | None = field(repr=False)


def _always() -> bool:
    return True


@dataclass(slots=True)
class Progress:
    """How far a request came, as the transport tells it. A transport that tells nothing may have sent it.

    `may_leave` is asked right before the head and right before the body is written to the socket. `lives` is how long
    the machine goes on sending what is not acknowledged, also after the connection was closed here.
    """

    is_traced: bool = False
    is_sent: bool = False
    may_leave: Callable[[], bool] = _always
    lives: timedelta | None = None

    @property
    def is_surely_unsent(self) -> bool:
        """Say whether not one byte of the request has left."""
        return self.is_traced and not self.is_sent

    async def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Take an event of httpcore's `trace` extension. Raises TooLate when the request may not leave any more."""
        self.is_traced = True
        if event.endswith("connect_tcp.complete"):
            _limit_sending(info.get("return_value"), self.lives)
        if event.endswith(_LEAVES) and not self.may_leave():
            raise TooLate("This was held up for too long before it was sent, so it was not sent.")
        if "send_request_headers" in event:
            self.is_sent = True


def _limit_sending(stream: Any, lives: timedelta | None) -> None:
    """Let the machine give up sending after this time: otherwise it goes on for a quarter of an hour."""
    connected = stream.get_extra_info("socket") if stream is not None else None
    if lives is not None and connected is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(lives.total_seconds() * 1000))


async def exchange(
    http: httpx.AsyncClient, request: httpx.Request, *, within: timedelta, largest: int, progress: Progress
) -> Reply:
    """Send a request and read the whole answer, stopping at `largest` bytes (after decompression).

    Raises:
        TimeoutError: It took longer than `within`.
        httpx.RequestError: The transport failed.
    """
    request.extensions = {**request.extensions, "trace": progress.note}
    async with asyncio.timeout(within.total_seconds()):
        response = await http.send(request, stream=True)
        try:
            return Reply(response.status_code, response.headers, await _body(response, largest))
        finally:
            await response.aclose()


async def parse_json(body: bytes | bytearray) -> Any:
    """Parse JSON without what no database can store; in a thread when it is long.

    Raises:
        ValueError: It is no JSON.
    """
    if len(body) <= LARGEST_FAST:
        return parse_json_now(body)
    # Fifty megabytes of numbers take longer than Slack waits for an answer of this very event loop.
    return await asyncio.to_thread(_parse_slowly, body)


def parse_json_now(body: bytes | bytearray) -> Any:
    """Parse JSON without what no database can store.

    One bad character in some agent's name must not keep the whole list from being read and stored.

    Raises:
        ValueError: It is no JSON.
    """
    if len(body) <= LARGEST_FAST and _SUSPICIOUS_BYTES.search(body) is None:
        try:
            return from_json(body, allow_inf_nan=False)
        except ValueError:
            # Bytes that are no UTF-8, or another encoding: the slow way knows what to do with them.
            pass
    return _parse_slowly(body)


def _parse_slowly(body: bytes | bytearray) -> Any:
    text = body.decode(json.detect_encoding(body), "replace")
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant, object_hook=_same)
        # Only an escape can have brought such a character in by now; to walk through a long list costs a second.
        return storable(value) if _is_suspicious(text) else value
    except RecursionError as exc:
        raise ValueError("the answer is nested too deeply") from exc


def _is_suspicious(text: str) -> bool:
    """Search it in parts: one search of fifty megabytes would hold all other threads up until its end."""
    longest_escape = 6
    return any(
        SUSPICIOUS_ESCAPES.search(text, start, start + LARGEST_FAST + longest_escape)
        for start in range(0, len(text), LARGEST_FAST)
    )


def _same(value: dict[str, Any]) -> dict[str, Any]:
    """Change nothing: but for this step in Python, the parser would hold all other threads up until its end."""
    return value


def retry_after_of(headers: httpx.Headers, now: datetime) -> timedelta | None:
    """Read a Retry-After header, in seconds or as a date; None when there is none that makes sense."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        wait = timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta()), LONGEST_RETRY_AFTER)


def message_of(value: Any, webhooks: Collection[str] = (), token: str | None = None) -> str | None:
    """Find what UponAI says to people in an answer, on one line, cut at 500 characters.

    What can be secret of `webhooks`, or of any other address in it, is not repeated, and neither is `token`.
    """
    if isinstance(value, dict):
        for name in ("message", "error", "detail", "errors", "msg"):
            if found := message_of(value.get(name), webhooks, token):
                return found
        return None
    if isinstance(value, list):
        found = "; ".join(message for item in value[:10] if (message := message_of(item, webhooks, token)))
        return _cut(found) or None
    if not isinstance(value, str):
        return None
    if token:
        value = value.replace(token, "…")
    return _cut(without_secrets(value, *webhooks)) or None


def _cut(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * LONGEST_MESSAGE]).split())
    return shorten(line, LONGEST_MESSAGE)


async def _body(response: httpx.Response, largest: int) -> bytearray | None:
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > largest:
        return None
    pieces, turns = bytearray(), 1
    async for piece in response.aiter_bytes():
        if len(pieces) + len(piece) > largest:
            return None
        pieces += piece
        if len(pieces) > turns * LARGEST_FAST:
            # What is there already comes without a wait, all fifty megabytes of it: others get a turn.
            turns += 1
            await asyncio.sleep(0)
    # As it is: a copy of fifty megabytes would hold the event loop up.
    return pieces


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
