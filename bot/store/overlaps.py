"""The open changes of one number that touch the same fields: applying one of them ends the others."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import Field, fields_to_bits
from bot.domain.change import ChangeRequest
from bot.domain.key import NumberKey
from bot.domain.label import format_label
from bot.domain.state import State
from bot.domain.warnings import Overlap
from bot.store.changes import IS_OF_NUMBER, OLDEST_OPEN_FIRST, from_row, key_values
from bot.store.schema import changes, is_unfinished

STATES = frozenset({State.PENDING, State.APPROVED, State.APPLYING})
MOST = 100

_OPEN = (
    select(changes.c.id, changes.c.touched, changes.c.bundle_id)
    .where(
        *IS_OF_NUMBER,
        changes.c.team_id == bindparam("of_team"),
        is_unfinished(changes),
        changes.c.state.in_(sorted(STATES)),
    )
    .order_by(OLDEST_OPEN_FIRST)
    .limit(MOST)
)
_SHARES_FIELD = (
    changes.c.touched.bitwise_and(bindparam("bits", type_=Integer)) != 0,
    changes.c.id != bindparam("except_id"),
)
_OTHERS = _OPEN.where(*_SHARES_FIELD)
_LOCK_OPEN_TOUCHING = (
    select(changes)
    .where(
        *IS_OF_NUMBER,
        is_unfinished(changes),
        changes.c.state.in_([State.PENDING, State.APPROVED]),
        *_SHARES_FIELD,
    )
    .order_by(OLDEST_OPEN_FIRST)
    .with_for_update(skip_locked=True, key_share=True)
)


async def of_number(tx: AsyncConnection, key: NumberKey, team_id: str) -> list[Overlap]:
    """Return the changes that can still take effect on a number, oldest first."""
    return [_overlap(*row) for row in await tx.execute(_OPEN, key_values(key) | {"of_team": team_id})]


async def of_change(tx: AsyncConnection, change: ChangeRequest) -> list[Overlap]:
    """Return the other changes of this number that can still take effect and share a field with it, oldest first."""
    return [_overlap(*row) for row in await tx.execute(_OTHERS, _values(change))]


async def shown_beside(tx: AsyncConnection, change: ChangeRequest) -> list[tuple[int, int]]:
    """Return the changes on whose cards this one stands as an overlap while it is open, each with its lead."""
    return [(change_id, lead_id or change_id) for change_id, _, lead_id in await tx.execute(_OTHERS, _values(change))]


async def lock_open_touching(tx: AsyncConnection, key: NumberKey, bits: int, *, except_id: int) -> list[ChangeRequest]:
    """Return the open changes of a number, held from the start, that touch one of these fields, in order of id."""
    values = key_values(key) | {"bits": bits, "except_id": except_id}
    return [from_row(row) for row in (await tx.execute(_LOCK_OPEN_TOUCHING, values)).mappings()]


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


def _values(change: ChangeRequest) -> dict[str, Any]:
    of_team = {"of_team": change.team_id, "except_id": change.id, "bits": fields_to_bits(change.patch.fields)}
    return key_values(change.key) | of_team


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
