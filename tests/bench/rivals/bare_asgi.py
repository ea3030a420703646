"""The floor under everything: an ASGI endpoint that checks the signature and answers."""

import os
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

verifier = SignatureVerifier(os.environ["SLACK_SIGNING_SECRET"])


async def answer(request: Request) -> Response:
    """Answer a request that Slack signed."""
    body = await request.body()
    headers: Any = dict(request.headers)
    if not verifier.is_valid_request(body, headers):
        return Response(status_code=401)
    parse_qs(body.decode())
    return Response("Hello")


if __name__ == "__main__":
    app = Starlette(routes=[Route("/slack/events", answer, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", access_log=False)
