"""The button Route beside a number: opens the modal for it."""

from collections.abc import Callable

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.errors import DomainError
from bot.slack.api.channels import refuse_direct
from bot.slack.context import SlackContext
from bot.slack.form.compose import resolve_number
from bot.slack.form.option_values import Option
from bot.slack.listeners.form_opening import open_form
from bot.slack.listeners.replies import send_ephemeral
from bot.slack.messages.numbers import ROUTE
from bot.slack.payload_parts import Place
from bot.slack.payloads import BlockActions


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the button."""

    @app.action(ROUTE)
    async def route(parsed: BlockActions, ack: AsyncAck) -> None:
        slack, place = provide(), parsed.place
        if place is not None:
            try:
                await _route(slack, parsed, place)
            except DomainError as error:
                await send_ephemeral(slack, place, str(error))
        await ack()


async def _route(slack: SlackContext, press: BlockActions, place: Place) -> None:
    refuse_direct(place.channel_id, slack.approval_channel)
    await open_form(
        slack,
        trigger_id=press.trigger_id,
        actor=press.actor,
        channel_id=place.channel_id,
        number=await resolve_number(slack.context, Option(press.action.value or "", "")),
    )
