"""Ask for the messages that tell what was changed outside: once, whoever asks, and after a crash as well."""

from datetime import datetime

from bot.service.context import WORKER_ID, Actor, ServiceContext
from bot.service.messages import Kind
from bot.service.unit_of_work import UnitOfWork, unit_of_work
from bot.store import outside
from bot.store.outbox import OutboxDraft
from bot.store.outside import Notice

# So many are told one by one, each with its own buttons; more than that in one message with a list.
TOLD_ONE_BY_ONE = 5


async def announce(context: ServiceContext) -> None:
    """Ask for the messages of all that was found and not announced yet, by a process that died as well."""
    async with context.database.reading() as tx:
        if not await outside.has_untold(tx, context.workspace):
            return
    async with unit_of_work(context, Actor("", WORKER_ID, "worker")) as unit:
        await announce_within(context, unit)


async def announce_within(context: ServiceContext, unit: UnitOfWork, *, reading: str | None = None) -> None:
    """Do as `announce` does, inside an open transaction; for what one reading has found when it is given."""
    for notice in await outside.take_untold(unit.tx, context.workspace, unit.at, reading=reading):
        await unit.tell(outside_fact(notice, notice.id, unit.at))
        found = await outside.first_of(unit.tx, notice, TOLD_ONE_BY_ONE + 1)
        if len(found) <= TOLD_ONE_BY_ONE:
            for change in found[1:]:
                await unit.tell(outside_fact(notice, await outside.split_off(unit.tx, notice, change), unit.at))


def outside_fact(notice: Notice, notice_id: int, at: datetime) -> OutboxDraft:
    """Tell a channel what was changed outside, as it stands when it is told."""
    return _draft(notice, notice_id, at, Kind.OUTSIDE, notice_fact(notice_id))


def outside_again(notice: Notice, at: datetime, why: str) -> OutboxDraft:
    """Ask for the message to show what has become of it."""
    return _draft(notice, notice.id, at, Kind.OUTSIDE_AGAIN, f"{notice_fact(notice.id)}/{why}")


def notice_fact(notice_id: int) -> str:
    """Name the message of a notice."""
    return f"outside/{notice_id}"


def _draft(notice: Notice, notice_id: int, at: datetime, kind: Kind, fact: str) -> OutboxDraft:
    return OutboxDraft(
        team_id=notice.team_id,
        lane=f"outside/{notice.channel_id}",
        kind=kind,
        fact=fact,
        payload={"notice": notice_id, "channel": notice.channel_id},
        due_at=at,
    )
