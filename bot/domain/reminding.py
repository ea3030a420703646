"""When an undecided change is brought to mind, and whom it calls when it is asked."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.rules.people import People
from bot.domain.rules.policy import HeldPolicy

# More people than that are not called one by one: nobody of them would feel meant.
MOST_CALLED = 5
LAST = timedelta(hours=1)
# Two reminders that are closer together say the same thing twice.
SHORTEST_PAUSE = timedelta(minutes=15)


class Reminder(StrEnum):
    """One of the moments at which an undecided change is brought to mind."""

    HALF_WAY = "half_way"
    LAST_HOUR = "last_hour"


def reminders(asked_at: datetime, expires_at: datetime) -> dict[Reminder, tuple[datetime, datetime]]:
    """Return when each reminder is due, and until when it is worth saying: the next one, or the end, takes its place.

    A change that expires soon has the one half-way alone.
    """
    half, last = asked_at + (expires_at - asked_at) / 2, expires_at - LAST
    if last < half + SHORTEST_PAUSE:
        return {Reminder.HALF_WAY: (half, expires_at)}
    return {Reminder.HALF_WAY: (half, last), Reminder.LAST_HOUR: (last, expires_at)}


def called(held: HeldPolicy, requester_id: str) -> People:
    """Return whom a change calls by its rules: people other than the requester, if there are few, and whole groups.

    Nobody is called for a rule that every full member may approve by.
    """
    return few_of([rule.approvers for rule in held.rules if rule.approvers is not None], {requester_id})


def few_of(named: Iterable[People], without: Iterable[str]) -> People:
    """Put people together without some of them, and without all of them when they are many; groups stay."""
    found = list(named)
    people = frozenset[str]().union(*(each.people for each in found)) - set(without)
    return People(
        people if len(people) <= MOST_CALLED else frozenset(),
        frozenset[str]().union(*(each.groups for each in found)),
        frozenset[str]().union(*(each.channels for each in found)),
    )
