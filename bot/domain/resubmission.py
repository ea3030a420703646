"""A form that is sent once more: whether it asks for what it has asked for already."""

from dataclasses import dataclass

from bot.domain.assignment import AssignmentPatch, Field
from bot.domain.change import ChangeRequest
from bot.domain.difference import differences
from bot.domain.errors import AlreadyAsked
from bot.domain.key import NumberKey
from bot.domain.number import pretty
from bot.domain.schedule import Schedule, schedule_of
from bot.domain.shortening import shorten

# An error at a field has little room; the card has the rest.
FIELDS_LIMIT = 300
REASON_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Deviation:
    """Where a wish is another one than before: the number, a field, or with neither something else about it."""

    is_number: bool
    field: Field | None


def deviation_from(
    stored: ChangeRequest,
    *,
    requester_id: str,
    key: NumberKey,
    patch: AssignmentPatch,
    reason: str,
    parent_id: int | None,
    schedule: Schedule,
) -> Deviation | None:
    """Compare a wish with the change that the same form has given, None when it asks for the same.

    The channel is not compared: it is no entry of the form, and a card can be moved.
    """
    # As it was submitted: what was the present assignment then was not touched.
    asked = patch.without_unchanged(stored.before)
    both = asked.fields & stored.patch.fields
    moved = (asked.fields ^ stored.patch.fields) | stored.patch.wanted.differing(asked.wanted, both)
    is_number = key != stored.key
    rest = (requester_id, reason, parent_id) != (stored.requester_id, stored.reason, stored.parent_id)
    rest |= schedule != schedule_of(stored)
    if not (is_number or moved or rest):
        return None
    return Deviation(is_number, next((field for field in Field if field in moved), None))


def refuse_other(stored: ChangeRequest, deviation: Deviation) -> AlreadyAsked:
    """Say what was asked already, and how that can be taken back."""
    way_out = (
        "If not, withdraw it at the top of this form, or with Cancel on its card, and send this again."
        if stored.state.is_open
        else f"If not, send this again when {stored.label} has ended: it can no longer be withdrawn."
    )
    return AlreadyAsked(
        f"You asked for {stored.label} from this form already, and it is {stored.state}. It asks: {_in_words(stored)}. "
        f"If that is right, close this form. {way_out}",
        change_id=stored.id,
        can_withdraw=stored.state.is_open,
        field=deviation.field,
        is_number=deviation.is_number,
    )


def refuse_same(stored: ChangeRequest) -> AlreadyAsked:
    """Say that what is asked again has ended without an effect: nothing would come of it."""
    return AlreadyAsked(
        f"{stored.label} asked for exactly this from this form already, and is {stored.state}. "
        "To ask for it once more, open a new form.",
        change_id=stored.id,
        can_withdraw=False,
        is_number=True,
    )


def _in_words(stored: ChangeRequest) -> str:
    described = differences(stored.before, stored.after, stored.patch.fields, stored.agent_names)
    fields = "; ".join(f"{each.title}: {' + '.join(each.after)}" for each in described)
    reason = " ".join(stored.reason.split())
    return f"{pretty(stored.key.number)}, {shorten(fields, FIELDS_LIMIT)}, because “{shorten(reason, REASON_LIMIT)}”"
