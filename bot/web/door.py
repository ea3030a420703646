"""Slack's door: the size, signature and form of a request, checked in this order before anything else sees it.

Bolt parses before it checks and trips over a command text with the word "payload" in it; behind this door it gets
bodies that are parsed already. Refusals are short and tell nothing, as they answer strangers.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from bot.domain.storable import storable

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
        parsed = _parse(content_type.partition(";")[0].strip().lower(), body.decode())
        is_fit = storable(parsed) == parsed
    except (ValueError, RecursionError) as exc:
        raise Refusal(400, "bad request") from exc
    if not is_fit:
        raise Refusal(400, "bad request")
    return parsed


def _parse(content_type: str, text: str) -> Mapping[str, Any]:
    if content_type == "application/json":
        return _known(json.loads(text))
    if content_type != "application/x-www-form-urlencoded":
        raise ValueError("an unknown form of body")
    fields = dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS))
    # The command comes first: its text may well speak of a payload, but an interaction has no command.
    if "command" in fields or fields.get("ssl_check") == "1":
        return fields
    return _known(json.loads(fields.get("payload", "")))


def _known(value: Any) -> Mapping[str, Any]:
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _TYPES:
        raise ValueError("not a request of Slack's")
    return dict(value)
