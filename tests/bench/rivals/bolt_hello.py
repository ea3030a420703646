"""Bolt's plain example: a command that is answered with a word. The bot's processor time is counted in these."""

import os

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TOKEN = os.environ["SLACK_BOT_TOKEN"]


async def authorize() -> AuthorizeResult:
    """Know the one workspace without asking Slack at each request."""
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token=TOKEN, bot_id="B1", bot_user_id="UBOT")


def make_app() -> AsyncApp:
    """Make Bolt's app with its defaults."""
    return AsyncApp(signing_secret=os.environ["SLACK_SIGNING_SECRET"], authorize=authorize)


def run(bolt: AsyncApp) -> None:
    """Serve it as Bolt's documentation shows."""
    handler = AsyncSlackRequestHandler(bolt)

    async def endpoint(request: Request) -> Response:
        return await handler.handle(request)

    app = Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", access_log=False)


if __name__ == "__main__":
    hello = make_app()

    @hello.command("/route-number")
    async def greet(ack: AsyncAck) -> None:
        """Say hello."""
        await ack("Hello")

    run(hello)
