"""Bolt's listeners of the form: choices, type-aheads, the submission."""

from collections.abc import Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack.context import SlackContext
from bot.slack.form import view as form_view
from bot.slack.listeners.form_choice import choose
from bot.slack.listeners.form_options import suggest
from bot.slack.listeners.form_submit import submit_form
from bot.slack.listeners.form_withdraw import withdraw
from bot.slack.payloads import Interaction, Suggestion

CHOICES = (
    form_view.NUMBER,
    form_view.AGENT,
    form_view.OUTBOUND_AGENT,
    form_view.CHOICE,
    form_view.ADD,
    form_view.REMOVE,
)
TYPE_AHEADS = (
    form_view.NUMBER,
    form_view.AGENT,
    form_view.VERSION,
    form_view.OUTBOUND_AGENT,
    form_view.OUTBOUND_VERSION,
)


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register what the form needs."""

    async def chosen(body: dict[str, Any], ack: AsyncAck) -> None:
        interaction = Interaction.model_validate(body)
        if interaction.view is not None:
            await choose(provide(), interaction.view, interaction.actions)
        await ack()

    async def typed(body: dict[str, Any], ack: AsyncAck) -> None:
        await ack(options=await suggest(provide(), Suggestion.model_validate(body)))

    async def submitted(body: dict[str, Any], ack: AsyncAck) -> None:
        interaction = Interaction.model_validate(body)
        if interaction.view is None:
            await ack()
            return
        errors = await submit_form(provide(), interaction.view, interaction.actor("slack:modal"))
        await (ack(response_action="errors", errors=errors) if errors else ack())

    async def withdrawn(body: dict[str, Any], ack: AsyncAck) -> None:
        interaction = Interaction.model_validate(body)
        if interaction.view is not None:
            await withdraw(provide(), interaction.view, interaction.actions[0], interaction.actor("slack:modal"))
        await ack()

    app.action(form_view.WITHDRAW)(withdrawn)
    for action_id in CHOICES:
        app.action(action_id)(chosen)
    for action_id in TYPE_AHEADS:
        app.options(action_id)(typed)
    app.view(form_view.CALLBACK)(submitted)
