"""A change that a transaction holds, with all that its next step depends on: one statement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.errors import UnknownChange
from bot.domain.key import NumberKey
from bot.domain.label import format_label
from bot.store import pauses as pause_store
from bot.store.changes import from_row, key_values
from bot.store.clock import Clock
from bot.store.pauses import Pause
from bot.store.schema import changes, is_unfinished, pauses, token_refusals

_HOLD = (
    select(
        changes,
        *pause_store.COLUMNS,
        exists()
        .where(
            token_refusals.c.account_sid == changes.c.account_sid,
            token_refusals.c.workspace_id == changes.c.workspace_id,
            token_refusals.c.call == "write",
        )
        .label("is_token_refused"),
    )
    .select_from(changes.outerjoin(pauses, pauses.c.team_id == changes.c.team_id))
    .where(changes.c.id == bindparam("of_id"))
    .with_for_update(of=changes, key_share=True)
)
_beside = changes.alias("beside")
_BESIDE = (
    select(_beside.c.id)
    .where(
        _beside.c.account_sid == bindparam("of_sid"),
        _beside.c.workspace_id == bindparam("of_workspace"),
        _beside.c.number == bindparam("of_number"),
        is_unfinished(_beside),
    )
    .order_by(_beside.c.id)
    .with_for_update(of=_beside, key_share=True)
    .cte("beside_it")
)
_COUNT = select(func.count()).select_from(_BESIDE).scalar_subquery()
# The condition is there to have them locked first, and never keeps the row from being found.
_HOLD_WITH_BESIDE = _HOLD.add_columns(_COUNT.label("beside_count")).where(_COUNT >= 0)


@dataclass(frozen=True, slots=True)
class Held:
    """A locked change, the time, and what its next step depends on: a pause, and whether PUTs were refused (401).

    `is_alone` says that its number has no other change that has not ended, where these were locked with it.
    """

    change: ChangeRequest
    at: datetime
    pause: Pause | None
    is_token_refused: bool
    is_alone: bool


async def hold(
    tx: AsyncConnection,
    clock: Clock,
    change_id: int,
    *,
    team_id: str | None = None,
    beside: NumberKey | None = None,
) -> Held:
    """Lock a change, of one team when `team_id` is given, until the transaction ends.

    `beside` is its number where the transaction may end other changes of it: all that have not ended are locked then,
    in the order of their ids. Everybody who needs several locks takes those of changes so, and first: whoever took one
    more later could wait in a circle with somebody who holds several that were asked together.

    Raises:
        UnknownChange: There is none.
    """
    values: dict[str, Any] = {"of_id": change_id} | ({} if beside is None else key_values(beside))
    rows, at = await clock.read_with(tx, _HOLD if beside is None else _HOLD_WITH_BESIDE, values)
    if not rows or team_id not in (None, rows[0]["team_id"]):
        raise UnknownChange(f"There is no change {format_label(change_id)}.")
    row = rows[0]
    is_alone = beside is not None and row["beside_count"] == 1
    return Held(from_row(row), at, pause_store.joined(row), row["is_token_refused"], is_alone)
