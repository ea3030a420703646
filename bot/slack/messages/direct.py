"""What the requester reads in a direct message: how their change was decided, and how it ended."""

from collections import Counter
from collections.abc import Iterator

from bot.domain.assignment import Assignment
from bot.domain.bundle import Bundle, together
from bot.domain.change import ChangeRequest
from bot.domain.due import sent_from
from bot.domain.shortening import shorten
from bot.domain.state import Origin, State
from bot.slack.block_kit.elements import Block, rich_line, rich_list, rich_quote, rich_text, text_run
from bot.slack.messages.glance import SIGNS, named_number, sign
from bot.slack.messages.thread_parts import (
    QUOTE_LIMIT,
    Message,
    assignment_blocks,
    in_words,
    number_of,
    quoted_text,
)
from bot.slack.messages.wording import Part, Person, in_line, in_text

APPROVERS_SHOWN = 5
_ENDS = {
    State.FAILED: "UponAI refused it. Nothing was changed.",
    State.STALE: "it is over, because the number changed in the meantime.",
    State.UNCLEAR: "it is unclear what is live. Please look at the number; the thread says what can be done.",
    State.RESOLVED: "someone looked, and marked it as resolved.",
    State.EXPIRED: "it expired, because nobody decided in time. Nothing was sent.",
}


def requester_message(change: ChangeRequest, link: str | None) -> Message:
    """Tell the stored state of a change to its requester; `link` leads to its thread."""
    head = (f"{sign(change)} {change.label} for ", number_of(change), ": ", *_what(change))
    said = _said(change)
    live = change.result if change.state in (State.APPLIED, State.RESOLVED) else None
    text = f"{in_text(*head)}{_live_text(change, live)}{quoted_text(said)}"
    blocks = [rich_text(in_line(*head), *_quote(said), block_id="head"), *_live_blocks(change, live)]
    return linked((text, blocks), link)


def bundle_message(bundle: Bundle, link: str | None) -> Message:
    """Tell the requester of what they asked together: the decision, or once all have ended, what became of each."""
    lead, is_over = bundle.lead, all(each.finished_at for each in bundle.members)
    by: Part = Person(lead.decided_by) if lead.decided_by else "someone"
    head: tuple[Part, ...]
    below: list[Block] = []
    if bundle.shared_state is State.DENIED:
        head = (f"{SIGNS[State.DENIED]} {bundle.label}: ", by, " denied them, so nothing was sent. Their reason:")
        below = _quote(lead.decision_reason)
    elif is_over:
        counts = Counter(each.state for each in bundle.members)
        ends = ", ".join(f"{count} {state}" for state, count in counts.items())
        what = f"{bundle.label}, to put back what was there before," if lead.origin is Origin.PUT_BACK else bundle.label
        head = (f"{what} came to an end: {ends}.",)
        below = [rich_list([_end(each) for each in bundle.members])]
    else:
        head = (
            f"{SIGNS[State.APPROVED]} {bundle.label}: ",
            *_approved(bundle),
            " You hear from me once all have ended.",
        )
    said = quoted_text(lead.decision_reason) if bundle.shared_state is State.DENIED else ""
    return linked((f"{in_text(*head)}{said}", [rich_text(in_line(*head), *below, block_id="head")]), link)


def _approved(bundle: Bundle) -> Iterator[Part]:
    """Say who approved which, what still waits for more, and when they are sent where that is the same for all."""
    passed = [each for each in bundle.passed if each.overridden_at is None]
    people = list(dict.fromkeys(each.decided_by for each in passed if each.decided_by))[:APPROVERS_SHOWN]
    yield from [part for person in people for part in (", ", Person(person))][1:] or ["someone"]
    yield f" approved {'them' if len(passed) in (0, len(bundle.members)) else together(passed)}."
    left = bundle.those(State.PENDING)
    if left:
        yield f" {together(left)} still {'needs' if len(left) == 1 else 'need'} more approvals."
    waiting = [each for each in passed if each.state is State.APPROVED]
    times = {sent_from(each) for each in waiting if each.approved_at and sent_from(each) > each.approved_at}
    if len(times) == 1:
        yield from (" What is approved will be sent ", next(iter(times)), ".")


def _end(change: ChangeRequest) -> list[Block]:
    number = text_run(named_number(change), bold=True)
    return [text_run(f"{sign(change)} {change.label} · "), number, text_run(f": {change.state}")]


def linked(message: Message, link: str | None) -> Message:
    """Let a message lead to the thread that it is about, where that is known."""
    text, blocks = message
    if link is None:
        return message
    return f"{text} <{link}|Open the thread>", [*blocks, rich_text(rich_line(_to(link)), block_id="thread")]


def _quote(said: str | None) -> list[Block]:
    return [rich_quote(shorten(said, QUOTE_LIMIT))] if said else []


def _what(change: ChangeRequest) -> Iterator[Part]:
    by = Person(change.decided_by) if change.decided_by else "someone"
    did = " overrode it" if change.overridden_at else " approved it"
    match change.state:
        case State.DENIED:
            yield from (by, " denied it, so nothing was sent. Their reason:")
        case State.CANCELED:
            yield from (by, " keeps what is live, so nothing is put back.")
        case State.APPLIED if change.origin is Origin.PUT_BACK:
            yield "the former values are back (read back from UponAI)."
        case State.APPLIED:
            yield from (by, f"{did}, and it is live (read back from UponAI).")
        case State.EXPIRED if change.decided_at is not None:
            yield "it expired, because it could not be sent in time after the approval."
        case state if state in _ENDS:
            yield _ENDS[state]
        case _ if change.approved_at is not None and sent_from(change) > change.approved_at:
            yield from (by, f"{did}. It will be sent ", sent_from(change), ".")
        case _:
            yield from (by, f"{did}. You hear from me once it is done.")


def _said(change: ChangeRequest) -> str | None:
    """Return why, in the words of others."""
    if change.state is State.DENIED:
        return change.decision_reason
    return change.problem if change.state in (State.FAILED, State.STALE, State.UNCLEAR) else None


def _live_text(change: ChangeRequest, live: Assignment | None) -> str:
    return "" if live is None else f" {in_words(change.agent_names, live, change.patch.fields)}"


def _live_blocks(change: ChangeRequest, live: Assignment | None) -> list[Block]:
    if live is None:
        return []
    return assignment_blocks(change.agent_names, live, change.patch.fields, block_id="live")


def _to(link: str) -> Block:
    return {"type": "link", "url": link, "text": "Open the thread"}
