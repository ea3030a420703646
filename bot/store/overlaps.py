"""The open changes of one number that touch the same fields: applying one of them ends the others."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, literal_column, select
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


async def shown_beside(tx: AsyncConnection, change: ChangeRequest) -> list[tuple[int, int]]:
    """Return the changes on whose cards this one stands as an overlap while it is open, each with its lead."""
    return [(change_id, lead_id or change_id) for change_id, _, lead_id in await tx.execute(_others(change))]


async def shown_beside_all(tx: AsyncConnection, some: Collection[ChangeRequest]) -> dict[int, list[tuple[int, int]]]:
    """Do as `shown_beside` does for several changes of a team, by change, with one statement."""
    found: dict[int, list[tuple[int, int]]] = {}
    for change_id, other_id, lead_id in await tx.execute(_BESIDE, {"ids": [each.id for each in some]}):
        found.setdefault(change_id, []).append((other_id, lead_id or other_id))
    return found


async def of_changes(tx: AsyncConnection, some: Collection[ChangeRequest]) -> dict[int, list[Overlap]]:
    """Do as `of_change` does for several changes of a team, by change, with one statement."""
    labels = {each.id: each for each in some}
    found: dict[int, list[Overlap]] = {}
    if labels:
        for change_id, other_id, touched in await tx.execute(_OVERLAPPING, {"ids": list(labels)}):
            found.setdefault(change_id, []).append(_overlap(other_id, touched))
    return found


def _overlap(change_id: int, touched: int, *_: object) -> Overlap:
    return Overlap(format_label(change_id), frozenset(field for field in Field if field.bit & touched))


def _others(change: ChangeRequest) -> Select[int, int, int | None]:
    shares = changes.c.touched.bitwise_and(fields_to_bits(change.patch.fields)) != 0
    return _open_of(change.key, change.team_id).where(shares, changes.c.id != change.id)


def _open_of(key: NumberKey, team_id: str) -> Select[int, int, int | None]:
    return (
        select(changes.c.id, changes.c.touched, changes.c.bundle_id)
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


def _beside(*columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(_mine.c.id, changes.c.id, *columns)
        .join(
            _mine,
            and_(
                changes.c.account_sid == _mine.c.account_sid,
                changes.c.workspace_id == _mine.c.workspace_id,
                changes.c.number == _mine.c.number,
                changes.c.team_id == _mine.c.team_id,
                changes.c.id != _mine.c.id,
                changes.c.touched.bitwise_and(_mine.c.touched) != 0,
            ),
        )
        .where(
            _mine.c.id.in_(bindparam("ids", expanding=True)),
            is_unfinished(changes),
            changes.c.state.in_(sorted(STATES)),
        )
        .order_by(_mine.c.id, changes.c.id)
        .limit(MOST * MOST)
    )


_mine = changes.alias("mine")
_BESIDE = _beside(changes.c.bundle_id)
_OVERLAPPING = _beside(changes.c.touched)
