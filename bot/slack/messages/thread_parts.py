"""What the facts of a thread are made of: sentences, problems in the words of others, assignments."""

from collections.abc import Mapping

from bot.domain.assignment import Assignment, Field
from bot.domain.change import ChangeRequest
from bot.domain.difference import TITLES, describe
from bot.domain.facts import Finished, Problem
from bot.domain.shortening import shorten
from bot.slack.block_kit.elements import (
    Block,
    actions,
    literal,
    rich_line,
    rich_list,
    rich_quote,
    rich_text,
    section,
    text_run,
)
from bot.slack.block_kit.limits import LINE_LIMIT, WEBHOOK_LIMIT, few, short_names

Message = tuple[str, list[Block]]
QUOTE_LIMIT = 1000


def plain_fact(text: str) -> Message:
    """Make a fact of the bot's own words alone."""
    return text, [section(text)]


def with_problem(text: str, told: Problem, next_step: str, *buttons: Block) -> Message:
    """Say what happened, why (words of others, literally), and what happens next."""
    problem = told.problem
    blocks = [section(text)]
    if problem:
        blocks.append(rich_text(rich_quote(shorten(problem, QUOTE_LIMIT))))
    blocks.append(section(next_step))
    if buttons:
        blocks.append(actions(*buttons, block_id="next"))
    return f"{text} {literal(problem, QUOTE_LIMIT)} {next_step}" if problem else f"{text} {next_step}", blocks


def names_of(change: ChangeRequest, told: Finished) -> dict[str, str]:
    """Return the agents' names by id: those that the reviewers saw, and those that were recorded with a fact."""
    return {**change.agent_names, **told.names}


def assignment_blocks(names: Mapping[str, str], live: Assignment | None) -> list[Block]:
    """List an assignment, field by field."""
    if live is None:
        return []
    return [
        rich_text(
            *(
                part
                for field, lines in _described(names, live).items()
                for part in (
                    rich_line(text_run(TITLES[field], bold=True)),
                    rich_list([[text_run(line)] for line in lines]),
                )
            ),
            block_id="assignment",
        )
    ]


def in_words(names: Mapping[str, str], live: Assignment | None) -> str:
    """Write an assignment for a message's `text`."""
    if live is None:
        return ""
    described = _described(names, live).items()
    return literal("; ".join(f"{TITLES[field]}: {' + '.join(lines)}" for field, lines in described), QUOTE_LIMIT)


def _described(names: Mapping[str, str], live: Assignment) -> dict[Field, tuple[str, ...]]:
    return {
        field: few(lines, limit=WEBHOOK_LIMIT if field is Field.WEBHOOK else LINE_LIMIT)
        for field, lines in describe(live, short_names(names)).items()
    }
