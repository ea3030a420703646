"""Which fields of a number the open changes touch: what somebody has to know before asking for another one."""

from sqlalchemy import literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import Field
from bot.domain.key import NumberKey
from bot.domain.state import State
from bot.store.schema import changes, is_unfinished

STATES = (State.PENDING, State.APPROVED, State.APPLYING)
MOST = 100


async def of_number(tx: AsyncConnection, key: NumberKey, team_id: str) -> list[tuple[int, frozenset[Field]]]:
    """Return the changes that can still take effect on a number with their fields, oldest first."""
    query = (
        select(changes.c.id, changes.c.touched)
        .where(
            changes.c.account_sid == key.account_sid,
            changes.c.workspace_id == key.workspace_id,
            changes.c.number == key.number,
            changes.c.team_id == team_id,
            is_unfinished(changes),
            changes.c.state.in_(STATES),
        )
        # Not the plain id: few are open, and along the index that has their order lies the history of the number.
        .order_by(changes.c.id + literal_column("0"))
        .limit(MOST)
    )
    rows = (await tx.execute(query)).all()
    return [(change_id, frozenset(field for field in Field if field.bit & touched)) for change_id, touched in rows]
