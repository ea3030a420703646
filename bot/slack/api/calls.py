"""Calls of Slack's Web API: limited in time, never repeated by themselves, with one tree of errors.

The SDK's client would repeat a call on a connection error, chat.postMessage included, and open a session for every
call; whoever calls here decides about repeating, and says how long an answer may take.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp
from aiohttp.client_exceptions import ClientConnectorError, ServerDisconnectedError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.storable import storable
from bot.slack.api.error_codes import MISCONFIGURED, RATE_LIMITED, TRANSIENT

# The longest that any call may take; each call names its own, shorter limit.
SESSION_TIMEOUT_SECONDS = 30
DEFAULT_RETRY_AFTER = timedelta(seconds=1)

# What is read of an answer: one without it says nothing, whatever else it holds.
_ANSWERED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "auth.test": (("team_id",), ("user_id",)),
    "chat.postMessage": (("ts",),),
    "conversations.open": (("channel", "id"),),
    "views.open": (("view", "id"),),
}

_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500


class SlackError(Exception):
    """Slack did not do what it was asked. `str(error)` is a sentence for people, without tokens or payloads."""


class SlackUnavailable(SlackError):
    """No answer, or none that says what happened. `was_sent` False: it is known that nothing arrived."""

    def __init__(self, sentence: str, *, was_sent: bool, retry_after: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.was_sent = was_sent
        self.retry_after = retry_after


class SlackRateLimited(SlackError):
    """Too many calls: nothing was done; again after `retry_after`."""

    def __init__(self, method: str, retry_after: timedelta) -> None:
        super().__init__(f"Slack asks to wait {retry_after.total_seconds():.0f} s before the next {method}.")
        self.retry_after = retry_after


class SlackRefused(SlackError):
    """Slack understood and refused; `error` is its code."""

    def __init__(self, method: str, error: str) -> None:
        super().__init__(f"Slack refused {method}: {error}.")
        self.error = error


class SlackMisconfigured(SlackError):
    """A fault of the installation (token, scope): repeating does not help, an operator must look."""

    def __init__(self, method: str, error: str) -> None:
        super().__init__(f"Slack refused {method}: {error}. The app's token or scopes need an operator.")
        self.error = error


def make_client(token: str, base_url: str) -> AsyncWebClient:
    """Make the client that the whole process shares; call inside the running loop, and `close_client` at the end."""
    session = aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=SESSION_TIMEOUT_SECONDS),
        # The session reads the proxy settings of the environment with its exceptions (NO_PROXY)…
        trust_env=True,
    )
    client = AsyncWebClient(token=token, base_url=base_url, session=session, retry_handlers=[])
    # …which the client itself would not.
    client.proxy = None
    return client


async def close_client(client: AsyncWebClient) -> None:
    """Close the session of a client that `make_client` made."""
    if client.session is not None:
        await client.session.close()


async def call(client: AsyncWebClient, method: str, *, timeout: timedelta, **arguments: Any) -> dict[str, Any]:  # noqa: ASYNC109 - every call says how long it may take, and the limit is part of the error
    """Call one method once and return the parsed answer.

    Raises SlackUnavailable, SlackRateLimited, SlackRefused, SlackMisconfigured, all of them SlackError.
    """
    function = getattr(client, method.replace(".", "_"))
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            answer: dict[str, Any] = dict(storable((await function(**arguments)).data))
    except SlackApiError as error:
        raise _translated(method, error) from None
    except ClientConnectorError as error:
        raise SlackUnavailable("Slack cannot be reached.", was_sent=False) from error
    except (TimeoutError, aiohttp.ClientError, ServerDisconnectedError, SlackClientError, OSError) as error:
        raise SlackUnavailable(f"Slack did not answer {method} in time.", was_sent=True) from error
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # The SDK takes any answer for an object in a known encoding; a proxy's page for people is neither.
        raise SlackUnavailable(f"Slack's answer to {method} cannot be read.", was_sent=True) from error
    if not all(_holds(answer, path) for path in _ANSWERED.get(method, ())):
        raise SlackUnavailable(f"Slack's answer to {method} cannot be read.", was_sent=True)
    return answer


def _holds(answer: Any, path: tuple[str, ...]) -> bool:
    """Say whether there is a text at the end of the path."""
    for name in path:
        answer = answer.get(name) if isinstance(answer, Mapping) else None
    return isinstance(answer, str) and bool(answer)


def _translated(method: str, failure: SlackApiError) -> SlackError:
    """Turn the SDK's one error into the tree; the original is dropped, because it can hold the answer's body."""
    response = failure.response
    status: int = getattr(response, "status_code", None) or getattr(response, "status", None) or 0
    headers: Mapping[str, Any] = getattr(response, "headers", None) or {}
    data = getattr(response, "data", None)
    error = storable(str(data.get("error", "unknown_error"))) if isinstance(data, Mapping) else "unreadable_answer"
    if status == _TOO_MANY_REQUESTS or error in RATE_LIMITED:
        return SlackRateLimited(method, _retry_after(headers) or DEFAULT_RETRY_AFTER)
    if status >= _SERVER_ERRORS or error in TRANSIENT or error == "unreadable_answer":
        return SlackUnavailable(
            f"Slack has a problem of its own with {method}.", was_sent=True, retry_after=_retry_after(headers)
        )
    if error in MISCONFIGURED:
        return SlackMisconfigured(method, error)
    return SlackRefused(method, error)


def _retry_after(headers: Mapping[str, Any]) -> timedelta | None:
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    try:
        return None if value is None else timedelta(seconds=max(0.0, float(value)))
    except (TypeError, ValueError, OverflowError):
        return None
