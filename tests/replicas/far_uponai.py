"""UponAI on a socket of its own, for bots that are processes: it tells of each PUT as it arrives."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HTTP_OK = 200


class FarUponAI:
    """Stands before the stand-in, which is known only later."""

    def __init__(self) -> None:
        self.stand_in: ASGIApp | None = None
        self.landed: list[tuple[str, dict[str, Any]]] = []
        self.on_arrival: Callable[[], None] = lambda: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a call on; take down what it was when it is a PUT that is taken."""
        assert self.stand_in is not None
        if scope["type"] != "http" or scope["method"] != "PUT":
            await self.stand_in(scope, receive, send)
            return
        body, is_whole = b"", False
        while not is_whole:
            part = await receive()
            body += part.get("body", b"")
            is_whole = not part.get("more_body", False)
        self.on_arrival()

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == HTTP_OK:
                self.landed.append((unquote(scope["path"].split("/")[3]), json.loads(body)))
            await send(message)

        await self.stand_in(scope, again, note)
