"""How long Slack asked us to wait, per method and channel, shared by all replicas."""

from datetime import datetime

from sqlalchemy import delete, literal, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.clock import Clock
from bot.store.schema import rate_limits
from bot.store.upsert import insert_or

# There is always a row, so that the time comes with it: one of nothing where there are no limits.
_ALL = select(rate_limits).select_from(select(literal(1)).subquery("one").outerjoin(rate_limits, true()))


async def lasting(tx: AsyncConnection, clock: Clock) -> tuple[dict[tuple[str, str], datetime], datetime]:
    """Return until when which methods wait for which channels ('' for none), and the time."""
    rows, now = await clock.read_with(tx, _ALL, {})
    limits = {(row["method"], row["channel_id"]): row["until"] for row in rows}
    return {call: until for call, until in limits.items() if until is not None and until > now}, now


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
