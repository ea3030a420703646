"""Both far ends without a network: the shipped stand-ins behind the seams of httpx and aiohttp, with faults on demand.

A call that takes its time moves the clock of the tests instead, so that no history waits for anything.
"""

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import aiohttp
import httpx
from aiohttp.client_reqrep import ConnectionKey

from bot.sandbox.slack.app import SlackStandIn
from bot.sandbox.slack.delivery.recorder import ApiRequest
from bot.sandbox.uponai import reads
from bot.sandbox.uponai.app import UponAIStandIn
from bot.sandbox.uponai.body import parse_body
from bot.sandbox.uponai.refusal import Refusal
from tests.histories.clock import HistoryClock

# What can happen to a call. `before` and `unreachable` do nothing; the others of the second row do the work first.
UNDONE = ("before", "unreachable", "limited", "error", "refused")
DONE = ("after", "error_after", "malformed", "half", "slow", "paused")
UPONAI_ONLY = ("unauthorized", "late", "false")
_LATE = timedelta(seconds=3)
# After these nobody who has sent a PUT can know whether it was done.
_UNKNOWN = ("before", "slow", "late", "after", "error_after", "malformed", "half")
_UNSENT: dict[str, type[httpx.TransportError]] = {"before": httpx.ReadError, "unreachable": httpx.ConnectError}
_OF_WRITES = ("refused", "false")
_REFUSED: dict[str, Callable[[], httpx.Response]] = {
    "limited": lambda: httpx.Response(429, headers={"Retry-After": "3"}),
    "error": lambda: httpx.Response(503),
    "unauthorized": lambda: httpx.Response(401),
    "refused": lambda: httpx.Response(422, json={"message": "not this one"}),
    "false": lambda: httpx.Response(200, json={"success": False, "message": "not today"}),
}
_SPOILT: dict[str, Callable[[httpx.Response], httpx.Response]] = {
    "error_after": lambda _: httpx.Response(502),
    "malformed": lambda _: httpx.Response(200, text="<html>A proxy</html>"),
    "half": lambda whole: httpx.Response(200, content=whole.content[: len(whole.content) // 2]),
}
_NOBODY = ConnectionKey("slack", 443, True, True, None, None, None)


class Watch:
    """Whoever looks at what happens at UponAI's end; this one is content with everything."""

    def arrives(self, number: str, body: dict[str, Any]) -> int:
        """Look at a PUT that arrives, and return the change that it is of, 0 when that is not known."""
        _ = number, body
        return 0

    def lands(self, change_id: int) -> None:
        """Note that a PUT takes effect."""

    def is_late(self, number: str) -> None:
        """Note that a PUT takes effect when nobody expects it any more."""

    def is_unknown(self, number: str) -> None:
        """Note that whoever sent a PUT now knows nothing of it."""

    def is_read(self) -> None:
        """Note that the numbers are read."""


@dataclass
class Trouble:
    """What happens to the next call of a kind."""

    end: str
    kind: str


class Troubles:
    """The faults that wait for their call, and what a call meets on its way."""

    def __init__(self, clock: HistoryClock, call_within: timedelta) -> None:
        self.clock = clock
        self.call_within = call_within
        self.waiting: list[Trouble] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.met: Counter[str] = Counter()
        self.stood_still = 0

    def take(self, end: str) -> str | None:
        """Return what happens to this call."""
        for trouble in self.waiting:
            if trouble.end == end:
                self.waiting.remove(trouble)
                self.met[f"{end} {trouble.kind}"] += 1
                return trouble.kind
        return None

    async def stand_still(self) -> None:
        """Let so much time pass that every lease runs out, and others work."""
        self.stood_still += 1
        self.clock.advance(minutes=2)
        work, self.meanwhile = self.meanwhile, None
        if work is not None:
            await work()
            self.meanwhile = work


class UponAIEnd(httpx.AsyncBaseTransport):
    """UponAI at the end of a client's transport."""

    def __init__(
        self,
        stand_in: UponAIStandIn,
        troubles: Troubles,
        arrives: Callable[[str, Any], object],
        watch: Watch | None = None,
    ) -> None:
        self.stand_in = stand_in
        self.landed: list[tuple[str, dict[str, Any]]] = []
        self._arrives = arrives
        self._troubles = troubles
        self._watch = watch or Watch()
        self._late: list[tuple[datetime, int, str, dict[str, Any]]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a call, or fail as a network does."""
        self.land()
        is_write = request.method == "PUT"
        kind = self._troubles.take("write" if is_write else "read")
        if is_write and kind in _UNKNOWN:
            try:
                return await self._answer(request, kind)
            finally:
                self._watch.is_unknown(_number_of(request))
        return await self._answer(request, kind)

    async def _answer(self, request: httpx.Request, kind: str | None) -> httpx.Response:
        is_write = request.method == "PUT"
        if kind in _UNSENT:
            raise _UNSENT[kind]("it never arrives")
        if kind in _REFUSED and (is_write or kind not in _OF_WRITES):
            return _REFUSED[kind]()
        response = self._put(request, is_late=kind == "late") if is_write else self._get(request)
        if kind in ("slow", "late"):
            self._troubles.clock.advance(self._troubles.call_within)
            raise httpx.ReadTimeout("nobody waits any more")
        if kind == "after":
            raise httpx.ReadError("lost on the way back")
        if kind == "paused":
            await self._troubles.stand_still()
        return _SPOILT[kind](response) if kind in _SPOILT else response

    def land(self, *, all_of_them: bool = False) -> None:
        """Apply what was on its way, when its time has come."""
        now = self._troubles.clock.now()
        due = [late for late in self._late if all_of_them or late[0] <= now]
        self._late = [late for late in self._late if late not in due]
        for _, change_id, number, body in due:
            self._apply(change_id, number, body)

    def _put(self, request: httpx.Request, *, is_late: bool) -> httpx.Response:
        number, body = _number_of(request), parse_body(request.content)
        self._arrives(number, body)
        change_id = self._watch.arrives(number, body)
        try:
            self.stand_in.account.check(number, body)
        except Refusal as refusal:
            return httpx.Response(refusal.status, json={"message": refusal.message})
        if is_late:
            self._watch.is_late(number)
            at = self._troubles.clock.now() + self._troubles.call_within + _LATE
            self._late.append((at, change_id, number, body))
            return httpx.Response(200)
        return httpx.Response(200, json=self._apply(change_id, number, body))

    def _apply(self, change_id: int, number: str, body: dict[str, Any]) -> dict[str, Any]:
        self.landed.append((number, body))
        self._watch.lands(change_id)
        return {"success": True, "numbers": [self.stand_in.account.assign(number, body)]}

    def _get(self, request: httpx.Request) -> httpx.Response:
        account = self.stand_in.account
        if request.url.path.startswith("/api/numbers/"):
            self._watch.is_read()
            return httpx.Response(200, json=reads.numbers(account, account.account_sid))
        return httpx.Response(200, json=reads.agents(account, dict(request.url.params)))


def _number_of(request: httpx.Request) -> str:
    return unquote(request.url.raw_path.decode().split("/")[3])


class SlackEnd:
    """Slack at the end of the client's session."""

    closed = False

    def __init__(self, stand_in: SlackStandIn, token: str, troubles: Troubles) -> None:
        self._stand_in = stand_in
        self._token = token
        self._troubles = troubles

    def request(self, _verb: str, url: str, **arguments: Any) -> "_Answer":
        """Begin a call; it runs when its answer is waited for."""
        given = arguments.get("json") or arguments.get("params") or arguments.get("data") or {}
        # As it would arrive: nothing in it is shared with whoever sent it.
        args = json.loads(json.dumps(given))
        return _Answer(self._call(url.rpartition("/")[2], args))

    async def close(self) -> None:
        """Nothing is open."""

    async def _call(self, method: str, args: dict[str, Any]) -> "_Reply":
        kind = self._troubles.take(method)
        if kind == "before":
            raise aiohttp.ServerDisconnectedError
        if kind == "unreachable":
            raise aiohttp.ClientConnectorError(_NOBODY, OSError("nobody is there"))
        if kind in _SLACK_REFUSED:
            return _SLACK_REFUSED[kind]
        record = ApiRequest(at=self._troubles.clock.now().timestamp(), method=method, args=args, token="bot token")
        response = await self._stand_in._web_api._answer(record, self._token)
        if kind == "after":
            raise aiohttp.ServerDisconnectedError
        if kind == "slow":
            self._troubles.clock.advance(seconds=5)
            raise TimeoutError
        if kind == "paused":
            await self._troubles.stand_still()
        if kind in ("error_after", "malformed", "half"):
            return _Reply(502 if kind == "error_after" else 200, None, {})
        return _Reply(200, json.loads(bytes(response.body)), dict(response.headers))


class _Answer:
    """What the SDK enters to wait for an answer."""

    def __init__(self, work: Awaitable["_Reply"]) -> None:
        self._work = work

    async def __aenter__(self) -> "_Reply":
        return await self._work

    async def __aexit__(self, *_: object) -> None:
        return None


class _Reply:
    """What the SDK asks of an answer. Without `data` it is a proxy's page for people."""

    content_type = "application/json"

    def __init__(self, status: int, data: Any, headers: dict[str, str]) -> None:
        self.status = status
        self.headers = headers
        self._data = data

    async def json(self) -> Any:
        if self._data is None:
            raise json.JSONDecodeError("no JSON", "<html>", 0)
        return self._data

    async def text(self) -> str:
        return "<html>"


_SLACK_REFUSED = {
    "limited": _Reply(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "3"}),
    "error": _Reply(503, None, {}),
    "refused": _Reply(200, {"ok": False, "error": "internal_error"}, {}),
}
