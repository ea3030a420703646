"""Bolt, fronted and not patched: it gets parsed bodies, no signatures, and no environment of its own.

Bolt would ask one listener after the other whether it takes a request, make a client and a logger for it, and gather
thirty values of which a listener takes two. So a request that names its listener goes straight to it; what is left is
Bolt's to look at.
"""

import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from inspect import signature
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.context import SlackContext
from bot.slack.listeners import buttons, command, home, listing, numbers, outside, pausing
from bot.slack.listeners import form as form_listeners
from bot.slack.payloads import BlockActions, BlockSuggestion, Command, Event, Payload, ViewSubmission

Register = Callable[..., Any]
Answering = Callable[[Payload], Awaitable[BoltResponse]]
_ARGUMENTS = frozenset({"parsed", "ack"})


class BoltApp(AsyncApp):
    """Bolt's app, which also knows its listeners by what Slack calls them."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._by_id: dict[tuple[type, str], Answering] = {}

    async def answer(self, body: Mapping[str, Any], payload: Payload) -> BoltResponse:
        """Have a request answered by its listener. Raises what the listener raises, BoltUnhandledRequestError."""
        if (answering := self._by_id.get(_name_of(payload))) is not None:
            return await answering(payload)
        # Bolt hands what is in its context to the listeners' arguments of that name.
        request = AsyncBoltRequest(body=dict(body), mode="socket_mode", context={"parsed": payload})
        return await self.async_dispatch(request)

    def command(self, command: Any, *arguments: Any, **named: Any) -> Register:
        """Register the listener of a command."""
        return self._also_by_id(Command, command, super().command(command, *arguments, **named))

    def action(self, constraints: Any, *arguments: Any, **named: Any) -> Register:
        """Register the listener of a button or a choice."""
        return self._also_by_id(BlockActions, constraints, super().action(constraints, *arguments, **named))

    def options(self, constraints: Any, *arguments: Any, **named: Any) -> Register:
        """Register the listener of a type-ahead."""
        return self._also_by_id(BlockSuggestion, constraints, super().options(constraints, *arguments, **named))

    def view(self, constraints: Any, *arguments: Any, **named: Any) -> Register:
        """Register the listener of a form that is sent."""
        return self._also_by_id(ViewSubmission, constraints, super().view(constraints, *arguments, **named))

    def event(self, event: Any, *arguments: Any, **named: Any) -> Register:
        """Register the listener of an event."""
        return self._also_by_id(Event, event, super().event(event, *arguments, **named))

    def _also_by_id(self, kind: type, name: Any, register: Register) -> Register:
        def decorate(listener: Callable[..., Awaitable[None]]) -> Any:
            names = frozenset(signature(listener).parameters)
            # Of two listeners with one name Bolt takes the first.
            if isinstance(name, str) and names <= _ARGUMENTS:
                self._by_id.setdefault((kind, name), partial(_answer, listener, names))
            return register(listener)

        return decorate


async def _answer(listener: Callable[..., Awaitable[None]], names: frozenset[str], payload: Payload) -> BoltResponse:
    ack = AsyncAck()  # type: ignore[no-untyped-call]  # Bolt annotates its other methods.
    known = {"parsed": payload, "ack": ack}
    await listener(**{name: known[name] for name in names})
    return await ack() if ack.response is None else ack.response


def _name_of(payload: Payload) -> tuple[type, str]:
    """Name what a request is about, by which its listener is found."""
    match payload:
        case Command():
            name = payload.command
        case BlockActions():
            name = payload.action.action_id
        case BlockSuggestion():
            name = payload.action_id
        case ViewSubmission():
            name = payload.view.callback_id
        case Event():
            name = payload.event.type
        case _:
            name = ""
    return type(payload), name


def make_bolt(client: AsyncWebClient, provide: Callable[[], SlackContext]) -> BoltApp:
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
        app = BoltApp(
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
    outside.register(app, provide)
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
