"""Leases of changes that are being applied or looked at, and when one that waits is looked at next.

Neither is a step of the change's life. A lease ends by fencing: whoever completes names the lease it holds, and finds
out there that it was lost.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.state import State
from bot.store.errors import LeaseLost
from bot.store.schema import changes


async def take(tx: AsyncConnection, change: ChangeRequest, lease_id: str, until: datetime) -> ChangeRequest:
    """Put a change that was locked in this transaction under a new lease, and return it so."""
    await tx.execute(
        update(changes)
        .where(changes.c.id == change.id, changes.c.state.in_([State.APPLYING, State.UNCLEAR]))
        .values(lease_id=lease_id, leased_until=until)
    )
    return replace(change, lease_id=lease_id, leased_until=until)


async def let_go(tx: AsyncConnection, change: ChangeRequest, *, until: datetime) -> None:
    """Give a leased change back; nobody takes it before `until`. Raises LeaseLost."""
    result = await tx.execute(
        update(changes)
        .where(changes.c.id == change.id, changes.c.lease_id == change.lease_id)
        .values(lease_id=None, leased_until=until)
    )
    if result.rowcount == 0:
        raise LeaseLost(f"{change.label} is held by another worker")


async def postpone(tx: AsyncConnection, change: ChangeRequest, until: datetime) -> ChangeRequest:
    """Let a waiting change, which was locked in this transaction, be looked at again only from then on."""
    await tx.execute(
        update(changes)
        .where(changes.c.id == change.id, changes.c.state == State.APPROVED, changes.c.wait_cause.is_not(None))
        .values(not_before=until)
    )
    return replace(change, not_before=until)
