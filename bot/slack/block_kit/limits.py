"""How much of what others wrote stands in a message or a form; the whole of it stands behind Details."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.domain.assignment import Field
from bot.domain.difference import Fate, FieldDifference, Share, one_line
from bot.domain.number import pretty
from bot.domain.shortening import shorten
from bot.domain.webhook import LONGEST
from bot.domain.weights import MOST_AGENTS

NAME_LIMIT = 60
NUMBER_LIMIT = 120
LINE_LIMIT = 200
# The longest address that can be asked for, with what is said of its hidden parts.
WEBHOOK_LIMIT = LONGEST + 100
FORMER_WEBHOOK_LIMIT = 300
# A message holds some 13,000 characters. A card's own words take up to 3500 of them, the reason up to 3000.
ROOM = 9200
LINE_OVERHEAD = 30


def short_number(number: str, limit: int = NUMBER_LIMIT) -> str:
    """Write a number for people, cut when an identifier would flood the place where it stands."""
    return shorten(pretty(number), limit)


def short_names(names: Mapping[str, str]) -> dict[str, str]:
    """Cut names that would flood a message, with the agent's id behind what is left of them."""
    return {agent_id: _short_name(agent_id, one_line(name)) for agent_id, name in names.items()}


def few(lines: Sequence[str], most: int = MOST_AGENTS, limit: int = LINE_LIMIT) -> tuple[str, ...]:
    """Keep the first of many lines and say how many more there are; cut a long line in its middle."""
    kept = tuple(middle(line, limit) for line in lines[:most])
    return kept if len(lines) <= most else (*kept, f"and {len(lines) - most} more")


def bounded(differences: Sequence[FieldDifference], *, beside: int) -> tuple[FieldDifference, ...]:
    """Cut differences to what a message has room for beside so many other characters.

    What is asked for stays; of what it replaces, fewer lines are kept until all fits.
    """
    cut: tuple[FieldDifference, ...] = ()
    for most in (MOST_AGENTS, 5, 2):
        cut = tuple(_bounded(difference, most) for difference in differences)
        if beside + _length(cut) <= ROOM:
            break
    return cut


def middle(text: str, limit: int) -> str:
    """Cut out the middle: what stands at the end tells long texts apart as often as the beginning does."""
    if len(text) <= limit:
        return text
    tail = limit // 3
    return f"{text[: limit - tail - 1]}…{text[-tail:]}"


def _short_name(agent_id: str, name: str) -> str:
    return (
        name if len(name) <= NAME_LIMIT else f"{shorten(name, NAME_LIMIT)} ({middle(one_line(agent_id), NAME_LIMIT)})"
    )


def _bounded(difference: FieldDifference, most: int) -> FieldDifference:
    if difference.field is Field.WEBHOOK:
        return replace(
            difference,
            before=few(difference.before, limit=FORMER_WEBHOOK_LIMIT),
            after=few(difference.after, limit=WEBHOOK_LIMIT),
        )
    return replace(
        difference,
        before=few(difference.before, most),
        after=few(difference.after),
        shares=_few_shares(difference.shares, most),
        more=few([share.agent for share in difference.shares if share.fate is Fate.GOES], most)[most:],
    )


def _few_shares(shares: Sequence[Share], most: int) -> tuple[Share, ...]:
    """Keep what comes and what stays; of what goes the first."""
    gone = [share for share in shares if share.fate is Fate.GOES]
    left_out = len(gone) - most
    kept = [*gone[:most], *(share for share in shares if share.fate is not Fate.GOES)] if left_out > 0 else shares
    return tuple(replace(share, agent=middle(share.agent, LINE_LIMIT)) for share in kept)


def _length(differences: Iterable[FieldDifference]) -> int:
    return sum(_lines_length(each) for each in differences)


def _lines_length(difference: FieldDifference) -> int:
    if difference.shares:
        # A long name goes on in the next line, behind as many spaces.
        return sum(2 * len(share.agent) + LINE_OVERHEAD for share in difference.shares)
    return sum(len(line) + LINE_OVERHEAD for line in (*difference.before, *difference.after))
