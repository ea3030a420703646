"""Which listed numbers end in which digits, for several endings at once: one pass over the account for all of them."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.number import SHORTEST_ENDING
from bot.store.mirror.schema import numbers

# More than nobody could mean by an ending that is worth to be read.
MOST = 2000


async def of_all(
    tx: AsyncConnection, account_sid: str, workspace_id: int, endings: Collection[str]
) -> dict[str, list[str]]:
    """Return the listed identifiers whose digits end so, by ending; of an ending that is too short none."""
    wanted = sorted(ending for ending in endings if len(ending) >= SHORTEST_ENDING)
    if not wanted:
        return {}
    query = (
        select(numbers.c.number, numbers.c.digits)
        .where(
            numbers.c.account_sid == account_sid,
            numbers.c.workspace_id == workspace_id,
            numbers.c.is_listed,
            or_(*(numbers.c.digits.endswith(ending, autoescape=True) for ending in wanted)),
        )
        .order_by(numbers.c.number)
        .limit(MOST)
    )
    rows = [(row.number, row.digits) for row in await tx.execute(query)]
    return {ending: [number for number, digits in rows if digits.endswith(ending)] for ending in wanted}
