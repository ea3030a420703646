"""The control panel's side: faults, the record, the UponAI stand-in behind it, the bot's processes."""

import json
from typing import TYPE_CHECKING, Any, Literal, Protocol

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sandbox.slack.errors import CannotDo
from bot.sandbox.slack.page_api import guarded

if TYPE_CHECKING:
    from bot.sandbox.slack.app import SlackStandIn

_SHOWN = 200
_FORWARD_SECONDS = 5.0


class ProcessControl(Protocol):
    """The bot's processes, for whoever runs them beside the stand-in."""

    def list(self) -> list[dict[str, Any]]:
        """Give each process as `{name, state, pid}`."""

    async def act(self, name: str, action: Literal["kill", "restart"]) -> None:
        """Kill or restart a process."""


class ControlApi:
    """`/page/control/*`."""

    def __init__(self, stand_in: "SlackStandIn") -> None:
        """Control this stand-in and what stands beside it."""
        self._stand_in = stand_in

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
        stand_in = self._stand_in
        newest = list(stand_in.recorder.requests)[: -_SHOWN - 1 : -1]
        requests = [
            {"at": record.at, "method": record.method, "ok": record.ok, "error": record.error} for record in newest
        ]
        return JSONResponse(
            {
                "slack": {"faults": stand_in.faults.switches(), "requests": requests},
                "uponai": await self._uponai_state(),
                "processes": stand_in.processes.list() if stand_in.processes else [],
            }
        )

    async def _slack(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self._stand_in.faults.switch(body["fault"], bool(body["on"]))
        self._stand_in.world.changed()
        return JSONResponse({"ok": True})

    async def _delete_card(self, request: Request) -> Response:
        body = json.loads(await request.body())
        message = self._stand_in.world.message(body["channel"], body["ts"])
        if message is None:
            raise CannotDo("This message is no longer there.")
        self._stand_in.world.delete_message(message)
        return JSONResponse({"ok": True})

    async def _archive(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self._stand_in.world.channels[body["channel"]].is_archived = bool(body["on"])
        self._stand_in.world.changed()
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
        base = self._stand_in.uponai_control_url
        if base is None:
            raise CannotDo("There is no UponAI stand-in here.")
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=_FORWARD_SECONDS) as client:
                response = await client.request(method, f"{base.rstrip('/')}/{name}", json=body)
        except httpx.HTTPError as exc:
            raise CannotDo("The UponAI stand-in did not answer.") from exc
        if response.is_error:
            raise CannotDo(f"The UponAI stand-in refused: {response.text[:300]}")
        return response.json()

    async def _process(self, request: Request) -> Response:
        body = json.loads(await request.body())
        processes = self._stand_in.processes
        if processes is None:
            raise CannotDo("No process can be controlled from here.")
        await processes.act(body["name"], body["action"])
        self._stand_in.world.changed()
        return JSONResponse({"ok": True})
