"""Refusals are part of the record: who was refused what, and why, in a transaction of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import DomainError, UnknownChange
from bot.domain.events import Event
from bot.service.context import Actor, ServiceContext
from bot.service.unit_of_work import unit_of_work
from bot.store import changes


@asynccontextmanager
async def refusals(
    context: ServiceContext, actor: Actor, event: Event, change_id: int | None = None
) -> AsyncIterator[None]:
    """Record a refusal that comes out of the block, unless it was recorded further inside, and let it out.

    Stands outside of the refused transaction, which is rolled back by then. `change_id` may name a change that does
    not exist. Raises DatabaseUnavailable when the refusal cannot be recorded.
    """
    try:
        yield
    except DomainError as error:
        if not error.is_recorded:
            async with unit_of_work(context, actor) as unit:
                about = await _existing(unit.tx, actor.team_id, change_id or error.change_id)
                unit.note(event, change_id=about, after=_evidence(error))
            error.is_recorded = True
        raise


async def _existing(tx: AsyncConnection, team_id: str, change_id: int | None) -> int | None:
    """Return the id of a change of this team: one that comes to exist later must not inherit a refusal."""
    if change_id is None:
        return None
    try:
        return (await changes.get(tx, change_id, team_id=team_id)).id
    except UnknownChange:
        return None


def _evidence(error: DomainError) -> dict[str, Any]:
    if error.is_quoting:
        # Its sentence may quote what was typed, and the record keeps for ever what may have been pasted by mistake.
        return {"refused": error.code}
    return {"refused": error.code, "sentence": str(error)}
