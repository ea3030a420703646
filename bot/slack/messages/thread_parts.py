"""What the facts of a thread are made of: sentences, problems in the words of others, assignments."""

from collections.abc import Iterable, Mapping

from bot.domain.assignment import Assignment, Field
from bot.domain.change import ChangeRequest
from bot.domain.difference import TITLES, describe
from bot.domain.facts import Finished
from bot.domain.shortening import shorten
from bot.slack.block_kit.elements import (
    Block,
    literal,
    rich_line,
    rich_list,
    rich_quote,
    rich_text,
    section,
    text_run,
)
from bot.slack.block_kit.limits import LINE_LIMIT, WEBHOOK_LIMIT, few, short_names
from bot.slack.messages.glance import in_short, named_number
from bot.slack.messages.wording import Part, Words, in_line, in_text

Message = tuple[str, list[Block]]
QUOTE_LIMIT = 1000
NUMBER_TEXT_LIMIT = 400


def plain_fact(text: str) -> Message:
    """Make a fact of the bot's own words alone."""
    return text, [section(text)]


def line_fact(*parts: Part) -> Message:
    """Make a fact of one line."""
    return in_text(*parts), [rich_text(in_line(*parts), block_id="head")]


def number_of(change: ChangeRequest) -> Words:
    """Return the number for a line: its identifier is the words of others."""
    return Words(named_number(change), NUMBER_TEXT_LIMIT)


def about(change: ChangeRequest) -> str:
    """Write for a message's `text` which number it is about, and what was to change."""
    return f"{in_text(number_of(change))}, {literal(in_short(change), QUOTE_LIMIT)}"


def quoted(problem: str | None) -> list[Block]:
    """Quote what others said went wrong."""
    return [rich_text(rich_quote(shorten(problem, QUOTE_LIMIT)))] if problem else []


def quoted_text(problem: str | None) -> str:
    """Quote what others said went wrong, in a message's `text`, behind a space."""
    return f" {literal(problem, QUOTE_LIMIT)}" if problem else ""


def names_of(change: ChangeRequest, told: Finished) -> dict[str, str]:
    """Return the agents' names by id: those that the reviewers saw, and those that were recorded with a fact."""
    return {**change.agent_names, **told.names}


def assignment_blocks(
    names: Mapping[str, str], live: Assignment, fields: Iterable[Field], *, block_id: str, title: str = ""
) -> list[Block]:
    """Show fields of an assignment, the values in bold: one value is one line."""
    parts = [rich_line(text_run(title))] if title else []
    for field, lines in _described(names, live, fields).items():
        if len(lines) == 1:
            parts.append(rich_line(text_run(f"{TITLES[field]}: "), text_run(lines[0], bold=True)))
        else:
            parts.append(rich_line(text_run(f"{TITLES[field]}:")))
            parts.append(rich_list([[text_run(line, bold=True)] for line in lines]))
    return [rich_text(*parts, block_id=block_id)] if parts else []


def in_words(names: Mapping[str, str], live: Assignment, fields: Iterable[Field]) -> str:
    """Write fields of an assignment for a message's `text`."""
    described = _described(names, live, fields).items()
    return literal("; ".join(f"{TITLES[field]}: {' + '.join(lines)}" for field, lines in described), QUOTE_LIMIT)


def _described(names: Mapping[str, str], live: Assignment, fields: Iterable[Field]) -> dict[Field, tuple[str, ...]]:
    return {
        field: few(lines, limit=WEBHOOK_LIMIT if field is Field.WEBHOOK else LINE_LIMIT)
        for field, lines in describe(live, short_names(names), fields).items()
    }
