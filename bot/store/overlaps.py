"""The open changes of one number that touch the same fields: applying one of them ends the others."""

from sqlalchemy import Select, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import Field, fields_to_bits
from bot.domain.change import ChangeRequest
from bot.domain.key import NumberKey
from bot.domain.label import format_label
from bot.domain.state import State
from bot.domain.warnings import Overlap
from bot.store.schema import changes, is_unfinished

STATES = frozenset({State.PENDING, State.APPROVED, State.APPLYING})
MOST = 100


async def of_number(tx: AsyncConnection, key: NumberKey, team_id: str) -> list[Overlap]:
    """Return the changes that can still take effect on a number, oldest first."""
    return [_overlap(*row) for row in (await tx.execute(_open_of(key, team_id))).all()]


async def of_change(tx: AsyncConnection, change: ChangeRequest) -> list[Overlap]:
    """Return the other changes of this number that can still take effect and share a field with it, oldest first."""
    return [_overlap(*row) for row in (await tx.execute(_others(change))).all()]


async def shown_beside(tx: AsyncConnection, change: ChangeRequest) -> list[int]:
    """Return the changes on whose cards this one stands as an overlap while it is open."""
    return [change_id for change_id, _ in await tx.execute(_others(change))]


def _overlap(change_id: int, touched: int) -> Overlap:
    return Overlap(format_label(change_id), frozenset(field for field in Field if field.bit & touched))


def _others(change: ChangeRequest) -> Select[int, int]:
    shares = changes.c.touched.bitwise_and(fields_to_bits(change.patch.fields)) != 0
    return _open_of(change.key, change.team_id).where(shares, changes.c.id != change.id)


def _open_of(key: NumberKey, team_id: str) -> Select[int, int]:
    return (
        select(changes.c.id, changes.c.touched)
        .where(
            changes.c.account_sid == key.account_sid,
            changes.c.workspace_id == key.workspace_id,
            changes.c.number == key.number,
            changes.c.team_id == team_id,
            is_unfinished(changes),
            changes.c.state.in_(sorted(STATES)),
        )
        # Not the plain id: few are open, and along the index that has their order lies the history of the number.
        .order_by(changes.c.id + literal_column("0"))
        .limit(MOST)
    )
