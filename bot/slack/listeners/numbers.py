"""`list`: numbers with names and who answers them, page by page; and Route beside each, which opens its form."""

import json
from collections.abc import Callable

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.difference import agent_labels
from bot.domain.errors import DomainError, WrongUsage
from bot.domain.events import Event
from bot.domain.webhook import describe_webhook
from bot.service import numbers
from bot.service.lookup import Present
from bot.service.numbers import NumberPage
from bot.slack.api.channels import refuse_direct
from bot.slack.background import together
from bot.slack.block_kit.elements import Block
from bot.slack.context import SlackContext
from bot.slack.form import option_values
from bot.slack.form.answered_by import answered_by
from bot.slack.form.compose import resolve_number
from bot.slack.form.option_values import Option
from bot.slack.listeners.form_opening import open_form
from bot.slack.listeners.permission import require_member
from bot.slack.listeners.replies import in_messages, send_ephemeral
from bot.slack.messages.numbers import (
    MORE,
    NOTHING_LISTED,
    ROUTE,
    UNREAD,
    NumberRow,
    list_blocks,
    list_title,
    remarks,
)
from bot.slack.payload_parts import Place
from bot.slack.payloads import BlockActions, Command

LISTED_AT_MOST = 20
TEXT_LIMIT = 200
NOTHING_MORE = "There are no more numbers."

Page = tuple[str, list[Block]]


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the buttons."""

    @app.action(ROUTE)
    async def route(parsed: BlockActions, ack: AsyncAck) -> None:
        slack, place = provide(), parsed.place
        if place is not None:
            try:
                await _route(slack, parsed, place)
            except DomainError as error:
                await send_ephemeral(slack, place, str(error))
        await ack()

    @app.action(MORE)
    async def more(parsed: BlockActions, ack: AsyncAck) -> None:
        slack, place = provide(), parsed.place
        if place is not None:
            try:
                await require_member(slack, parsed.actor, event=Event.PRESS_REFUSED)
                title, blocks = await _next_page(slack, parsed.action.value or "")
            except DomainError as error:
                await send_ephemeral(slack, place, str(error))
            else:
                for part in in_messages(blocks):
                    await send_ephemeral(slack, place, title, part or None, is_literal=True)
        await ack()


async def page(slack: SlackContext, command: Command, text: str) -> Page:
    """Return the first page of a list; no blocks without any number.

    Raises NotAllowed (recorded by then), WrongUsage.
    """
    if len(text) > TEXT_LIMIT:
        raise WrongUsage(f"That is too long to look for: write up to {TEXT_LIMIT} characters.")
    member = require_member(slack, command.actor)
    _, found = await together(member, numbers.page(slack.context, text, LISTED_AT_MOST))
    if not found.numbers:
        return (UNREAD if found.is_unread else f"{list_title(text)}: none." if text else NOTHING_LISTED), []
    return _page(list_title(text), text, found)


async def _next_page(slack: SlackContext, value: str) -> Page:
    """Return what follows; `value` says of which list and behind which number, and is a hint."""
    text, last = _read_value(value)
    after = await resolve_number(slack.context, Option(last, ""))
    found = await numbers.page(slack.context, text, LISTED_AT_MOST, after=after)
    return _page(list_title(text, is_first=False), text, found) if found.numbers else (NOTHING_MORE, [])


def _page(title: str, text: str, found: NumberPage) -> Page:
    last = option_values.value_of(found.numbers[-1].number)
    return title, list_blocks(
        title,
        [_row(each) for each in found.numbers],
        more=json.dumps([text, last], ensure_ascii=False) if found.has_more else None,
        remarks=remarks(as_of=found.as_of, problem=found.problem, is_cut=found.is_cut),
    )


def _row(present: Present) -> NumberRow:
    return NumberRow(present.number, option_values.value_of(present.number), _answers(present), present.name)


def _answers(present: Present) -> str:
    """Say who answers, then what else there is."""
    assignment = present.assignment
    # The names are those of a whole page: here the agents of one number are told apart.
    own = {agent.agent_id for agent in (*assignment.inbound, *assignment.outbound)}
    names = agent_labels({agent_id: name for agent_id, name in present.names.items() if agent_id in own})
    parts = [answered_by(assignment.inbound, names)]
    if assignment.outbound:
        parts.append(f"Outbound: {answered_by(assignment.outbound, names)}")
    if assignment.webhook_url is not None:
        parts.append(f"Webhook: {describe_webhook(assignment.webhook_url)[0]}")
    if assignment.is_time_routing_enabled:
        parts.append("Time routing on")
    if present.import_error is not None:
        parts.append("⚠️ not at the telephony platform")
    return " | ".join(parts)


def _read_value(value: str) -> tuple[str, str]:
    try:
        text, last = json.loads(value)
    except (TypeError, ValueError):
        return "", ""
    return str(text), str(last)


async def _route(slack: SlackContext, press: BlockActions, place: Place) -> None:
    refuse_direct(place.channel_id, slack.approval_channel)
    await open_form(
        slack,
        trigger_id=press.trigger_id,
        actor=press.actor,
        channel_id=place.channel_id,
        number=await resolve_number(slack.context, Option(press.action.value or "", "")),
    )
