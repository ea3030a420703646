"""One line a number: what a bundle does to each, in what room a message has; it says of which only a part is shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.change import ChangeRequest
from bot.domain.number import pretty
from bot.domain.weights import MOST_AGENTS
from bot.slack.block_kit.elements import Block, rich_list, text_run
from bot.slack.block_kit.limits import ROOM, WEBHOOK_LIMIT, middle, short_number
from bot.slack.messages.change_blocks import as_no_state_line
from bot.slack.messages.glance import in_short, named_number, short_differences, sign, whole_differences

# What a line takes beside its words: sign, label, and what stands between.
OVERHEAD = 25
NUMBER_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One number, what is done to it, and whether all of that stands here."""

    change: ChangeRequest
    number: str
    words: str
    is_whole: bool


def lines_of(members: Sequence[ChangeRequest], *, beside: int = 0) -> list[Line]:
    """Write a line for each, whole where all have room beside so many other characters; else each gets as much."""
    whole = [_line(each) for each in members]
    room = ROOM - beside - OVERHEAD * len(members)
    if sum(len(line.number) + len(line.words) for line in whole) <= room:
        return whole
    each = room // len(members)
    return [_cut(line, each) for line in whole]


def line_list(lines: Iterable[Line], *, is_with_sign: bool = False) -> Block:
    """Build the list of the lines for a rich_text block."""
    return rich_list(
        [
            [
                text_run(f"{sign(line.change)} {line.change.label} · " if is_with_sign else f"{line.change.label} · "),
                text_run(line.number, bold=True),
                text_run(f": {as_no_state_line(line.words)}"),
            ]
            for line in lines
        ]
    )


def numbers(count: int) -> str:
    """Write how many numbers."""
    return "1 number" if count == 1 else f"{count} numbers"


def labels(members: Iterable[ChangeRequest]) -> str:
    """Name all of them one after the other."""
    return ", ".join(each.label for each in members)


def _line(change: ChangeRequest) -> Line:
    return Line(change, named_number(change), in_short(change), _is_whole(change))


def _cut(line: Line, room: int) -> Line:
    number = middle(line.number, NUMBER_LIMIT)
    words = middle(line.words, max(room - len(number), OVERHEAD))
    return Line(line.change, number, words, line.is_whole and (number, words) == (line.number, line.words))


def _is_whole(change: ChangeRequest) -> bool:
    """Say whether the short words for a change leave nothing out."""
    whole = whole_differences(change)
    return (
        short_differences(change) == whole
        and short_number(change.key.number) == pretty(change.key.number)
        and all(_fits(side) for each in whole for side in (each.before, each.after))
    )


def _fits(lines: tuple[str, ...]) -> bool:
    return len(lines) <= MOST_AGENTS and all(len(line) <= WEBHOOK_LIMIT for line in lines)
