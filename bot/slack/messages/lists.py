"""Changes in short, one paragraph each, and the help: what commands answer to their caller alone."""

from collections.abc import Callable, Sequence

from bot.domain.assignment import Field
from bot.domain.change import ChangeRequest
from bot.domain.difference import TITLES
from bot.domain.errors import UnknownChange
from bot.domain.label import parse_label
from bot.domain.state import State
from bot.slack.block_kit.elements import Block, date_run, rich_line, rich_list, rich_text, text_run, user_run
from bot.slack.block_kit.limits import short_number

# Twenty of these have to fit into one message.
NUMBER_LIMIT = 200

HELP = (
    ("/route-number", "opens the form"),
    ("/route-number +49 30 555 0199", "opens the form for a number, in any common writing, or an extension"),
    ("/route-number pending", "the changes that wait for a decision"),
    ("/route-number history", "the last changes; add a number for its own: /route-number history 555 0199"),
    ("/route-number show RN-12", "one change with its whole record"),
    ("/route-number revert RN-12", "opens the form with the assignment from before that change"),
    ("/route-number pause", "stops all sending to UponAI; asking and approving go on"),
    ("/route-number resume", "restarts it"),
    ("/route-number help", "this"),
)
HELP_TEXT = "Ask for a change of a phone number; somebody else approves it, then it is done."


def help_blocks() -> list[Block]:
    """Build the help, with examples."""
    lines = [[text_run(example, code=True), text_run(f"  {meaning}")] for example, meaning in HELP]
    return [rich_text(rich_line(text_run(HELP_TEXT)), rich_list(lines))]


def parse_change(word: str, text: str) -> int:
    """Read the name of a change: RN-12, rn 12 and 12 are one. Raises UnknownChange with a sentence."""
    try:
        return parse_label(text)
    except UnknownChange:
        raise UnknownChange(f"Say which change, by its name: /route-number {word} RN-12.") from None


def shown_number(number: str) -> str:
    """Write a number for a line of a list; the whole one stands in `show`."""
    return short_number(number, NUMBER_LIMIT)


def change_blocks(
    title: str, changes: Sequence[ChangeRequest], note: Callable[[ChangeRequest], str | None]
) -> list[Block]:
    """Build a list of changes; `note` is what is to be said of one beside what it shows itself."""
    return [rich_text(rich_line(text_run(title, bold=True))), *(_change(change, note(change)) for change in changes)]


def more_block(shown: int) -> Block:
    """Say that there are more."""
    return rich_text(rich_line(text_run(f"These are {shown}; there are more.", italic=True)))


def _change(change: ChangeRequest, note: str | None) -> Block:
    fields = ", ".join(TITLES[field] for field in Field if field in change.patch.fields)
    runs = [
        text_run(f"{change.label} ", bold=True),
        text_run(f"{shown_number(change.key.number)}  "),
        text_run(change.state.value, bold=True),
        text_run(f"\n{fields}, asked by "),
        user_run(change.requester_id),
        text_run(" "),
        date_run(change.created_at),
    ]
    if change.decided_by is not None and change.decided_at is not None:
        runs += [text_run(", decided by "), user_run(change.decided_by), text_run(" "), date_run(change.decided_at)]
    if note is not None:
        runs.append(text_run(f"\n{note}"))
        until = change.expires_at if change.state is State.PENDING else change.apply_before
        if until is not None and not change.state.is_final:
            runs += [text_run(" It waits until "), date_run(until), text_run(".")]
    return rich_text(rich_line(*runs))
