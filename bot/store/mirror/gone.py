"""Numbers and agents that are listed no longer are kept for a while, and then forgotten: accounts come and go."""

from datetime import datetime

from sqlalchemy import Table, and_, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.mirror.schema import agents, numbers


async def delete_unlisted(tx: AsyncConnection, before: datetime, *, limit: int) -> int:
    """Delete up to `limit` numbers, and as many agents, that were seen to be gone before; return the most of either."""
    return max([await _delete(tx, table, before, limit) for table in (numbers, agents)])


async def _delete(tx: AsyncConnection, table: Table, before: datetime, limit: int) -> int:
    key = list(table.primary_key)
    old = select(*key).where(~table.c.is_listed, table.c.as_of < before).limit(limit)
    found = (await tx.execute(old)).all()
    if found:
        # Row by row: SQLite takes no list of tuples as a parameter. Between look and deletion one may be back.
        is_it = [and_(*(column == value for column, value in zip(key, row, strict=True))) for row in found]
        for each in is_it:
            await tx.execute(delete(table).where(each, ~table.c.is_listed, table.c.as_of < before))
    return len(found)
