"""Numbers as `show` and `list` answer them: who answers now, the rules, what is open, and the button to the form."""

from dataclasses import dataclass
from datetime import datetime

from bot.service.history import Listing
from bot.slack.block_kit.elements import (
    Block,
    actions,
    button,
    context,
    date,
    literal,
    rich_line,
    rich_text,
    text_run,
)
from bot.slack.block_kit.limits import short_number
from bot.slack.messages import rows
from bot.slack.messages.rows import Note

ROUTE, MORE = "number:route", "number:more"
# A button's label for screen readers takes 75 characters, a title more.
LABEL_LIMIT = 60
NUMBER_LIMIT = 200
# Twenty of these fit into one message.
ROW_NUMBER_LIMIT, ROW_NAME_LIMIT, ROW_ANSWERS_LIMIT = 60, 90, 300
PROBLEM_LIMIT = 500
UNREAD = "I have not read the account's numbers yet. Please try again in a minute."
NOTHING_LISTED = "This account lists no numbers."


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One number of a list; `value` stands for it in its button, and `answers` says who answers."""

    number: str
    value: str
    answers: str
    name: str | None = None


def seen_title(number: str) -> str:
    """Say what the answer is about, for its notification."""
    return f"{short_number(number, NUMBER_LIMIT)}: who answers it now"


def seen_blocks(present: list[Block], route: Block, rules: list[Block], changes: list[Block]) -> list[Block]:
    """Put together what is known of one number; `present` says who answers it, `changes` what is open for it."""
    return [*present, actions(route, block_id="route"), *rules, *changes]


def route_button(number: str, value: str, action_id: str = ROUTE) -> Block:
    """Build the button that opens the form of a number; `value` stands for it."""
    return button("Route", action_id, value=value, label=f"Route {short_number(number, LABEL_LIMIT)}")


def list_title(text: str, *, is_first: bool = True) -> str:
    """Say which numbers a list holds."""
    which = f" that match “{short_number(text, ROW_NUMBER_LIMIT)}”" if text else ""
    return f"{'Numbers' if is_first else 'More numbers'}{which}"


def list_blocks(title: str, found: list[NumberRow], *, more: str | None, remarks: list[Block]) -> list[Block]:
    """Build a page of a list; `more` is the value of the button that goes on with it."""
    onward = [actions(button("More", MORE, value=more, label="More numbers"), block_id="more")] if more else []
    head = rich_text(rich_line(text_run(title, bold=True)))
    return [head, *(_row(each, at) for at, each in enumerate(found)), *remarks, *onward]


def remarks(*, as_of: datetime | None, problem: str | None, is_cut: bool) -> list[Block]:
    """Say in small print what there is to know about a list: its age, and what it leaves out."""
    said = [] if as_of is None else [f"As of {date(as_of)}."]
    if as_of is not None and problem is not None:
        said.append(f"I could not read UponAI just now: {literal(problem, PROBLEM_LIMIT)}")
    if is_cut:
        said.append("So many agents match that not all of their numbers are here: write more of the name.")
    return [context(" ".join(said))] if said else []


def _row(row: NumberRow, at: int) -> Block:
    number = f"*{literal(short_number(row.number, ROW_NUMBER_LIMIT), 2 * ROW_NUMBER_LIMIT)}*"
    named = f"{number} {literal(row.name, ROW_NAME_LIMIT)}" if row.name else number
    text = f"{named}\n{literal(row.answers, ROW_ANSWERS_LIMIT)}"
    route = route_button(row.number, row.value)
    return {"type": "section", "block_id": f"number:{at}", "text": rows.verbatim(text), "accessory": route}


def open_blocks(found: Listing, team_url: str, note: Note) -> list[Block]:
    """List what is open for a number."""
    if not found.changes:
        return [context("No change is open for it.")]
    more = [context("There are more: `/route-number history` with the number lists them.")] if found.has_more else []
    return [rows.title("Open for it"), *rows.listed(team_url, found, note), *more]
