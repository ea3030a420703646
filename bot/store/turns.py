"""Turns: who does the same thing at the same moment waits for the other, where no row is there yet to be locked.

On SQLite a transaction that writes is alone anyway.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Select, Text, bindparam, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.key import NumberKey
from bot.store.clock import Clock

# In one order for everybody: two approvals of the same numbers must not wait for each other.
_TAKE: Select[Any] = select(
    literal_column("pg_advisory_xact_lock(hashtextextended(turn, 0))").label("taken")
).select_from(
    text("(SELECT turn FROM unnest(:turns) AS turn ORDER BY turn) AS turns").bindparams(
        bindparam("turns", type_=ARRAY(Text))
    )
)


async def to_submit(tx: AsyncConnection, clock: Clock, team_id: str, submission_key: str) -> datetime:
    """Let nobody else answer this submission of a form until the transaction ends; return the time."""
    if tx.dialect.name != "postgresql":
        return await clock.read(tx)
    _, at = await clock.read_with(tx, _TAKE, {"turns": [f"submission of {team_id}/{submission_key}"]})
    return at


async def to_approve(tx: AsyncConnection, keys: Iterable[NumberKey]) -> None:
    """Let nobody else approve a change of these numbers until the transaction ends.

    Otherwise a worker could see the second approval and not yet the first.
    """
    await _take(tx, [f"approval of {key.account_sid}/{key.workspace_id}/{key.number}" for key in keys])


async def to_put_back(tx: AsyncConnection, bundle_id: int) -> None:
    """Let nobody else store the first put-back of changes that were asked together until the transaction ends.

    A trigger takes the same turn.
    """
    await _take(tx, [f"put-backs of {bundle_id}"])


async def _take(tx: AsyncConnection, turns: list[str]) -> None:
    if tx.dialect.name == "postgresql":
        await tx.execute(_TAKE, {"turns": turns})
