"""When a change is to be sent and put back, and from when it may be: its Start, joined with the hours of its rules."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.assignment import Assignment, Field
from bot.domain.draft import ChangeDraft
from bot.domain.errors import InvalidSubmission, UnknownAgent
from bot.domain.patch_validation import refuse_impossible
from bot.domain.rules.rule import Rule
from bot.domain.rules.sending import next_open

UTC_ZONE = "UTC"
FARTHEST = timedelta(days=366)


class Entry(StrEnum):
    """The part of a schedule that something is wrong with."""

    START = "start"
    PUT_BACK = "put_back"


class InvalidSchedule(InvalidSubmission):
    """The change cannot be sent, or put back, at this time; `is_of_number` where that follows from its number."""

    def __init__(self, sentence: str, entry: Entry, *, is_of_number: bool = False) -> None:
        super().__init__(sentence)
        self.entry = entry
        self.is_of_number = is_of_number


class FormerAgentGone(InvalidSchedule, UnknownAgent):
    """The change cannot be put back, as far as the mirror knows: what is live has an agent that it does not list."""


class NeverSent(InvalidSubmission):
    """No moment lies inside the windows and outside the freezes of all rules that hold for its number."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What was chosen: `starts_at` is None for as soon as approved, `put_back_at` for never.

    `zone` is the one in which whoever chose it reads times; two schedules are the same whatever theirs is.
    """

    starts_at: datetime | None = None
    put_back_at: datetime | None = None
    zone: str = field(default=UTC_ZONE, compare=False)

    @property
    def is_scheduled(self) -> bool:
        """Say whether anything of it is to happen at a time."""
        return self.starts_at is not None or self.put_back_at is not None

    @property
    def decide_by(self) -> datetime | None:
        """The moment from which on an approval comes too late, None when there is none."""
        return min((at for at in (self.starts_at, self.put_back_at) if at is not None), default=None)

    def to_json(self) -> dict[str, str]:
        """Return it as JSON values for the record, nothing for what was not chosen."""
        chosen = {"starts_at": self.starts_at, "put_back_at": self.put_back_at}
        return {name: at.isoformat() for name, at in chosen.items() if at is not None}


UNSCHEDULED = Schedule()


def refuse_schedule(
    schedule: Schedule, *, rules: Iterable[Rule], before: Assignment, fields: Iterable[Field], now: datetime
) -> None:
    """Raise InvalidSchedule unless a change can be sent and put back so, by the rules that hold for it.

    What its rules never let through, whenever it is asked for, is an InvalidSubmission.
    """
    start, put_back = schedule.starts_at, schedule.put_back_at
    if start is not None:
        _refuse_time(start, Entry.START, now)
    if put_back is not None:
        _refuse_time(put_back, Entry.PUT_BACK, now)
        if start is not None and put_back <= start:
            raise InvalidSchedule("Put back comes after Start: choose a later time.", Entry.PUT_BACK)
        _refuse_former(before, frozenset(fields))
    first = next_open(rules, start or now)
    if first is None:
        _refuse_never(schedule)
    elif put_back is not None and put_back <= first:
        opens = in_words(first, schedule.zone)
        raise InvalidSchedule(
            f"By its rules this change is not sent before {opens}: choose a later time to put it back.",
            Entry.PUT_BACK,
            is_of_number=True,
        )


def _refuse_never(schedule: Schedule) -> None:
    if schedule.is_scheduled:
        entry = Entry.START if schedule.starts_at is not None else Entry.PUT_BACK
        sentence = "The rules that hold for this change never let it be sent from then on."
        raise InvalidSchedule(sentence, entry, is_of_number=True)
    raise NeverSent("The rules that hold for this change never let it be sent.")


def _refuse_time(at: datetime, entry: Entry, now: datetime) -> None:
    if at <= now:
        raise InvalidSchedule("This time has passed: choose a later one.", entry)
    if at > now + FARTHEST:
        raise InvalidSchedule("This is more than a year away: choose an earlier time.", entry)


def _refuse_former(before: Assignment, fields: frozenset[Field]) -> None:
    """Refuse to promise what UponAI's API could not be told."""
    try:
        refuse_impossible(before.patch_to(fields))
    except InvalidSubmission as error:
        sentence = f"What is live now could not be put back: {error}"
        raise InvalidSchedule(sentence, Entry.PUT_BACK, is_of_number=True) from error
    if Field.OUTBOUND in fields and any(agent.version is None for agent in before.outbound):
        raise InvalidSchedule(
            "What is live now could not be put back: UponAI does not say which version of the outbound agent it is.",
            Entry.PUT_BACK,
            is_of_number=True,
        )


def refuse_gone(
    before: Assignment, fields: Collection[Field], listed: Collection[str], names: Mapping[str, str]
) -> None:
    """Raise FormerAgentGone where a change could not be put back, because an agent that is live is listed no longer.

    `listed` are the ids of those that are, `names` what to call each.
    """
    former = [
        agent
        for field, agents in ((Field.INBOUND, before.inbound), (Field.OUTBOUND, before.outbound))
        for agent in (agents if field in fields else ())
    ]
    for agent in former:
        if agent.agent_id not in listed:
            name = names.get(agent.agent_id, agent.agent_id)
            raise FormerAgentGone(
                f"What is live now could not be put back: this workspace does not list the agent {name} any more.",
                Entry.PUT_BACK,
                is_of_number=True,
            )


def first_moment(change: ChangeDraft, at: datetime) -> datetime | None:
    """Return the first moment from `at` on at which a change may be sent, None when there is none."""
    return next_open(change.policy.rules, max(at, change.due_at))


def schedule_of(change: ChangeDraft) -> Schedule:
    """Return when a change was asked to be sent, and put back."""
    return Schedule(change.starts_at, change.put_back_at)


def lapsing(change: ChangeDraft, first: datetime | None, now: datetime, within: timedelta) -> dict[str, Any]:
    """Return from when an approval of this moment can be acted on, where that is later than due, and when it lapses.

    `first` is None for a change that its rules never let through. One that is to be put back is not sent any more
    once that time has come.
    """
    due_at = max(now, change.due_at)
    first = first or due_at
    lapses = first + within
    if change.put_back_at is not None:
        lapses = max(first, min(lapses, change.put_back_at))
    return {"opens_at": first if first > due_at else None, "apply_before": lapses}


def in_words(at: datetime, zone: str = UTC_ZONE) -> str:
    """Write a moment where Slack would not put it into everyone's own zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
