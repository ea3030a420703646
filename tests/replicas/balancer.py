"""A load balancer as stands before several web processes: each request goes to the next one that takes connections."""

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_WITHIN_SECONDS = 30.0


class Balancer:
    """Hands requests on to the ports of `webs` in turn."""

    def __init__(self) -> None:
        self.webs: list[int] = []
        self.app = Starlette(routes=[Route("/{path:path}", self._hand_on, methods=["GET", "POST"])])
        self._client = httpx.AsyncClient(timeout=_WITHIN_SECONDS)

    async def _hand_on(self, request: Request) -> Response:
        body = await request.body()
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        for _ in range(len(self.webs)):
            port = self.webs.pop(0)
            self.webs.append(port)
            try:
                answer = await self._client.request(
                    request.method, f"http://127.0.0.1:{port}{request.url.path}", content=body, headers=headers
                )
            except httpx.ConnectError:
                continue
            except httpx.TransportError:
                # It may have been taken: a balancer does not repeat what is not known to be harmless.
                break
            return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))
        return Response(status_code=502)

    async def aclose(self) -> None:
        await self._client.aclose()
