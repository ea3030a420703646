"""When a change is sent and put back, in words: times stand there as each reader's own zone has them."""

from datetime import datetime

from bot.domain.change import ChangeRequest
from bot.domain.due import sent_from
from bot.domain.facts import Decided
from bot.domain.label import format_label
from bot.domain.schedule import first_moment
from bot.domain.state import Origin, State
from bot.slack.block_kit.elements import Block, context, date
from bot.slack.messages.wording import Part, in_line


def when_text(change: ChangeRequest) -> str | None:
    """Say in mrkdwn when an open change is sent and put back, None where it is as soon as approved and for good."""
    parts = [*_sent(change), *([f"Put back {date(change.put_back_at)}"] if change.put_back_at else [])]
    return " · ".join(parts) if change.state.is_open and parts else None


def when_blocks(change: ChangeRequest) -> list[Block]:
    """Build the line of the card that says so."""
    text = when_text(change)
    return [] if text is None else [context(f"⏰ {text}", block_id="when")]


def when_lines(change: ChangeRequest) -> list[Block]:
    """Build the lines of the whole record: what was asked for, and what came of it."""
    lines: list[tuple[Part, ...]] = []
    if change.origin is Origin.PUT_BACK and change.parent_id is not None:
        lines.append((f"Puts {format_label(change.parent_id)} back, due ", change.due_at))
    if change.starts_at is not None:
        lines.append(("Start ", change.starts_at))
    if change.opens_at is not None:
        lines.append(("Its rules let it be sent from ", change.opens_at))
    if change.put_back_at is not None:
        lines.append(("Put back at ", change.put_back_at))
    return [in_line(*line) for line in lines]


def will_be_sent(told: Decided) -> tuple[Part, ...]:
    """Say in a thread that a change is sent later, when, and what it waits for."""
    at = datetime.fromisoformat(told.sent_from or "")
    if told.is_closed:
        return ("Its rules let nothing be sent now. It will be sent ", at, ".")
    return ("It will be sent ", at, ".")


def _sent(change: ChangeRequest) -> list[str]:
    if change.state is State.APPROVED:
        is_later = change.starts_at or change.opens_at or change.origin is Origin.PUT_BACK
        return [f"Will be sent {date(sent_from(change))}"] if is_later else []
    found = []
    if change.starts_at is not None:
        found.append(f"Start {date(change.starts_at)}, to be decided by then")
    asked_for = max(change.created_at, change.due_at)
    opens_at = first_moment(change, asked_for)
    if opens_at is not None and opens_at > asked_for:
        found.append(f"By its rules not sent before {date(opens_at)}")
    return found
