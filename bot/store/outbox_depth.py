"""How much of the outbox is waiting."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.schema import outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much is waiting: all undone messages, those due, those parked, and since when the oldest due one is due."""

    undone: int
    due: int
    parked: int
    oldest_due_at: datetime | None


async def depth(tx: AsyncConnection, now: datetime) -> Depth:
    """Count what is waiting."""
    is_due = and_(outbox.c.is_parked.is_(False), outbox.c.due_at <= now)
    query = select(
        func.count().label("undone"),
        func.count().filter(is_due).label("due"),
        func.count().filter(outbox.c.is_parked.is_(True)).label("parked"),
        func.min(outbox.c.due_at).filter(is_due).label("oldest_due_at"),
    ).where(outbox.c.done_at.is_(None))
    return Depth(**(await tx.execute(query)).mappings().one())
