"""Overrides as rows: added with the step that they allow, reviewed once, and until then due to be told of again."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.overriding import Override
from bot.domain.state import WITHOUT_EFFECT
from bot.store.changes import get_all
from bot.store.columns import UtcDateTime
from bot.store.override_tables import overrides
from bot.store.schema import changes

# What ended before it was sent has let nothing pass that anybody had to look at.
_CAME_TO_NOTHING = exists().where(
    changes.c.id == overrides.c.change_id, changes.c.state.in_(WITHOUT_EFFECT), changes.c.sent_at.is_(None)
)
IS_OPEN = (overrides.c.reviewed_at.is_(None), ~_CAME_TO_NOTHING)
IS_DUE = (*IS_OPEN, overrides.c.remind_at <= bindparam("now", type_=UtcDateTime))
# To be asked together with other looks: whether a reminder is due.
HAS_DUE = exists(select(overrides.c.change_id).where(*IS_DUE))
_NEXT = select(overrides.c.change_id).where(*IS_DUE).order_by(overrides.c.remind_at, overrides.c.change_id).limit(1)


async def save(tx: AsyncConnection, made: Override) -> None:
    """Record that an override was reviewed, or when it is told of again. Lock its change first."""
    values = {"remind_at": made.remind_at, "reviewed_by": made.reviewed_by, "reviewed_at": made.reviewed_at}
    await tx.execute(
        update(overrides)
        .where(overrides.c.change_id == made.change_id, overrides.c.revision == made.revision)
        .values(values)
    )


async def add_all(tx: AsyncConnection, made: Sequence[Override]) -> None:
    """Record overrides. Lock the changes first, and save their steps behind this in the same transaction.

    The database refuses a change that is not pending, and one whose policy names nobody who may override it.
    """
    await tx.execute(insert(overrides), [asdict(each) for each in made])


async def of_all(tx: AsyncConnection, found: Sequence[ChangeRequest]) -> dict[int, Override]:
    """Return the overrides of the revisions that stand, by change, of as many of these as have one."""
    query = select(overrides).where(overrides.c.change_id.in_([each.id for each in found]))
    revisions = {each.id: each.revision for each in found}
    made = [_read(row) for row in (await tx.execute(query)).mappings()]
    return {each.change_id: each for each in made if each.revision == revisions[each.change_id]}


async def next_due(tx: AsyncConnection, now: datetime) -> int | None:
    """Return the change of whose override people are to be reminded next, None when no reminder is due.

    Nothing is held by it: lock the change, and look again.
    """
    found: int | None = await tx.scalar(_NEXT, {"now": now})
    return found


async def unreviewed(tx: AsyncConnection, team_id: str, limit: int) -> list[tuple[ChangeRequest, Override]]:
    """Return a team's changes whose override is to be reviewed, the oldest override first."""
    # By their ids, of which there are few: in a join SQLite begins with all changes that the team ever had.
    query = select(overrides).where(*IS_OPEN)
    rows = await tx.execute(query.order_by(overrides.c.at, overrides.c.change_id).limit(limit))
    made = [_read(row) for row in rows.mappings()]
    found = await get_all(tx, [each.change_id for each in made]) if made else {}
    return [(change, each) for each in made if (change := found[each.change_id]).team_id == team_id]


def _read(row: RowMapping) -> Override:
    return Override(**{each.name: row[each.name] for each in fields(Override)})
