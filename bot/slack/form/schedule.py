"""The part of the form that says when: Start and Put back, as they are entered, shown and asked for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from bot.domain.schedule import UTC_ZONE, Entry, Schedule
from bot.slack.block_kit.elements import Block
from bot.slack.form.entries import Entries
from bot.slack.form.inputs import ENTRY, choice, labelled

WHEN, START, PUT_BACK, PUT_BACK_AT = "when", "start_at", "put_back", "put_back_at"
FIRST_SHOWN = 10**9
CHOOSE_TIME = "Choose a date and a time."


class When(StrEnum):
    """When a change is to be sent."""

    SOON = "soon"
    AT = "at"


class PutBack(StrEnum):
    """Whether it is to be put back."""

    NEVER = "never"
    AT = "at"


WHEN_LABELS: dict[StrEnum, str] = {When.SOON: "As soon as approved", When.AT: "At a time"}
PUT_BACK_LABELS: dict[StrEnum, str] = {PutBack.NEVER: "Never", PutBack.AT: "At a time"}
BLOCKS = {Entry.START: START, Entry.PUT_BACK: PUT_BACK_AT}


@dataclass(frozen=True, slots=True)
class Timing:
    """What is entered; a time that was not chosen yet is None."""

    when: When = When.SOON
    start: datetime | None = None
    put_back: PutBack = PutBack.NEVER
    put_back_at: datetime | None = None


SOON_AND_FOR_GOOD = Timing()
_WHEN, _PUT_BACK = TypeAdapter(When), TypeAdapter(PutBack)


def read(entries: Entries) -> Timing:
    """Read what a view holds; an older view has none of it."""
    return Timing(
        _WHEN.validate_python(entries.choice(WHEN, When.SOON)),
        entries.moment(START),
        _PUT_BACK.validate_python(entries.choice(PUT_BACK, PutBack.NEVER)),
        entries.moment(PUT_BACK_AT),
    )


def of_schedule(schedule: Schedule) -> Timing:
    """Return what has to be entered to ask for a schedule."""
    return Timing(
        When.SOON if schedule.starts_at is None else When.AT,
        schedule.starts_at,
        PutBack.NEVER if schedule.put_back_at is None else PutBack.AT,
        schedule.put_back_at,
    )


def blocks(timing: Timing, action_id: str, zone: str | None) -> list[Block]:
    """Build the fields that apply; `action_id` is that of a choice, `zone` the one that the reader's Slack shows."""
    hint = None if zone is None else f"In your time zone, {zone}."
    shown = [labelled(WHEN, "When", choice(action_id, WHEN_LABELS, timing.when), dispatches=True)]
    if timing.when is When.AT:
        shown.append(labelled(START, "Start", _picker(timing.start), hint=hint))
    shown.append(labelled(PUT_BACK, "Put back", choice(action_id, PUT_BACK_LABELS, timing.put_back), dispatches=True))
    if timing.put_back is PutBack.AT:
        shown.append(labelled(PUT_BACK_AT, "Put back at", _picker(timing.put_back_at), hint=hint))
    return shown


def missing(timing: Timing) -> dict[str, str]:
    """Say at which fields a time is still to be chosen."""
    wanted = {START: timing.when is When.AT, PUT_BACK_AT: timing.put_back is PutBack.AT}
    entered = {START: timing.start, PUT_BACK_AT: timing.put_back_at}
    return {block: CHOOSE_TIME for block, is_wanted in wanted.items() if is_wanted and entered[block] is None}


def asked(timing: Timing, zone: str | None) -> Schedule:
    """Return the schedule that is asked for; what is wrong with it is said in this zone."""
    return Schedule(
        timing.start if timing.when is When.AT else None,
        timing.put_back_at if timing.put_back is PutBack.AT else None,
        zone if zone is not None and is_zone(zone) else UTC_ZONE,
    )


def is_zone(name: str) -> bool:
    """Say whether this names a time zone that is known here."""
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return False
    return True


def _picker(chosen: datetime | None) -> Block:
    element: Block = {"type": "datetimepicker", "action_id": ENTRY}
    seconds = 0 if chosen is None else int(chosen.timestamp())
    # Slack takes ten digits and refuses the whole view else; a field whose block stays keeps what was picked anyway.
    return {**element, "initial_date_time": seconds} if seconds >= FIRST_SHOWN else element
