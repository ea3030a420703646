"""Read the record: undecided changes, the last ones, one change with everything that happened to it."""

from dataclasses import dataclass

from bot.domain.audit import ChainedEvent
from bot.domain.change import ChangeRequest
from bot.domain.policy import Review
from bot.service.context import ServiceContext
from bot.store import audit, changes, pauses, reviews
from bot.store.pauses import Pause

WHOLE_RECORD = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """A change with its reviews and its last audit events, oldest first; `has_earlier` says that there are more."""

    change: ChangeRequest
    reviews: list[Review]
    events: list[ChainedEvent]
    has_earlier: bool = False


async def pending(context: ServiceContext, team_id: str, limit: int) -> list[ChangeRequest]:
    """Return the undecided changes, oldest first."""
    async with context.database.reading() as tx:
        return await changes.pending(tx, team_id, limit)


async def recent(context: ServiceContext, team_id: str, number: str | None, limit: int) -> list[ChangeRequest]:
    """Return the last changes, of one number or of all, newest first."""
    key = None if number is None else context.key(number)
    async with context.database.reading() as tx:
        return await changes.recent(tx, team_id, key=key, limit=limit)


async def show(context: ServiceContext, team_id: str, change_id: int) -> Record:
    """Return one change with its record, the last of its events when there are very many. Raises UnknownChange."""
    async with context.database.reading() as tx:
        change = await changes.get(tx, change_id, team_id=team_id)
        newest_first = await audit.latest(tx, audit.Filter(change_id=change_id), limit=WHOLE_RECORD + 1)
        return Record(
            change,
            await reviews.of_change(tx, change_id),
            newest_first[:WHOLE_RECORD][::-1],
            has_earlier=len(newest_first) > WHOLE_RECORD,
        )


async def paused(context: ServiceContext, team_id: str) -> Pause | None:
    """Return who paused sending and when, None when it is not paused."""
    async with context.database.reading() as tx:
        return await pauses.paused(tx, team_id)
