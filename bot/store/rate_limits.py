"""How long Slack asked us to wait, per method and channel, shared by all replicas."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.schema import rate_limits
from bot.store.upsert import insert_or


async def until(tx: AsyncConnection, method: str, channel_id: str) -> datetime | None:
    """Return until when this method waits for this channel ('' for none); None when it was never asked to."""
    query = select(rate_limits.c.until).where(rate_limits.c.method == method, rate_limits.c.channel_id == channel_id)
    return (await tx.execute(query)).scalar_one_or_none()


async def hold(tx: AsyncConnection, method: str, channel_id: str, until: datetime) -> None:
    """Let this method wait for this channel; a longer wait that is recorded already stays."""
    statement = insert_or(tx, rate_limits).values(method=method, channel_id=channel_id, until=until)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["method", "channel_id"],
            set_={"until": statement.excluded.until},
            where=rate_limits.c.until < statement.excluded.until,
        )
    )


async def delete_over(tx: AsyncConnection, before: datetime) -> None:
    """Delete the waits that were over before."""
    await tx.execute(delete(rate_limits).where(rate_limits.c.until < before))
