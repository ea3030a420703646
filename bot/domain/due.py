"""When an approved change is sent: from when on, whether now, and how it is put off."""

from dataclasses import replace
from datetime import datetime

from bot.domain.change import ChangeRequest
from bot.domain.rules.sending import is_open
from bot.domain.schedule import first_moment
from bot.domain.state import State


def sent_from(change: ChangeRequest) -> datetime:
    """Return the moment from which on a change is sent once it is approved, as far as that is known."""
    return change.due_at if change.opens_at is None else max(change.opens_at, change.due_at)


def is_due(change: ChangeRequest, now: datetime) -> bool:
    """Say whether a change is approved and to be sent now."""
    return change.state is State.APPROVED and sent_from(change) <= now


def may_send_at(change: ChangeRequest, at: datetime) -> bool:
    """Say whether an approved change may be sent at this moment: from its Start on, while its rules are open.

    An override leaves the hours of the rules behind.
    """
    return change.due_at <= at and (change.overridden_at is not None or is_open(change.policy.rules, at))


def put_off(change: ChangeRequest, now: datetime) -> ChangeRequest:
    """Let an approved change wait until its rules are open; nothing is live of an attempt, if there was one.

    One that they never let through waits until it expires.
    """
    waiting = change if change.state is State.APPROVED else change.release(None)
    return replace(waiting, version=change.version + 1, opens_at=first_moment(change, now) or change.apply_before)
