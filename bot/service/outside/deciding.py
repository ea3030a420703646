"""What people do about a change that was made outside: keep it, or ask for the former assignment."""

from bot.domain.errors import AlreadyDecided, Elsewhere
from bot.domain.events import Event
from bot.service.context import Actor, ServiceContext
from bot.service.outside.telling import outside_again
from bot.service.refusals import refusals
from bot.service.unit_of_work import unit_of_work
from bot.store import outside
from bot.store.outside import Notice, OutsideChange

FORGOTTEN = "This was so long ago that I do not know the former assignment any more. The audit record does."
RECORDED_AT_MOST = 100


async def keep(context: ServiceContext, actor: Actor, notice_id: int) -> None:
    """Record that what a notice tells is to stay, and let its message say who said so.

    The caller has checked that the actor is a full member. Raises AlreadyDecided.
    """
    async with refusals(context, actor, Event.PRESS_REFUSED), unit_of_work(context, actor) as unit:
        notice = await outside.notice_of(unit.tx, notice_id, for_update=True)
        if notice is None:
            raise AlreadyDecided(FORGOTTEN)
        _refuse_kept(notice)
        await outside.keep(unit.tx, notice_id, actor.user_id, unit.at)
        found = await outside.first_of(unit.tx, notice, RECORDED_AT_MOST)
        numbers = [each.moved.key.number for each in found]
        about = {"number": numbers[0]} if len(numbers) == 1 else {"numbers": numbers}
        count = await outside.count_of(unit.tx, notice_id)
        unit.note(Event.KEPT, after={**about, "count": count, "notice": notice_id})
        await unit.tell(outside_again(notice, unit.at, "kept"))


async def to_put_back(context: ServiceContext, actor: Actor, change_id: int) -> tuple[OutsideChange, Notice]:
    """Return a change whose former assignment can be asked for. Raises AlreadyDecided, Elsewhere."""
    async with refusals(context, actor, Event.PRESS_REFUSED):
        async with context.database.reading() as tx:
            found = await outside.find(tx, change_id)
        if found is None:
            raise AlreadyDecided(FORGOTTEN)
        change, notice = found
        _refuse_kept(notice)
        if notice.workspace != context.workspace:
            there, here = notice.workspace, context.workspace
            raise Elsewhere(
                f"This number belongs to {there.name(beside=here)}, and I am set to {here.name(beside=there)}."
            )
    return change, notice


def _refuse_kept(notice: Notice) -> None:
    if notice.kept_by is not None:
        raise AlreadyDecided(f"<@{notice.kept_by}> was first: it stays as it is now.")
