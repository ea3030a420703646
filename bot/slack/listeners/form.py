"""Bolt's listeners of the form: choices, type-aheads, the submission."""

from collections.abc import Callable

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.errors import DomainError
from bot.slack.block_kit.elements import Block
from bot.slack.block_kit.sentences import sentence_plain
from bot.slack.context import SlackContext
from bot.slack.form import inbound_view, option_values, several_view
from bot.slack.form import view as form_view
from bot.slack.listeners.form_choice import choose
from bot.slack.listeners.form_options import suggest
from bot.slack.listeners.form_submit import submit_form
from bot.slack.listeners.form_withdraw import withdraw
from bot.slack.listeners.replies import send_ephemeral
from bot.slack.messages.home import FIND
from bot.slack.payloads import BlockActions, BlockSuggestion, ViewSubmission

CHOICES = (
    form_view.NUMBER,
    form_view.OUTBOUND_AGENT,
    form_view.URL,
    several_view.SEVERAL,
    several_view.MORE,
    inbound_view.AGENT,
    inbound_view.VERSION,
    inbound_view.WEIGHT,
    inbound_view.CHOICE,
    inbound_view.START,
    inbound_view.ADD,
    inbound_view.REMOVE,
)
TYPE_AHEADS = (
    form_view.NUMBER,
    inbound_view.AGENT,
    inbound_view.VERSION,
    form_view.OUTBOUND_AGENT,
    form_view.OUTBOUND_VERSION,
    FIND,
)


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register what the form needs."""

    async def chosen(parsed: BlockActions, ack: AsyncAck) -> None:
        await _choose(provide(), parsed)
        await ack()

    async def typed(parsed: BlockSuggestion, ack: AsyncAck) -> None:
        await ack(options=await _suggest(provide(), parsed))

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


async def _choose(slack: SlackContext, parsed: BlockActions) -> None:
    if parsed.view is None:
        return
    try:
        await choose(slack, parsed.view, parsed.actions, parsed.actor)
    except DomainError as error:
        if parsed.place is not None:
            await send_ephemeral(slack, parsed.place, str(error))


async def _suggest(slack: SlackContext, parsed: BlockSuggestion) -> list[Block]:
    try:
        return await suggest(slack, parsed)
    except DomainError as error:
        return [option_values.nothing(sentence_plain(str(error))).to_json()]
