"""The pause of all sending to UponAI, a team at a time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.schema import pauses
from bot.store.upsert import insert_or

# What a query of a team's changes takes along of its pause, for `joined`.
COLUMNS = tuple(pauses.c[name].label(f"pause_{name}") for name in ("paused_by", "paused_at", "reason", "channel_id"))
_OF_TEAM = select(pauses).where(pauses.c.team_id == bindparam("of_team"))


@dataclass(frozen=True, slots=True)
class Pause:
    """Who paused, when and why; `channel_id` is where that was told. A former release noted neither of the last two."""

    by: str
    at: datetime
    reason: str | None = None
    channel_id: str | None = None


async def paused(tx: AsyncConnection, team_id: str) -> Pause | None:
    """Return the pause of a team, None while it sends."""
    row = (await tx.execute(_OF_TEAM, {"of_team": team_id})).mappings().one_or_none()
    return None if row is None else _from_row(row)


def joined(row: RowMapping) -> Pause | None:
    """Read the pause that a query took along, None while the team sends."""
    if row["pause_paused_by"] is None:
        return None
    return Pause(row["pause_paused_by"], row["pause_paused_at"], row["pause_reason"], row["pause_channel_id"])


async def pause(
    tx: AsyncConnection,
    team_id: str,
    by: str,
    at: datetime,
    *,
    reason: str | None = None,
    channel_id: str | None = None,
) -> bool:
    """Pause a team; False when it is paused already."""
    statement = insert_or(tx, pauses).values(
        team_id=team_id, paused_by=by, paused_at=at, reason=reason, channel_id=channel_id
    )
    return (await tx.execute(statement.on_conflict_do_nothing(index_elements=["team_id"]))).rowcount == 1


async def every_pause(tx: AsyncConnection) -> list[Pause]:
    """Return the pauses of all teams, for an operator."""
    rows = await tx.execute(select(pauses).order_by(pauses.c.team_id))
    return [_from_row(row) for row in rows.mappings()]


async def resume(tx: AsyncConnection, team_id: str) -> bool:
    """Let a team send again; False when it is not paused."""
    return (await tx.execute(delete(pauses).where(pauses.c.team_id == team_id))).rowcount == 1


def _from_row(row: RowMapping) -> Pause:
    return Pause(row["paused_by"], row["paused_at"], row["reason"], row["channel_id"])
