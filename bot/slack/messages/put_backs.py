"""The put-back of a change, as the thread of that change tells it: planned, wanted now, ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.domain.change import ChangeRequest
from bot.domain.facts import PutBackEnded, PutBackPlanned
from bot.domain.since import Since
from bot.domain.state import State
from bot.slack.block_kit.elements import Block, actions, button, confirm, rich_text
from bot.slack.messages.bundle_lines import numbers
from bot.slack.messages.thread_parts import QUOTE_LIMIT, Message, line_fact, number_of
from bot.slack.messages.wording import Part, Person, Words, in_line, in_text

NOW, KEEP = "put_back:now", "put_back:keep"
_STANDS = frozenset({State.APPROVED, State.APPLYING, State.UNCLEAR})


def planned(change: ChangeRequest, payload: Mapping[str, Any], since: Since) -> Message:
    """Tell when the former assignment comes back, and let an approver have it now or never."""
    told = PutBackPlanned.from_json(payload)
    head: tuple[Part, ...] = (f"{told.change} puts ", number_of(change), " back to what was there before ")
    if since.put_back_state not in (None, *_STANDS):
        return line_fact(*head, f"{change.label}. It is {since.put_back_state}.")
    at = since.put_back_from or datetime.fromisoformat(told.sent_from)
    head = (*head, f"{change.label}: ", at, ".")
    shows_buttons = since.put_back_state in (None, State.APPROVED)
    buttons = [_buttons(told.change, change.label)] if shows_buttons else []
    return in_text(*head), [rich_text(in_line(*head), block_id="head"), *buttons]


def wanted_now(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    """Tell who wants it before its time; its rules can make it wait all the same."""
    told = PutBackPlanned.from_json(payload)
    if told.count is not None:
        is_later = told.sent_from > str(payload.get("at"))
        then = " What their rules hold up is sent as soon as they let it." if is_later else ""
        return line_fact(Person(told.by or ""), f" has {told.change} put {numbers(told.count)} back now.{then}")
    at = datetime.fromisoformat(told.sent_from)
    is_now = told.sent_from <= str(payload.get("at"))
    when: tuple[Part, ...] = () if is_now else (" Its rules let it be sent ", at, ".")
    return line_fact(Person(told.by or ""), f" has {told.change} put ", number_of(change), " back now.", *when)


def ended(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    """Tell whether the former assignment is back."""
    told = PutBackEnded.from_json(payload)
    if told.parents is not None:
        by, is_are = Person(told.by or change.requester_id), "are" if " more" in told.change else "is"
        return line_fact(by, f" keeps what {told.parents} set: {told.change} {is_are} canceled.")
    number, problem = number_of(change), Words(told.problem or "", QUOTE_LIMIT, is_bold=False)
    match told.state:
        case State.APPLIED:
            return line_fact(number, f" is back to what was there before {change.label}: {told.change} is applied.")
        case State.CANCELED:
            by = Person(told.by or change.requester_id)
            return line_fact(by, f" keeps what {change.label} set on ", number, f": {told.change} is canceled.")
        case _:
            why: tuple[Part, ...] = (" ", problem) if told.problem else ()
            return line_fact(number, f" was not put back: {told.change} is {told.state}.", *why)


def now_or_never(label: str, parent: str, *, now: tuple[str, str], keep: tuple[str, str]) -> Block:
    """Build both buttons; `now` and `keep` are what each asks before it does anything: a title and a sentence."""
    return actions(
        button(
            "Put back now",
            NOW,
            value=label,
            label=f"Put back now what was there before {parent}",
            confirm=confirm(*now, yes="Put back now"),
        ),
        button(
            "Keep",
            KEEP,
            value=label,
            label=f"Keep what {parent} set",
            confirm=confirm(*keep, yes="Keep"),
        ),
        block_id="next",
    )


def _buttons(label: str, parent: str) -> Block:
    return now_or_never(
        label,
        parent,
        now=(f"Put back now, as {label}?", f"What {parent} set ends."),
        keep=(f"Keep what {parent} set?", f"{label} is canceled: nothing is put back."),
    )
