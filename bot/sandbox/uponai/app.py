"""The stand-in of UponAI: one account with its API, and the control address that makes it misbehave."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from bot.sandbox.uponai import seed as seeding
from bot.sandbox.uponai.account import Account, Json
from bot.sandbox.uponai.api import Api
from bot.sandbox.uponai.body import parse_body
from bot.sandbox.uponai.faults import PATIENCE_SECONDS, Faults
from bot.sandbox.uponai.journal import Journal
from bot.sandbox.uponai.refusal import Refusal


class UponAIStandIn:
    """One account and workspace. `app` serves the API and, under `/_control`, what is no part of it.

    `patience` is for how many seconds its callers wait for an answer; what is slow or late is measured by it.
    With `snapshot` the account outlives the process in that file; a file that is there wins over the seed.
    """

    def __init__(
        self,
        *,
        token: str,
        account_sid: str,
        workspace_id: int,
        seed: bool = True,
        snapshot: Path | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.account = Account(account_sid, workspace_id, snapshot)
        self.faults = Faults(patience)
        self.journal = Journal()
        self._is_seeded = seed
        self._api = Api(self.account, self.faults, self.journal, token)
        if not self.account.load():
            self._fill()
        self.app = Starlette(
            routes=[
                Route("/_control/state", self._answer(self._state), methods=["GET"]),
                Route("/_control/fault", self._answer(self._fault), methods=["POST"]),
                Route("/_control/number", self._answer(self._number), methods=["POST"]),
                Route("/_control/reset", self._answer(self._reset), methods=["POST"]),
                Mount("/", app=self._api),
            ]
        )

    def state(self) -> Json:
        """Return the account, the faults and the last calls."""
        return {**self.account.to_json(), "faults": self.faults.to_json(), "requests": self.journal.to_json()}

    def reset(self) -> None:
        """Go back to the beginning: faults off, calls forgotten, the account as it was seeded."""
        self._api.writes.forget_late()
        self.faults.clear()
        self.journal.clear()
        self._fill()

    def _fill(self) -> None:
        if self._is_seeded:
            seeding.fill(self.account)
            return
        self.account.numbers, self.account.agents = {}, {}
        self.account.workspaces = [{"id": self.account.workspace_id, "name": "Main"}]

    async def _state(self, _request: Request) -> Json:
        return self.state()

    async def _fault(self, request: Request) -> Json:
        self.faults.switch(parse_body(await request.body(), decimal=float))
        return self.faults.to_json()

    async def _number(self, request: Request) -> Json:
        fields = parse_body(await request.body(), decimal=float)
        number = fields.pop("number", None)
        if not isinstance(number, str) or not number:
            raise Refusal(422, "number is required.")
        changed = self.account.set_number(number, fields)
        self.account.save()
        return changed

    async def _reset(self, _request: Request) -> Json:
        self.reset()
        return {"ok": True}

    def _answer(self, handle: Callable[[Request], Awaitable[Json]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                return JSONResponse(await handle(request))
            except Refusal as refusal:
                return JSONResponse({"message": refusal.message}, refusal.status)

        return answer
