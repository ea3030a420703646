"""How UponAI is called: where, with which token, within which limits, and which error each failure is.

Reads are repeated within their time; a write is sent once.
"""

import asyncio
from collections.abc import Callable, Collection, Generator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from bot.domain.backoff import backoff
from bot.uponai.errors import Forbidden, OutcomeUnknown, Refused, Unauthorized, Unavailable, UnexpectedReply
from bot.uponai.reading import Progress, Reply, exchange, message_of, parse_json, parse_json_now, retry_after_of

MOST_TRIES = 4
FIRST_PAUSE = timedelta(milliseconds=200)
LARGEST_ANSWER = 1024 * 1024

_UNAUTHORIZED = 401
_FORBIDDEN = 403
_REDIRECTS = (301, 302, 307, 308)
_TOO_MANY = 429
_REQUEST_TIMEOUT = 408
_SERVER_ERRORS = 500
_CLIENT_ERRORS = 400
# Raised before the first byte of a request leaves.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class BearerToken(httpx.Auth):
    """Adds the token to each request; keeps it out of every repr and of the client's default headers."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request


class Calls:
    """Reads and writes of one UponAI address."""

    def __init__(
        self,
        *,
        token: SecretStr,
        base_url: str,
        timeout: timedelta,
        now: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._token = token
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._now = now
        self._http = httpx.AsyncClient(
            auth=BearerToken(token),
            # One limit holds for the whole exchange; a limit for each step would add up.
            timeout=httpx.Timeout(None),
            follow_redirects=False,
            transport=transport,
            # A proxy that the environment names is for the internet, not for this machine.
            mounts={"all://127.0.0.1": None, "all://localhost": None},
            headers={"Accept": "application/json"},
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def read(
        self, *path: str, params: dict[str, str | int] | None = None, largest: int = LARGEST_ANSWER
    ) -> tuple[Any, datetime]:
        """GET a path, given in parts that are not encoded yet; return the JSON and when the successful try started.

        Raises:
            Unavailable, Unauthorized, Refused, UnexpectedReply: All tries within the time-out failed.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout.total_seconds()
        tries = 0
        while True:
            tries += 1
            started_at = self._now()
            try:
                left = timedelta(seconds=max(deadline - loop.time(), 0))
                return await self._read_once(self._url(path), params, left, largest), started_at
            except Unavailable as error:
                pause = backoff(tries, first=FIRST_PAUSE, longest=self._timeout)
                wait = (pause if error.retry_after is None else error.retry_after).total_seconds()
                if tries == MOST_TRIES or loop.time() + wait >= deadline:
                    raise
            await asyncio.sleep(wait)

    async def write(
        self, *path: str, body: bytes, webhooks: Collection[str], may_leave: Callable[[], bool]
    ) -> dict[str, Any]:
        """PUT a body once and return the answer of a success.

        What can be secret of `webhooks` is not quoted in errors. `may_leave` is asked at the last moment.

        Raises:
            TooLate: It may not leave any more. Nothing was applied.
            Unavailable, Unauthorized, Refused: Nothing was applied.
            OutcomeUnknown: It may have been applied.
        """
        headers = {"Content-Type": "application/json"}
        request = self._http.build_request("PUT", self._url(path), content=body, headers=headers)
        progress = Progress(may_leave=may_leave, lives=self._timeout)
        try:
            reply = await exchange(self._http, request, within=self._timeout, largest=LARGEST_ANSWER, progress=progress)
        except _BEFORE_SENDING as exc:
            raise Unavailable("UponAI cannot be reached.") from exc
        except TimeoutError as exc:
            if progress.is_surely_unsent:
                raise Unavailable("UponAI cannot be reached in time.") from exc
            raise OutcomeUnknown("UponAI did not answer in time.") from exc
        except httpx.RequestError as exc:
            if progress.is_surely_unsent:
                raise Unavailable("UponAI cannot be reached.") from exc
            raise OutcomeUnknown("The connection to UponAI broke before its answer was there.") from exc
        return self._success_of(reply, webhooks)

    async def _read_once(self, url: str, params: dict[str, str | int] | None, within: timedelta, largest: int) -> Any:
        request = self._http.build_request("GET", url, params=params)
        try:
            reply = await exchange(
                self._http, request, within=within, largest=largest, progress=Progress(lives=self._timeout)
            )
        except TimeoutError as exc:
            raise Unavailable("UponAI did not answer in time.") from exc
        except httpx.DecodingError as exc:
            raise UnexpectedReply("UponAI sent an answer that cannot be decompressed.") from exc
        except httpx.RequestError as exc:
            raise Unavailable("UponAI cannot be reached.") from exc
        if reply.status in (_REQUEST_TIMEOUT, _TOO_MANY) or reply.status >= _SERVER_ERRORS:
            raise Unavailable(
                f"UponAI cannot answer at the moment ({reply.status}).", retry_after_of(reply.headers, self._now())
            )
        self._refuse_client_errors(reply, ())
        if not 200 <= reply.status < 300:  # noqa: PLR2004 - HTTP's own numbers
            raise UnexpectedReply(f"UponAI answered with a status that makes no sense here ({reply.status}).")
        if reply.body is None:
            raise UnexpectedReply(f"UponAI's answer is larger than {largest // LARGEST_ANSWER} MB.")
        try:
            return await parse_json(reply.body)
        except ValueError as exc:
            raise UnexpectedReply("UponAI sent an answer that is no JSON.") from exc

    def _success_of(self, reply: Reply, webhooks: Collection[str]) -> dict[str, Any]:
        """Return what a PUT's answer says, or raise what it means, see the table of statuses in the reference."""
        if reply.status == _TOO_MANY:
            raise Unavailable("UponAI asks to wait (429).", retry_after_of(reply.headers, self._now()))
        if reply.status == _REQUEST_TIMEOUT or reply.status >= _SERVER_ERRORS:
            raise OutcomeUnknown(f"UponAI answered with an error of its own ({reply.status}).")
        self._refuse_client_errors(reply, webhooks)
        value = _json_or_none(reply) if 200 <= reply.status < 300 else None  # noqa: PLR2004 - HTTP's own numbers
        if not isinstance(value, dict):
            raise OutcomeUnknown(f"UponAI sent an answer that cannot be read ({reply.status}).")
        if value.get("success") is False:
            raise Refused(reply.status, self.message(value, webhooks))
        return value

    def _refuse_client_errors(self, reply: Reply, webhooks: Collection[str]) -> None:
        if reply.status == _UNAUTHORIZED:
            raise Unauthorized
        if reply.status == _FORBIDDEN:
            raise Forbidden
        if reply.status in _REDIRECTS:
            # A redirect is answered instead of the call. Following it would carry the token to another address.
            raise Refused(reply.status, "it answers from another address; UPONAI_API_URL needs a look.")
        if _CLIENT_ERRORS <= reply.status < _SERVER_ERRORS:
            raise Refused(reply.status, self.message(_json_or_none(reply), webhooks))

    def message(self, value: Any, webhooks: Collection[str]) -> str | None:
        """Return what UponAI says to people, without what it may repeat of the token or of `webhooks`."""
        return message_of(value, webhooks, self._token.get_secret_value())

    def _url(self, parts: tuple[str, ...]) -> str:
        return "/".join([self._base_url, "api", *map(_encoded, parts)])


def _json_or_none(reply: Reply) -> Any:
    try:
        return None if reply.body is None else parse_json_now(reply.body)
    except ValueError:
        return None


def _encoded(part: str) -> str:
    # A dot needs no encoding, but a part of dots alone would be taken for a way up.
    return quote(part, safe="") if part.strip(".") else part.replace(".", "%2E")
