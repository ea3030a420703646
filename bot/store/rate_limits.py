"""How long Slack asked us to wait, per method and channel, shared by all replicas."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.columns import UtcDateTime
from bot.store.schema import rate_limits
from bot.store.upsert import insert_or

_LASTING = select(rate_limits).where(rate_limits.c.until > bindparam("now", type_=UtcDateTime))


async def lasting(tx: AsyncConnection, now: datetime) -> dict[tuple[str, str], datetime]:
    """Return until when which methods wait for which channels ('' for none)."""
    rows = await tx.execute(_LASTING, {"now": now})
    return {(method, channel_id): until for method, channel_id, until in rows}


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
