"""More numbers, as they were written: each is read like a typed number; and how they compare to the first."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.assignment import Field
from bot.domain.bundle import MOST_NUMBERS
from bot.domain.difference import TITLES, describe
from bot.domain.errors import InvalidNumber
from bot.service import lookup
from bot.service.context import ServiceContext
from bot.service.lookup import Present
from bot.service.typed_numbers import read_all_typed
from bot.slack.block_kit.limits import few, short_names, short_number

_SEPARATORS = re.compile(r"[\n\r,;]+")
DIFFERING_SHOWN = 10
NUMBER_LIMIT = 40


def entries_of(text: str) -> list[str]:
    """Return what stands between lines, commas and semicolons, each once."""
    return list(dict.fromkeys(filter(None, (entry.strip() for entry in _SEPARATORS.split(text)))))


async def read_more(context: ServiceContext, text: str, first: str) -> tuple[str, ...]:
    """Return the listed numbers that are meant, without the first one and without repetitions.

    Raises InvalidNumber about the first entry that cannot be read, and about more than there may be.
    """
    read = await read_all_typed(context, entries_of(text))
    for found in read.values():
        if isinstance(found, InvalidNumber):
            raise found
    numbers = dict.fromkeys(number for number in read.values() if isinstance(number, str) and number != first)
    if len(numbers) >= MOST_NUMBERS:
        raise InvalidNumber(
            f"These are {len(numbers)} more numbers; up to {MOST_NUMBERS - 1} can be asked for at once."
        )
    return tuple(numbers)


@dataclass(frozen=True, slots=True)
class Others:
    """What is known of more numbers as they are typed: of those that can be read so far, and how many cannot."""

    present: tuple[Present, ...] = ()
    unread: int = 0


async def read_others(context: ServiceContext, text: str, first: str) -> Others:
    """Read the more numbers as far as they can be read, without the first one."""
    if not text.strip():
        return Others()
    read = await read_all_typed(context, entries_of(text))
    numbers = list(dict.fromkeys(found for found in read.values() if isinstance(found, str) and found != first))
    unread = sum(isinstance(found, InvalidNumber) for found in read.values())
    present = await lookup.present_all(context, numbers)
    return Others(tuple(present[number] for number in numbers if number in present), unread)


def compared(first: Present, others: Others) -> list[str]:
    """Say of the numbers that can be read so far which are like the first one, and how the others differ."""
    return [*_lines(first, others.present), *([_unread(others.unread)] if others.unread else [])]


def _lines(first: Present, others: Sequence[Present]) -> list[str]:
    if not others:
        return []
    moved = {each.number: first.assignment.differing(each.assignment) for each in others}
    alike = sum(not fields for fields in moved.values())
    head = f"{len(others) + 1} numbers in all"
    if alike == len(others):
        return [f"{head}: all are like this one now."]
    said = {0: "none of the others is like this one", 1: "1 of the others is like this one"}
    lines = [f"{head}: {said.get(alike, f'{alike} of the others are like this one')} now."]
    differing = [each for each in others if moved[each.number]]
    lines += [_difference(each, moved[each.number]) for each in differing[:DIFFERING_SHOWN]]
    left = differing[DIFFERING_SHOWN:]
    if left:
        fields = Counter(field for each in left for field in moved[each.number])
        named = ", ".join(f"{TITLES[field]} ({fields[field]})" for field in Field if field in fields)
        lines.append(f"{len(left)} more differ, in {named}.")
    return lines


def _difference(present: Present, fields: frozenset[Field]) -> str:
    described = describe(present.assignment, short_names(present.names), fields)
    words = "; ".join(f"{TITLES[field]}: {' + '.join(few(lines, 3, 60))}" for field, lines in described.items())
    return f"{short_number(present.number, NUMBER_LIMIT)} has {words}."


def _unread(count: int) -> str:
    if count == 1:
        return "1 entry is no number of this account yet."
    return f"{count} entries are no numbers of this account yet."
