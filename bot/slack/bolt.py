"""Bolt, fronted and not patched: it gets parsed bodies, no signatures, and no environment of its own."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.context import SlackContext
from bot.slack.listeners import buttons, command, home, listing, numbers, pausing
from bot.slack.listeners import form as form_listeners


def make_bolt(client: AsyncWebClient, provide: Callable[[], SlackContext]) -> AsyncApp:
    """Make the app with every listener; errors of listeners come out of its dispatch as they are."""

    # A function of its own: Bolt reads a method's `self` as an argument that it cannot give.
    async def authorize() -> AuthorizeResult:
        identity = provide().identity
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team_id,
            bot_user_id=identity.bot_user_id,
            bot_id=identity.bot_id,
            bot_token=client.token,
        )

    with _without_slack_environment():
        app = AsyncApp(
            # Without a name Bolt reads the source of all that called it, which takes longer than the rest.
            name="route-number",
            client=AsyncWebClient(base_url=client.base_url, session=client.session, retry_handlers=[]),
            authorize=authorize,
            # Bolt answers when the listener has committed, and looks for its answer once instead of every 10 ms.
            process_before_response=True,
            # The warning that it would write otherwise holds the request's body.
            raise_error_for_unhandled_request=True,
            # The door has checked signature and size before anything was parsed.
            request_verification_enabled=False,
            logger=logging.getLogger(__name__),
        )
    app.error(_raise_again)
    command.register(app, provide)
    form_listeners.register(app, provide)
    buttons.register(app, provide)
    listing.register(app, provide)
    numbers.register(app, provide)
    pausing.register(app, provide)
    home.register(app, provide)
    return app


async def _raise_again(error: Exception) -> None:
    """Let an error out of Bolt, which would log the request's body."""
    raise error


@contextmanager
def _without_slack_environment() -> Iterator[None]:
    """Hide SLACK_… from Bolt while an app is made: a client id and secret there would turn on its OAuth mode."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SLACK_")}
    try:
        yield
    finally:
        os.environ.update(hidden)
