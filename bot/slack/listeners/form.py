"""Bolt's listeners of the form: choices, type-aheads, the submission."""

from collections.abc import Callable

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack.context import SlackContext
from bot.slack.form import view as form_view
from bot.slack.listeners.form_choice import choose
from bot.slack.listeners.form_options import suggest
from bot.slack.listeners.form_submit import submit_form
from bot.slack.listeners.form_withdraw import withdraw
from bot.slack.payloads import BlockActions, BlockSuggestion, ViewSubmission

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

    async def chosen(parsed: BlockActions, ack: AsyncAck) -> None:
        if parsed.view is not None:
            await choose(provide(), parsed.view, parsed.actions)
        await ack()

    async def typed(parsed: BlockSuggestion, ack: AsyncAck) -> None:
        await ack(options=await suggest(provide(), parsed))

    async def submitted(parsed: ViewSubmission, ack: AsyncAck) -> None:
        errors = await submit_form(provide(), parsed.view, parsed.actor)
        await (ack(response_action="errors", errors=errors) if errors else ack())

    async def withdrawn(parsed: BlockActions, ack: AsyncAck) -> None:
        if parsed.view is not None:
            await withdraw(provide(), parsed.view, parsed.action.change_id, parsed.actor)
        await ack()

    app.action(form_view.WITHDRAW)(withdrawn)
    for action_id in CHOICES:
        app.action(action_id)(chosen)
    for action_id in TYPE_AHEADS:
        app.options(action_id)(typed)
    app.view(form_view.CALLBACK)(submitted)
