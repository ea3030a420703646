"""What is approved and sent later: at its Start, when its rules open, or to put another change back."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.state import State
from bot.store.changes import from_row
from bot.store.columns import UtcDateTime
from bot.store.schema import changes, is_unfinished

# The opening of its rules is never earlier than when a change is due.
_SENT_FROM = func.coalesce(changes.c.opens_at, changes.c.due_at, type_=UtcDateTime)


async def coming(tx: AsyncConnection, team_id: str, now: datetime, limit: int) -> list[tuple[ChangeRequest, int]]:
    """Return a team's approved changes that are sent later than now, what is sent first at the top.

    Of those that were asked together the one that is sent first stands for all that are sent later, and counts them.
    """
    together = (func.coalesce(changes.c.bundle_id, -changes.c.id),)
    found = (
        select(
            changes,
            func.row_number().over(partition_by=together, order_by=(_SENT_FROM, changes.c.id)).label("place"),
            func.count().over(partition_by=together).label("in_all"),
        )
        .where(
            changes.c.team_id == team_id,
            is_unfinished(changes),
            changes.c.state == State.APPROVED,
            or_(changes.c.due_at > now, changes.c.opens_at > now),
        )
        .subquery("changes")
    )
    sent_from = func.coalesce(found.c.opens_at, found.c.due_at, type_=UtcDateTime)
    query = select(found).where(found.c.place == 1).order_by(sent_from, found.c.id).limit(limit)
    return [(from_row(row), row["in_all"] - 1) for row in (await tx.execute(query)).mappings()]
