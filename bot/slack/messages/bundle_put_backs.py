"""The put-backs of several numbers, as the thread of what was asked together tells them: one message that fills up."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.facts import PutBackPlanned
from bot.domain.since import BundleSince, PutBackSince
from bot.domain.state import State
from bot.slack.block_kit.elements import Block, cut, rich_list, rich_text
from bot.slack.messages.bundle_lines import numbers
from bot.slack.messages.glance import SIGNS, named_number
from bot.slack.messages.put_backs import now_or_never
from bot.slack.messages.thread_parts import Message
from bot.slack.messages.wording import Part, Person, Words, in_line, in_text

NUMBER_LIMIT = 60
PROBLEM_LIMIT = 100
TEXT_LIMIT = 3500
_NOT_LIVE: dict[State, str] = {
    State.UNCLEAR: "not known to be live, so not put back with the others",
    State.RESOLVED: "marked as resolved, so not put back",
}
_TO_COME = frozenset({State.PENDING, State.APPROVED, State.APPLYING})


def put_backs(bundle: Bundle, payload: Mapping[str, Any], since: BundleSince) -> Message:
    """Tell when the former values come back and what became of that, and let an approver have it otherwise."""
    found = [each for member in bundle.members if (each := since.put_backs.get(member.id)) is not None]
    waiting = [each for each in found if each.state is State.APPROVED]
    head = _head(bundle, found, waiting, PutBackPlanned.from_json(payload).change)
    is_of_all = len({each.sent_from for each in waiting}) == 1
    lines = [_line(each, since.put_backs.get(each.id), is_time_said=is_of_all) for each in bundle.members]
    said = "; ".join(in_text(*line) for line in lines)
    listed = rich_list([list(in_line(*line)["elements"]) for line in lines])
    return (
        cut(f"{in_text(*head)} {said}", TEXT_LIMIT),
        [rich_text(in_line(*head), listed, block_id="head"), *_buttons(found, waiting, bundle)],
    )


def _head(
    bundle: Bundle, found: Sequence[PutBackSince], waiting: Sequence[PutBackSince], first: str
) -> tuple[Part, ...]:
    label, many = planned_label(found) or first, numbers(len(found))
    if not waiting:
        back = sum(each.state is State.APPLIED for each in found)
        verb = "is" if back == 1 else "are"
        return (f"{label}: {back} of {many} {verb} back to what was there before {bundle.label}.",)
    head = f"{label} put{'s' if len(found) == 1 else ''} {many} back to what was there before {bundle.label}"
    times = sorted({each.sent_from for each in waiting})
    return (f"{head}: ", times[0], "." if len(times) == 1 else " and later, as each line says.")


def _line(member: ChangeRequest, put_back: PutBackSince | None, *, is_time_said: bool) -> tuple[Part, ...]:
    number = Words(named_number(member), NUMBER_LIMIT)
    if put_back is None:
        return (f"{SIGNS[member.state]} {member.label} · ", number, f": {_why_not(member)}")
    head: tuple[Part, ...] = (f"{SIGNS[put_back.state]} {put_back.label} · ", number, ": ")
    match put_back.state:
        case State.APPROVED:
            return (*head, "planned") if is_time_said else (*head, "planned, ", put_back.sent_from)
        case State.APPLYING:
            return (*head, "is being put back")
        case State.APPLIED:
            return (*head, f"back to what was there before {member.label}")
        case State.CANCELED:
            return (*head, "kept by ", Person(put_back.decided_by or member.requester_id))
        case State.UNCLEAR:
            return (*head, "unclear; its own thread says what to do")
        case state:
            why = Words(put_back.problem or "", PROBLEM_LIMIT, is_bold=False)
            return (*head, f"not put back, it is {state}", *((". ", why) if put_back.problem else ()))


def _why_not(member: ChangeRequest) -> str:
    if member.state in _TO_COME:
        return "not live yet; once it is, it is put back too"
    if member.state is State.APPLIED:
        return "put back by itself, as a message of its own says"
    return _NOT_LIVE.get(member.state, f"{member.state}, so there is nothing to put back")


def _buttons(found: Sequence[PutBackSince], waiting: Sequence[PutBackSince], bundle: Bundle) -> list[Block]:
    if not waiting:
        return []
    lead, label = min(found, key=lambda each: each.id).label, planned_label(waiting)
    many, it_is = numbers(len(waiting)), "it is" if len(waiting) == 1 else "they are"
    buttons = now_or_never(
        lead,
        bundle.label,
        now=(f"Put {many} back now?", f"That is {label}: what was set ends."),
        keep=(f"Keep {many} as {it_is}?", f"{label}: canceled, so nothing of that is put back."),
    )
    return [buttons]


def planned_label(some: Sequence[PutBackSince]) -> str:
    """Name several by the first of them, nothing where there is none."""
    if not some:
        return ""
    first = min(some, key=lambda each: each.id).label
    return f"{first} and {len(some) - 1} more" if len(some) > 1 else first
