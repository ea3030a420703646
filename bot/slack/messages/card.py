"""The approval card: one message that shows the stored state of a change, whatever that is by the time it is sent."""

from collections.abc import Mapping, Sequence

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.label import format_label
from bot.domain.number import pretty
from bot.domain.policy import Review
from bot.domain.rules.evaluation import Evaluation
from bot.domain.standing import evaluation
from bot.domain.state import Origin, State, WaitCause
from bot.domain.warnings import Overlap, Standstill, Warned, warnings_of
from bot.service.lookup import is_fresh
from bot.slack.block_kit.elements import (
    Block,
    actions,
    button,
    context,
    date,
    literal,
    mention,
    rich_line,
    rich_text,
    section,
    text_run,
)
from bot.slack.block_kit.limits import middle, short_number
from bot.slack.messages.change_blocks import change_blocks, reason_parts, shown_differences
from bot.slack.messages.confirms import confirm_approve, confirm_cancel
from bot.slack.messages.glance import named_number, sides, sign, whole_differences
from bot.slack.messages.override import overridden_blocks, overridden_text, override_button
from bot.slack.messages.progress import count_words, has_named_rules, missing_count, progress_blocks
from bot.slack.messages.schedule import when_blocks, when_text
from bot.slack.messages.warnings import high_risk_line, other_warnings, warning_sentence

APPROVE, DENY, CANCEL, DETAILS = "card:approve", "card:deny", "card:cancel", "card:details"
EDIT = "card:edit"
# The whole notification text of a message: 4000 characters.
NUMBER_TEXT_LIMIT = 400
TEXT_LIMIT = 2500
ENDED_FIELD_LIMIT = 600

_WAITS: dict[WaitCause, str] = {
    WaitCause.UNAVAILABLE: "UponAI has not answered",
    WaitCause.UNAUTHORIZED: "UponAI has refused my token",
    WaitCause.REFUSED: "UponAI has refused my look at the number",
    WaitCause.UNREADABLE: "I have not been able to read UponAI's answers",
}


def card_text(change: ChangeRequest, overlaps: Sequence[Overlap] = ()) -> str:
    """Write the card for a notification and a screen reader: what, who, why."""
    fields = "; ".join(f"{each.title}: {sides(each)}" for each in shown_differences(change, beside=len(change.reason)))
    number = literal(named_number(change), NUMBER_TEXT_LIMIT)
    asks = "asked" if change.state.is_final else "asks"
    head = f"{change.label} {change.state}: {mention(change.requester_id)} {asks} to change {number}."
    risks = " ".join(warning_sentence(each) for each in _warnings(change, overlaps) if each.is_high_risk)
    risk = f" High risk: {risks}" if risks else ""
    when = when_text(change)
    head = f"{head} {when}." if when else head
    return f"{head}{overridden_text(change)}{risk} {literal(f'{fields}. Why: {change.reason}', TEXT_LIMIT)}"


def card_blocks(
    change: ChangeRequest,
    reviews: list[Review],
    *,
    overlaps: Sequence[Overlap] = (),
    standstill: Standstill | None = None,
    names: Mapping[str, str] | None = None,
) -> list[Block]:
    """Build the card. No state word stands on it but the one of its state line.

    `overlaps` are the other open changes of the number, `standstill` is what stops all sending now; `names` are those
    of the people and user groups that its rules name.
    """
    return [
        *(_ended(change) if change.state.is_final else _open(change, reviews, overlaps, standstill, names or {})),
        section(f"State: {change.state}", block_id="state"),
        actions(*_buttons(change, reviews, is_paused=standstill is not None), block_id="buttons"),
    ]


def _open(
    change: ChangeRequest,
    reviews: list[Review],
    overlaps: Sequence[Overlap],
    standstill: Standstill | None,
    names: Mapping[str, str],
) -> list[Block]:
    warned = _warnings(change, overlaps)
    risk = high_risk_line(warned)
    others = other_warnings(warned)
    return [
        *([section(f"*{risk}*", block_id="risk")] if risk else []),
        _head(change),
        *change_blocks(change, beside=len(change.reason)),
        rich_text(*reason_parts("Why:", change.reason), block_id="why"),
        *overridden_blocks(change),
        *([context("\n".join(f"⚠️ {line}" for line in others), block_id="warnings")] if others else []),
        *_notes(change),
        *when_blocks(change),
        *_waiting(change, standstill),
        *_needed(change, reviews, names),
    ]


def _ended(change: ChangeRequest) -> list[Block]:
    """Shrink the card to number, change and who decided."""
    shown = shown_differences(change, beside=len(change.reason))
    lines = [
        rich_line(text_run(each.title, bold=True), text_run(f": {middle(sides(each), ENDED_FIELD_LIMIT)}"))
        for each in shown
    ]
    is_denied = change.state is State.DENIED and change.decision_reason
    return [
        _head(change, *lines),
        *([rich_text(*reason_parts("Why not:", change.decision_reason or ""), block_id="why")] if is_denied else []),
        *overridden_blocks(change),
        context(f"Asked by {mention(change.requester_id)} · {who_decided(change)}", block_id="needed"),
    ]


def _head(change: ChangeRequest, *lines: Block) -> Block:
    head = f"{sign(change)} {change.label} · {named_number(change)}"
    return rich_text(rich_line(text_run(head, bold=True)), *lines, block_id="request")


def _warnings(change: ChangeRequest, overlaps: Sequence[Overlap]) -> tuple[Warned, ...]:
    if change.state.is_final:
        return ()
    return warnings_of(change.patch, change.before, change.after, overlaps if change.state.is_open else ())


def _notes(change: ChangeRequest) -> list[Block]:
    notes: list[Block] = []
    if _is_shortened(change):
        notes.append(context("Something here is shortened; *Details* shows the whole.", block_id="shortened"))
    if not is_fresh(change.before_at, change.created_at):
        notes.append(context(f"The present assignment is as of {date(change.before_at)}.", block_id="as_of"))
    return notes


def _is_shortened(change: ChangeRequest) -> bool:
    whole = whole_differences(change)
    is_whole = shown_differences(change, beside=len(change.reason)) == whole
    return not is_whole or short_number(change.key.number) != pretty(change.key.number)


def _waiting(change: ChangeRequest, standstill: Standstill | None) -> list[Block]:
    """Say why nothing is sent, since when, and until when it can wait."""
    if change.state is not State.APPROVED:
        return []
    until = f" {change.label} expires {date(change.apply_before)}." if change.apply_before else ""
    if standstill is not None:
        text = f"⏸️ {mention(standstill.by)} paused sending {date(standstill.since)}.{until}"
    elif change.wait_cause is not None:
        since = f" since {date(change.waiting_since)}" if change.waiting_since else ""
        text = f"⏸️ {_WAITS[change.wait_cause]}{since}, so this waits. I keep trying.{until}"
    else:
        return []
    return [context(text, block_id="waiting")]


def _needed(change: ChangeRequest, reviews: list[Review], names: Mapping[str, str]) -> list[Block]:
    asked = f"Asked by {mention(change.requester_id)} {date(change.created_at)}{_parent(change)}"
    if change.revision > 1:
        asked = f"{asked} · edited since, the thread says how"
    if change.state is not State.PENDING:
        return [context(f"{asked} · {who_decided(change)}", block_id="needed")]
    found = _evaluation(change, reviews)
    who = "" if has_named_rules(change) else "anyone here but them can approve · "
    line = f"{asked} · {count_words(change, found)}{who}open until {date(change.expires_at)}"
    return [*progress_blocks(change, reviews, found, names), context(line, block_id="needed")]


def _evaluation(change: ChangeRequest, reviews: list[Review]) -> Evaluation:
    # What the clock does to it is not shown here.
    return evaluation(change, reviews, change.created_at)


def _parent(change: ChangeRequest) -> str:
    # A form that was filled from another change and then altered claims nothing.
    if change.parent_id is None or change.origin is None:
        return ""
    what = {Origin.REVERT: "to undo", Origin.TRY_AGAIN: "again after", Origin.PUT_BACK: "to put back"}[change.origin]
    return f" {what} {format_label(change.parent_id)}"


def who_decided(change: ChangeRequest) -> str:
    """Say who decided and when, or that nobody did."""
    if change.decided_by is not None and change.decided_at is not None:
        did = "Decided" if change.overridden_at is None else "Overridden"
        did = "Withdrawn" if change.state is State.CANCELED else did
        return f"{did} by {mention(change.decided_by)} {date(change.decided_at)}"
    ended = f" {date(change.finished_at)}" if change.finished_at else ""
    return f"Ended without a decision{ended}"


def _buttons(change: ChangeRequest, reviews: list[Review], *, is_paused: bool) -> list[Block]:
    details = button("Details", DETAILS, value=change.label, label=f"Details of {change.label}")
    cancel = button(
        "Cancel", CANCEL, value=change.label, label=f"Cancel {change.label}", confirm=confirm_cancel(change)
    )
    if change.state is State.APPROVED:
        # What waits for UponAI, or for another workspace, can wait for long.
        return [details] if change.origin is Origin.PUT_BACK else [cancel, details]
    if change.state is not State.PENDING:
        return [details]
    missing = missing_count(_evaluation(change, reviews))
    return [
        button(
            "Approve",
            APPROVE,
            value=change.label,
            label=f"Approve {change.label}",
            style="primary",
            confirm=confirm_approve(change, missing=missing, is_paused=is_paused),
        ),
        button("Deny", DENY, value=change.label, label=f"Deny {change.label}", style="danger"),
        button("Edit", EDIT, value=change.label, label=f"Edit {change.label}"),
        cancel,
        details,
        *([override_button(Bundle((change,)))] if change.policy.can_be_overridden else []),
    ]
