"""The numbers of an account page by page: all of them, or those that hold a text, have a name or are answered by it.

Pages follow the order of the database, which need not be Python's: what is compared with the end of a page is compared
there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.mirror import numbers as mirror_numbers
from bot.store.mirror.digits import searched_digits
from bot.store.mirror.number_index import NumberIndex
from bot.store.mirror.numbers import MirroredNumber
from bot.store.mirror.schema import numbers

# When more numbers than this hold a text, going through them in their order meets a page of them soon.
FEW = 1000
AGENTS_AT_ONCE = 50
NAMES_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: a text in a number, empty for every number; or some numbers by name; or agents' numbers."""

    text: str = ""
    named: Sequence[str] = ()
    agent_ids: Sequence[str] = ()


async def page(tx: AsyncConnection, index: NumberIndex, sought: Sought, after: str, limit: int) -> list[MirroredNumber]:
    """Return the first listed numbers behind `after` that are sought, in the order of the database."""
    own = (index.account_sid, index.workspace_id)
    folded = sought.text.strip().casefold()
    if not folded:
        return await mirror_numbers.behind(tx, *own, true(), after=after, limit=limit)
    candidates: set[str] = set()
    for agents in _in_parts(sought.agent_ids, AGENTS_AT_ONCE):
        answered = await mirror_numbers.answered_behind(tx, *own, agents, after=after, limit=limit)
        if answered:
            candidates |= await mirror_numbers.first_of(tx, *own, answered, after=after, limit=limit)
    for named in _in_parts(sought.named, NAMES_AT_ONCE):
        candidates |= await mirror_numbers.first_of(tx, *own, named, after=after, limit=limit)
    found = await index.search(tx, folded, searched_digits(sought.text), FEW + 1)
    if found is not None and len(found) <= FEW:
        return await mirror_numbers.among(tx, *own, candidates.union(found), after=after, limit=limit)
    matches = or_(mirror_numbers.holding(sought.text), numbers.c.number.in_(candidates))
    return await mirror_numbers.behind(tx, *own, matches, after=after, limit=limit)


def _in_parts(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
