"""Requests to the app, as Slack sends them over HTTP: encoded, signed, with three seconds to answer."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

import httpx

from bot.sandbox.slack.delivery.recorder import Delivery, Recorder
from bot.sandbox.slack.workspace.errors import NotDelivered

Kind = Literal["slash_commands", "interactive", "events_api"]
ACK_SECONDS = 3.0
# The courier gives up long before; this only keeps a connection from hanging for ever.
_HTTP_SECONDS = 60.0
_OK, _CLIENT_ERROR, _SERVER_ERROR = 200, 400, 500
_TIMED_OUT = "Operation timed out. Apps need to respond within 3 seconds."


class Carrier(Protocol):
    """A way to the app: gives the body of its acknowledgement, parsed, or raises NotDelivered."""

    async def carry(self, kind: Kind, body: dict[str, Any]) -> Any:
        """Bring one request to the app."""


class SignedHttp:
    """Delivery to the app's Request URL."""

    def __init__(
        self, url: str, signing_secret: str, now: Callable[[], float], transport: httpx.AsyncBaseTransport | None
    ) -> None:
        """Sign with `signing_secret` at the time of `now`."""
        self.url = url
        self._secret = signing_secret
        self._now = now
        self._client = httpx.AsyncClient(transport=transport, trust_env=False, timeout=_HTTP_SECONDS)

    async def carry(self, kind: Kind, body: dict[str, Any]) -> Any:
        """Post the request and wait for the answer."""
        content_type, content = encode(kind, body)
        headers = {
            "content-type": content_type,
            "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **signed_headers(self._secret, content, int(self._now())),
        }
        try:
            response = await self._client.post(self.url, content=content, headers=headers)
        except httpx.HTTPError as exc:
            raise NotDelivered("dispatch_failed", "This app could not be reached.") from exc
        if response.status_code != _OK:
            code = "dispatch_failed"
            if response.status_code >= _CLIENT_ERROR:
                code = "http_service_error" if response.status_code >= _SERVER_ERROR else "http_client_error"
            raise NotDelivered(code, f"This app responded with Status Code {response.status_code}.")
        return _parsed(response)

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()


def encode(kind: Kind, body: dict[str, Any]) -> tuple[str, bytes]:
    """Give the content type and the bytes in which Slack posts a request."""
    if kind == "events_api":
        return "application/json", json.dumps(body).encode()
    fields = body if kind == "slash_commands" else {"payload": json.dumps(body)}
    return "application/x-www-form-urlencoded", urlencode(fields).encode()


def signed_headers(secret: str, content: bytes, timestamp: int) -> dict[str, str]:
    """Sign a request with scheme v0."""
    base = b"v0:%d:%s" % (timestamp, content)
    signature = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": str(timestamp), "x-slack-signature": f"v0={signature}"}


def _parsed(response: httpx.Response) -> Any:
    text = response.text
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


@dataclass
class Courier:
    """Brings requests to the app over whichever way it uses now, and records what became of them."""

    carrier: Carrier
    recorder: Recorder
    now: Callable[[], float]
    ack_seconds: float = ACK_SECONDS

    async def send(self, kind: Kind, body: dict[str, Any]) -> Any:
        """Deliver, or raise NotDelivered when no acknowledgement came in time."""
        delivery = Delivery(at=self.now(), kind=kind, body=body)
        self.recorder.deliveries.append(delivery)
        started = time.monotonic()
        try:
            async with asyncio.timeout(self.ack_seconds):
                delivery.reply = await self.carrier.carry(kind, body)
        except TimeoutError:
            delivery.error = "operation_timeout"
            raise NotDelivered("operation_timeout", _TIMED_OUT) from None
        except NotDelivered as exc:
            delivery.error = exc.code
            raise
        finally:
            delivery.seconds = time.monotonic() - started
        return delivery.reply
