"""`show`: one change with its whole record, or one number with who answers it now."""

from bot.domain.errors import InvalidNumber, UnknownChange, WrongUsage
from bot.domain.label import parse_label
from bot.domain.number import QUOTED_AT_MOST, normalise, quoted
from bot.domain.shortening import shorten
from bot.service import history, lookup, numbers
from bot.service.elsewhere import why_elsewhere
from bot.slack.background import together
from bot.slack.block_kit.elements import Block, rich_line, rich_text, text_run
from bot.slack.context import SlackContext
from bot.slack.form import option_values
from bot.slack.form.current_assignment import Shown, present_blocks
from bot.slack.listeners.permission import require_member
from bot.slack.messages.details import record_blocks
from bot.slack.messages.numbers import open_blocks, route_button, seen_blocks, seen_title
from bot.slack.messages.policy import rules_blocks
from bot.slack.payloads import Command

OPEN_AT_MOST = 10
USAGE = "Say which change or number, for example `/route-number show RN-12` or `/route-number show 555 0199`."

Page = tuple[str, list[Block]]


async def page(slack: SlackContext, command: Command, text: str) -> Page:
    """Return the title and the blocks of what a text names; where it names both, of the change.

    Raises NotAllowed (recorded by then), UnknownChange, InvalidNumber, WrongUsage.
    """
    try:
        change_id = parse_label(text)
    except UnknownChange:
        return await _number(slack, command, text)
    try:
        return await _change(slack, command, change_id, text)
    except UnknownChange as unknown:
        try:
            return await _number(slack, command, text)
        except InvalidNumber as invalid:
            # A few digits were meant as a change, many as a number.
            raise (unknown if normalise(text, slack.context.default_region) is None else invalid) from None


async def _change(slack: SlackContext, command: Command, change_id: int, text: str) -> Page:
    await require_member(slack, command.actor)
    record = await history.show(slack.context, command.team_id, change_id)
    blocks = record_blocks(record)
    if await lookup.present(slack.context, text) is not None:
        blocks = [_called_alike(text), *blocks]
    return f"{record.change.label} {record.change.state}", blocks


def _called_alike(text: str) -> Block:
    """Say how to see the number that is written like a change."""
    said = f"This account lists a number {quoted(text)} too. To see that one, type "
    command = f"/route-number list {shorten(text, QUOTED_AT_MOST)}"
    return rich_text(rich_line(text_run(said), text_run(command, code=True), text_run(".")))


async def _number(slack: SlackContext, command: Command, text: str) -> Page:
    _, seen = await together(require_member(slack, command.actor), _look(slack, command, text))
    present, context = seen.present, slack.context
    shown = Shown(present=present, as_of=None if seen.is_fresh else present.as_of, problem=seen.problem)
    route = route_button(present.number, option_values.value_of(present.number))
    changes = open_blocks(seen.open, slack.identity.team_url, lambda change: why_elsewhere(context, change))
    return seen_title(present.number), seen_blocks(
        present_blocks(shown, explains_unpinned=True),
        route,
        rules_blocks(context.policy(), present.number),
        changes,
    )


async def _look(slack: SlackContext, command: Command, text: str) -> numbers.Seen:
    try:
        return await numbers.look_at(slack.context, text, command.team_id, OPEN_AT_MOST)
    except InvalidNumber:
        if any(character.isdigit() for character in text):
            raise
        # No number is meant by it, so how such a one would have to be written is of no use.
        error = WrongUsage(USAGE)
        error.is_quoting = False
        raise error from None
