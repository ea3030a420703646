"""`/route-number`: what its text asks for, answered to its caller alone."""

import difflib
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.errors import DomainError, InvalidNumber, WrongUsage
from bot.domain.events import Event
from bot.domain.number import QUOTED_AT_MOST, quoted
from bot.domain.state import Origin
from bot.service import lookup
from bot.service.refusals import refusals
from bot.service.revert import revertible
from bot.slack.api.channels import refuse_direct
from bot.slack.block_kit.elements import Block, rich_line, rich_text, text_run
from bot.slack.context import SlackContext
from bot.slack.listeners import listing, numbers, pausing, showing
from bot.slack.listeners.command_text import as_written
from bot.slack.listeners.form_opening import open_form
from bot.slack.listeners.permission import require_here, require_member
from bot.slack.listeners.replies import in_messages, reply, send_ephemeral
from bot.slack.messages import help as help_words
from bot.slack.messages import lists
from bot.slack.messages import policy as policy_words
from bot.slack.payloads import Command

NAME = "/route-number"
Answer = dict[str, Any] | None
Verb = Callable[[SlackContext, Command, str], Awaitable[Answer]]


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the command."""

    @app.command(NAME)
    async def typed(parsed: Command, ack: AsyncAck) -> None:
        answer = await run(provide(), parsed)
        await (ack() if answer is None else ack(**answer))


async def run(slack: SlackContext, command: Command) -> Answer:
    """Do what the text asks for; return the answer to the caller, None when a form was opened instead."""
    text = as_written(command.text)
    word, _, rest = text.partition(" ")
    verb = _VERBS.get(word.lower())
    try:
        async with refusals(slack.context, command.actor, Event.COMMAND_REFUSED):
            if not text:
                return await _open(slack, command, None)
            if verb is not None:
                return await verb(slack, command, rest.strip())
            return await _number(slack, command, text)
    except DomainError as error:
        return reply(str(error), is_literal=error.is_quoting)


async def _open(slack: SlackContext, command: Command, number: str | None) -> Answer:
    refuse_direct(command.channel_id, slack.approval_channel)
    await open_form(
        slack, trigger_id=command.trigger_id, actor=command.actor, channel_id=command.channel_id, number=number
    )
    return None


async def _number(slack: SlackContext, command: Command, text: str) -> Answer:
    """Open the form for a number in any writing; for what can be none, say what was meant instead."""
    if not any(character.isdigit() for character in text) and not await _is_listed(slack, text):
        await require_member(slack, command.actor)
        word, shown = text[:QUOTED_AT_MOST].partition(" ")[0].lower(), quoted(text)
        meant = next(iter(difflib.get_close_matches(word, _VERBS, n=1)), None)
        if meant is not None:
            return _correction(f"I do not know {shown}. Did you mean ", f"{NAME} {meant}", "?")
        if await lookup.search_numbers(slack.context, "", 1):
            said = f"I do not know {shown}: this account lists no such number, and I have no such command. "
            return _correction(said, f"{NAME} help", " tells what I can do.")
    return await _open(slack, command, text)


def _correction(before: str, command: str, after: str) -> Answer:
    """Say it with a command as code in it; what was typed stands in it literally."""
    line = rich_line(text_run(before), text_run(command, code=True), text_run(after))
    return reply(f"{before}{command}{after}", [rich_text(line)], is_literal=True)


async def _is_listed(slack: SlackContext, text: str) -> bool:
    try:
        await lookup.read_typed(slack.context, text)
    except InvalidNumber:
        return False
    return True


async def _pending(slack: SlackContext, command: Command, rest: str) -> Answer:
    _refuse_rest("pending", rest)
    await require_member(slack, command.actor)
    return _in_parts(slack, command, *await listing.pending_page(slack, command.actor))


async def _history(slack: SlackContext, command: Command, rest: str) -> Answer:
    await require_member(slack, command.actor)
    number, mistake = await _read_number(slack, rest)
    title, blocks = await listing.recent_page(slack, command.team_id, number)
    if mistake is not None and not blocks:
        raise mistake
    if not blocks:
        return reply(f"{title}: none so far.", is_literal=True)
    return _in_parts(slack, command, title, blocks, is_literal=True)


async def _read_number(slack: SlackContext, text: str) -> tuple[str | None, InvalidNumber | None]:
    """Read a number for looking back: one that is not listed any more may have a history all the same."""
    if not text:
        return None, None
    try:
        return await lookup.read_typed(slack.context, text), None
    except InvalidNumber as error:
        return lookup.as_typed(slack.context, text), error


async def _show(slack: SlackContext, command: Command, rest: str) -> Answer:
    title, blocks = await showing.page(slack, command, rest)
    return _in_parts(slack, command, title, blocks, is_literal=True)


async def _list(slack: SlackContext, command: Command, rest: str) -> Answer:
    title, blocks = await numbers.page(slack, command, rest)
    if not blocks:
        return reply(title, is_literal=True)
    return _in_parts(slack, command, title, blocks, is_literal=True)


async def _policy(slack: SlackContext, command: Command, rest: str) -> Answer:
    _refuse_rest("policy", rest)
    await require_member(slack, command.actor)
    return _in_parts(slack, command, policy_words.POLICY, policy_words.policy_blocks(slack.context.policy()))


def _in_parts(
    slack: SlackContext, command: Command, title: str, blocks: list[Block], *, is_literal: bool = False
) -> Answer:
    """Answer with as much as fits into one message, and send the rest behind it."""
    first, *others = in_messages(blocks)
    if others:
        rest = _send_rest(slack, command, title, others, is_literal=is_literal)
        slack.background.start(rest, name="command.rest")
    return reply(title, first, is_literal=is_literal)


async def _send_rest(
    slack: SlackContext, command: Command, title: str, messages: list[list[Block]], *, is_literal: bool
) -> None:
    for blocks in messages:
        await send_ephemeral(slack, command.place, f"{title}, continued", blocks, is_literal=is_literal)


async def _revert(slack: SlackContext, command: Command, rest: str) -> Answer:
    refuse_direct(command.channel_id, slack.approval_channel)
    await require_member(slack, command.actor)
    change = await revertible(slack.context, command.actor, lists.parse_change("revert", rest))
    await require_here(slack, command.actor, change)
    await open_form(
        slack,
        trigger_id=command.trigger_id,
        actor=command.actor,
        channel_id=command.channel_id,
        number=change.key.number,
        filled=change.before.patch_to(change.patch.fields),
        origin=Origin.REVERT,
        parent_id=change.id,
    )
    return None


async def _pause(slack: SlackContext, command: Command, rest: str) -> Answer:
    """Stop sending for the reason that was typed; without one, open the form that asks for it."""
    told_in = _told_in(slack, command)
    await require_member(slack, command.actor)
    if not rest:
        await pausing.open_form(slack, command, told_in)
        return None
    return await pausing.pause(slack, command.actor, told_in, rest, asked_in=command.channel_id)


async def _resume(slack: SlackContext, command: Command, rest: str) -> Answer:
    _refuse_rest("resume", rest)
    await require_member(slack, command.actor)
    return await pausing.resume(slack, command.actor, _told_in(slack, command), asked_in=command.channel_id)


async def _help(_slack: SlackContext, _command: Command, _rest: str) -> Answer:
    return reply(help_words.HELP_TEXT, help_words.help_blocks())


def _told_in(slack: SlackContext, command: Command) -> str:
    """Return the channel where a pause is told; where nobody else would read of it, refuse it."""
    refuse_direct(command.channel_id, slack.approval_channel)
    return slack.channel_for(command.channel_id)


def _refuse_rest(word: str, rest: str) -> None:
    if rest:
        error = WrongUsage(f"“{word}” stands alone: type `{NAME} {word}`.")
        # The only words in it are the bot's own.
        error.is_quoting = False
        raise error


_VERBS: dict[str, Verb] = {
    "pending": _pending,
    "history": _history,
    "show": _show,
    "list": _list,
    "policy": _policy,
    "revert": _revert,
    "pause": _pause,
    "resume": _resume,
    "help": _help,
}
