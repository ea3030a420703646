"""The control panel's side: faults, the record, the UponAI stand-in behind it, the bot's processes."""

import json
import ssl
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sandbox.slack.browser.page_api import guarded
from bot.sandbox.slack.delivery.recorder import Recorder
from bot.sandbox.slack.workspace.errors import CannotDo
from bot.sandbox.slack.workspace.world import World

_SHOWN = 200
_FORWARD_SECONDS = 5.0
# The stand-in of UponAI speaks no TLS. By itself each client would read all that the machine trusts, for 20 ms.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class ProcessControl(Protocol):
    """The bot's processes, for whoever runs them beside the stand-in."""

    def list(self) -> list[dict[str, Any]]:
        """Give each process as `{name, state, pid}`."""

    async def act(self, name: str, action: Literal["kill", "restart"]) -> None:
        """Kill or restart a process."""


class Switches(Protocol):
    """The faults of the Web API."""

    def switches(self) -> dict[str, bool]:
        """Tell of every fault whether it is on."""

    def switch(self, name: str, on: bool) -> None:
        """Turn a fault on or off."""


@dataclass(kw_only=True)
class ControlApi:
    """`/page/control/*`: controls a stand-in, and what stands beside it; that may be known later than the rest.

    `uponai_control_url` is the UponAI stand-in's control address, such as `http://127.0.0.1:8001/_control`.
    """

    world: World
    faults: Switches
    recorder: Recorder
    uponai_control_url: str | None = None
    processes: ProcessControl | None = None

    def routes(self) -> list[BaseRoute]:
        """List the control panel's addresses."""
        posts = {
            "slack": self._slack,
            "slack/delete-card": self._delete_card,
            "slack/archive": self._archive,
            "uponai": self._uponai_fault,
            "uponai/number": self._uponai_number,
            "process": self._process,
        }
        return [
            Route("/page/control/state", guarded(self._state)),
            *(Route(f"/page/control/{name}", guarded(handler), methods=["POST"]) for name, handler in posts.items()),
        ]

    async def _state(self, _request: Request) -> Response:
        newest = list(self.recorder.requests)[: -_SHOWN - 1 : -1]
        requests = [
            {"at": record.at, "method": record.method, "ok": record.ok, "error": record.error} for record in newest
        ]
        return JSONResponse(
            {
                "slack": {"faults": self.faults.switches(), "requests": requests},
                "uponai": await self._uponai_state(),
                "processes": self.processes.list() if self.processes else [],
            }
        )

    async def _slack(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self.faults.switch(body["fault"], bool(body["on"]))
        self.world.changed()
        return JSONResponse({"ok": True})

    async def _delete_card(self, request: Request) -> Response:
        body = json.loads(await request.body())
        message = self.world.message(body["channel"], body["ts"])
        if message is None:
            raise CannotDo("This message is no longer there.")
        self.world.delete_message(message)
        return JSONResponse({"ok": True})

    async def _archive(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self.world.channels[body["channel"]].is_archived = bool(body["on"])
        self.world.changed()
        return JSONResponse({"ok": True})

    async def _uponai_state(self) -> Any:
        try:
            return await self._forward("GET", "state")
        except CannotDo:
            return None

    async def _uponai_fault(self, request: Request) -> Response:
        return JSONResponse(await self._forward("POST", "fault", json.loads(await request.body())))

    async def _uponai_number(self, request: Request) -> Response:
        return JSONResponse(await self._forward("POST", "number", json.loads(await request.body())))

    async def _forward(self, method: str, name: str, body: Any = None) -> Any:
        base = self.uponai_control_url
        if base is None:
            raise CannotDo("There is no UponAI stand-in here.")
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=_FORWARD_SECONDS, verify=_NO_TLS) as client:
                response = await client.request(method, f"{base.rstrip('/')}/{name}", json=body)
        except httpx.HTTPError as exc:
            raise CannotDo("The UponAI stand-in did not answer.") from exc
        if response.is_error:
            raise CannotDo(f"The UponAI stand-in refused: {response.text[:300]}")
        return response.json()

    async def _process(self, request: Request) -> Response:
        body = json.loads(await request.body())
        processes = self.processes
        if processes is None:
            raise CannotDo("No process can be controlled from here.")
        await processes.act(body["name"], body["action"])
        self.world.changed()
        return JSONResponse({"ok": True})
