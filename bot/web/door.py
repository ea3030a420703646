"""Slack's door: the size, signature and form of a request, checked in this order before anything else sees it.

Bolt parses before it checks and trips over a command text with the word "payload" in it; behind this door it gets
bodies that are parsed already. Refusals are short and tell nothing, as they answer strangers.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from urllib.parse import parse_qsl

from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from bot.domain.storable import SUSPICIOUS_ESCAPES, is_storable_text, storable

MOST_BYTES = 1_000_000
MOST_AGE_SECONDS = 300
_READ_SECONDS = 5
_MOST_FIELDS = 100
_LONGEST_TIMESTAMP = 12
_TYPES = frozenset(
    {
        "block_actions",
        "block_suggestion",
        "event_callback",
        "interactive_message",
        "message_action",
        "shortcut",
        "url_verification",
        "view_closed",
        "view_submission",
        "workflow_step_edit",
    }
)


class Refusal(Exception):
    """A request is turned away; `status` and `text` are all that the other end is told."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


async def read_body(request: Request) -> bytes:
    """Read a body while it streams in, and stop as soon as it is too large."""
    declared = request.headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > MOST_BYTES:
        raise Refusal(413, "too large")
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise Refusal(413, "too large")
    except (ClientDisconnect, TimeoutError) as exc:
        raise Refusal(400, "bad request") from exc
    return bytes(body)


def check_signature(headers: Headers, body: bytes, *, secret: str, now: datetime) -> None:
    """Refuse a body that Slack did not sign within the last minutes."""
    timestamp = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _LONGEST_TIMESTAMP):
        raise Refusal(401, "bad signature")
    if abs(now.timestamp() - int(timestamp)) > MOST_AGE_SECONDS:
        raise Refusal(401, "bad signature")
    expected = sign(timestamp, body, secret=secret)
    # Compared as bytes: the comparison of texts refuses what is not ASCII with an exception.
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise Refusal(401, "bad signature")


def sign(timestamp: str, body: bytes, *, secret: str) -> str:
    """Return the signature that Slack gives a body."""
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return "v0=" + digest.hexdigest()


def parse(content_type: str, body: bytes) -> Mapping[str, Any]:
    """Return the fields of a command, or the object of an interaction or event."""
    try:
        return _parse(content_type.partition(";")[0].strip().lower(), body.decode())
    except (ValueError, RecursionError) as exc:
        raise Refusal(400, "bad request") from exc


def _parse(content_type: str, text: str) -> Mapping[str, Any]:
    if content_type == "application/json":
        return _known(_read_json(text))
    if content_type != "application/x-www-form-urlencoded":
        raise ValueError("an unknown form of body")
    fields = dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS))
    # The command comes first: its text may well speak of a payload, but an interaction has no command.
    if "command" in fields or fields.get("ssl_check") == "1":
        if not all(is_storable_text(part) for field in fields.items() for part in field):
            raise ValueError("what no database can store")
        return fields
    return _known(_read_json(fields.get("payload", "")))


def _read_json(text: str) -> Any:
    value = from_json(text, allow_inf_nan=False)
    # Only an escape can bring in what no database can store: to walk through every body takes longer than to parse it.
    if SUSPICIOUS_ESCAPES.search(text) and storable(value) != value:
        raise ValueError("what no database can store")
    return value


def _known(value: Any) -> Mapping[str, Any]:
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _TYPES:
        raise ValueError("not a request of Slack's")
    return cast("Mapping[str, Any]", value)
