"""What people read of schedules, for the file of every text."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.change import ChangeRequest
from bot.domain.facts import Decided, Fact
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Rule
from bot.domain.rules.windows import Freeze
from bot.domain.state import State
from bot.slack.messages.schedule import when_text
from bot.slack.messages.thread import render_fact
from tests.domain.strategies import NOW, change
from tests.slack.messages.reading import read

HOUR = timedelta(hours=1)
_LOCAL = NOW.replace(tzinfo=None)
CLOSED = HeldPolicy(rules=(Rule(name="Holidays", freezes=(Freeze(_LOCAL, _LOCAL + 9 * HOUR, "UTC"),)),))


def scheduled(state: State = State.PENDING) -> ChangeRequest:
    return change(state=state, starts_at=NOW + HOUR, due_at=NOW + HOUR, put_back_at=NOW + 2 * HOUR)


def schedule_texts() -> list[str]:
    closed = change(policy=CLOSED)
    asked = {
        "at a time, put back later": scheduled(),
        "closed": closed,
        "approved, at a time": scheduled(State.APPROVED),
        "approved, closed": replace(closed, state=State.APPROVED, opens_at=NOW + 9 * HOUR),
    }
    lines = [line for name, one in asked.items() for line in (f"-- {name}", read(when_text(one) or ""))]
    for is_closed in (False, True):
        told = Decided(by="UALAN", sent_from=(NOW + HOUR).isoformat(), is_closed=is_closed)
        payload = {"name": Fact.APPROVED.value, "at": NOW.isoformat(), **told.to_json()}
        lines += [
            f"-- approved, {'closed' if is_closed else 'at a time'}, told",
            read(render_fact(change(), payload)[0]),
        ]
    return lines
