"""What the looks and answers of applying show: taken into the mirror, and noted where it was changed outside."""

from datetime import datetime

from bot.domain.account import ListedNumber
from bot.domain.assignment import ALL_FIELDS, Assignment, Field
from bot.domain.change import ChangeRequest
from bot.domain.outside import NOTHING_OWN, MovedOutside, fields_moved_outside
from bot.domain.state import State
from bot.service.context import ServiceContext
from bot.service.outside.noticing import note
from bot.service.outside.telling import announce_within
from bot.service.unit_of_work import UnitOfWork
from bot.store import own_deeds
from bot.store.mirror import numbers as mirror_numbers


async def take_in(
    unit: UnitOfWork, context: ServiceContext, change: ChangeRequest, live: ListedNumber, as_of: datetime
) -> None:
    """Write what is live after an attempt to the mirror; `change` is as it was until this transaction.

    While a PUT was under way nobody else has written this number, so that its result is the newest there is.
    """
    is_sent = change.state is State.APPLYING and change.sent_at is not None
    former = await mirror_numbers.put(unit.tx, live, as_of, unit.at, is_newest=is_sent)
    if former is None:
        return
    fields = _not_of(change, live.assignment)
    if not former.differing(live.assignment, fields):
        return
    own = await own_deeds.of_numbers(unit.tx, context.workspace, [live.key.number])
    moved = fields_moved_outside(former, live.assignment, own.get(live.key.number, NOTHING_OWN), fields)
    if moved:
        reading = f"look/{change.label}/{change.version}"
        await note(unit, context, [MovedOutside(live.key, former, live.assignment, moved)], reading=reading)
        await announce_within(context, unit, reading=reading)


def _not_of(change: ChangeRequest, live: Assignment) -> frozenset[Field]:
    """Return the fields whose look is not the doing of this change, or told with its end anyway."""
    untouched = ALL_FIELDS - change.patch.fields
    if change.state is State.UNCLEAR:
        return untouched
    if change.sent_at is not None:
        # What moved while the PUT was under way calls a person by the change's own end.
        return untouched if change.looked is None else untouched - change.looked.differing(live)
    may_be_late = change.looked is not None and change.patch.is_satisfied_by(live)
    return untouched if may_be_late else ALL_FIELDS
