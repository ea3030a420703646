"""What people read of schedules, for the file of every text."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.change import ChangeRequest
from bot.domain.facts import Decided, Fact, PutBackEnded, PutBackPlanned
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.rule import Rule
from bot.domain.rules.windows import Freeze
from bot.domain.since import Since
from bot.domain.state import Origin, State
from bot.slack.block_kit.elements import rich_text
from bot.slack.messages.card import card_blocks, card_text
from bot.slack.messages.schedule import when_lines, when_text
from bot.slack.messages.thread import render_fact
from tests.domain.strategies import NOW, change
from tests.slack.messages.reading import lines_of, read

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
    for state in (State.APPLIED, State.CANCELED):
        ended = PutBackEnded(change="RN-13", state=state.value, by="UADA")
        payload = {"name": Fact.PUT_BACK_ENDED.value, "at": NOW.isoformat(), **ended.to_json()}
        lines += [f"-- put back, {state}", read(render_fact(change(), payload)[0])]
    plan = PutBackPlanned(change="RN-13", sent_from=(NOW + HOUR).isoformat())
    payload = {"name": Fact.PUT_BACK.value, "at": NOW.isoformat(), **plan.to_json()}
    for since in (Since(put_back_state=State.APPROVED, put_back_from=NOW), Since(put_back_state=State.STALE)):
        text, blocks = render_fact(change(), payload, since)
        lines += [f"-- put back planned, then {since.put_back_state}", read(text), *lines_of(blocks)]
    put_back = change(state=State.APPROVED, origin=Origin.PUT_BACK, parent_id=11, due_at=NOW + HOUR)
    record = scheduled(State.APPROVED), put_back, replace(closed, opens_at=NOW + 9 * HOUR)
    lines += [line for one in record for line in ("-- in Details", *lines_of([rich_text(*when_lines(one))]))]
    return [*lines, "-- card of a put-back", read(card_text(put_back)), *lines_of(card_blocks(put_back, []))]
