"""What happened to a change, in words: who did what and when, refused attempts folded into one line each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.audit import ChainedEvent
from bot.domain.errors import AlreadyAsked, OwnChange
from bot.domain.events import PHRASES, Event
from bot.service.context import WORKER_ID
from bot.slack.block_kit.elements import Block, date_run, text_run, user_run
from bot.slack.block_kit.sentences import sentence_runs

# A text in a rich_text block takes 3000 characters.
WORDS_LIMIT = 2500
_NAMES = frozenset(Event)


@dataclass(frozen=True, slots=True)
class Line:
    """An event, and how many refused attempts of the same kind it stands for."""

    event: ChainedEvent
    count: int = 1


def lines_of(events: Iterable[ChainedEvent]) -> list[Line]:
    """Fold refused attempts: of one person and kind the last stands for all. What only prepared a step is left out."""
    told = [event for event in events if event.event != Event.APPLYING]
    counts: dict[tuple[str, str], int] = {}
    for event in told:
        counts[_kind(event)] = counts.get(_kind(event), 0) + 1
    lines: list[Line] = []
    folded: set[tuple[str, str]] = set()
    for event in reversed(told):
        if not _is_refusal(event):
            lines.append(Line(event))
        elif _kind(event) not in folded:
            folded.add(_kind(event))
            lines.append(Line(event, counts[_kind(event)]))
    return lines[::-1]


def line_runs(line: Line) -> list[Block]:
    """Write one line: when, who, what, and why where the event says why."""
    event = line.event
    phrase = _phrase(event)
    did = (
        [text_run(f"{phrase[0].upper()}{phrase[1:]}")]
        if event.actor_id == WORKER_ID
        else [user_run(event.actor_id), text_run(f" {phrase}")]
    )
    times = [text_run(f" {line.count} times")] if line.count > 1 else []
    return [date_run(event.at), text_run("  "), *did, *times, *_remark(event)]


def _kind(event: ChainedEvent) -> tuple[str, str]:
    return event.actor_id, event.event


def _is_refusal(event: ChainedEvent) -> bool:
    return event.event in _NAMES and Event(event.event).is_refusal


def _phrase(event: ChainedEvent) -> str:
    # A newer release may have recorded what this one has no words for.
    return PHRASES[Event(event.event)] if event.event in _NAMES else event.event


def _remark(event: ChainedEvent) -> list[Block]:
    after = event.after or {}
    if _is_refusal(event):
        return [text_run(", refused: "), *_refusal(after)]
    if event.event == Event.EDITED:
        lines = "; ".join(after.get("changed") or ())
        return [text_run(f": {lines}"[:WORDS_LIMIT])] if lines else []
    # What was asked stands above already.
    said = None if event.event == Event.SUBMITTED else after.get("problem") or after.get("reason")
    return [text_run(f": {str(said)[:WORDS_LIMIT]}")] if said else []


def _refusal(after: Mapping[str, Any]) -> list[Block]:
    """Say why somebody was turned away; a sentence that speaks to them is quoted."""
    code, sentence = after.get("refused"), str(after.get("sentence") or "")[:WORDS_LIMIT]
    if code == OwnChange.code:
        return [text_run("the requester cannot decide about it")]
    if not sentence:
        return [text_run("it could not be read")]
    # What was asked already is told in the words of whoever asked it.
    runs = [text_run(sentence)] if code == AlreadyAsked.code else sentence_runs(sentence.rstrip("."))
    return [text_run("“"), *runs, text_run("”")] if sentence.startswith("You") else runs
