"""Messages that Slack would not take for so long that nobody waits for them any more."""

from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.state import State
from bot.store.schema import changes, outbox

_FINAL = [state for state in State if state.is_final]


async def delete_undeliverable(tx: AsyncConnection, before: datetime, now: datetime, *, limit: int) -> list[str]:
    """Delete up to `limit` messages whose lane waits for its channel, of changes that ended before; return their facts.

    What somebody is delivering at this moment stays.
    """
    parked = outbox.alias("parked")
    waits = exists().where(parked.c.lane == outbox.c.lane, parked.c.done_at.is_(None), parked.c.is_parked.is_(True))
    leased = outbox.alias("leased")
    is_held = exists().where(leased.c.lane == outbox.c.lane, leased.c.done_at.is_(None), leased.c.leased_until > now)
    ended = exists().where(
        changes.c.id == outbox.c.change_id, changes.c.state.in_(_FINAL), changes.c.finished_at < before
    )
    old = select(outbox.c.id).where(outbox.c.done_at.is_(None), ended, waits, ~is_held).limit(limit)
    return list(await tx.scalars(delete(outbox).where(outbox.c.id.in_(old)).returning(outbox.c.fact)))
