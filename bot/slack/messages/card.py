"""The approval card: one message that shows the stored state of a change, whatever that is by the time it is sent."""

import re

from bot.domain.change import ChangeRequest
from bot.domain.difference import FieldDifference, differences
from bot.domain.label import format_label
from bot.domain.number import pretty
from bot.domain.policy import Review, approvals_of
from bot.domain.state import Origin, State
from bot.service.lookup import is_fresh
from bot.slack.block_kit.elements import (
    Block,
    actions,
    button,
    confirm,
    context,
    date,
    literal,
    mention,
    rich_line,
    rich_list,
    rich_quote,
    rich_text,
    section,
    text_run,
    user_run,
)
from bot.slack.block_kit.limits import bounded, short_names, short_number

APPROVE, DENY, CANCEL, DETAILS = "card:approve", "card:deny", "card:cancel", "card:details"
# The whole notification text of a message: 4000 characters.
NUMBER_TEXT_LIMIT = 400
TEXT_LIMIT = 2500
_STATE_LINE = re.compile(r"^(\s*state)(?=\s*:)", re.IGNORECASE | re.MULTILINE)


def card_text(change: ChangeRequest) -> str:
    """Write the card for a notification and a screen reader: what, who, why."""
    fields = "; ".join(_in_one_line(difference) for difference in card_differences(change))
    number = literal(short_number(change.key.number), NUMBER_TEXT_LIMIT)
    head = f"{change.label} {change.state}: {mention(change.requester_id)} asks to change {number}."
    return f"{head} {literal(f'{fields}. Reason: {change.reason}', TEXT_LIMIT)}"


def card_blocks(change: ChangeRequest, reviews: list[Review]) -> list[Block]:
    """Build the card. No state word stands on it but the one of its state line."""
    shown = card_differences(change)
    blocks = [
        rich_text(
            rich_line(
                text_run(f"{change.label}  ", bold=True),
                text_run(short_number(change.key.number), bold=True),
                text_run("\nAsked by "),
                user_run(change.requester_id),
                *_parent(change),
                text_run(", because:"),
            ),
            rich_quote(_as_no_state_line(change.reason)),
            block_id="request",
        ),
        *(difference_block(difference) for difference in shown),
    ]
    if shown != _differences(change) or short_number(change.key.number) != pretty(change.key.number):
        blocks.append(context("Something here is shortened; *Details* shows the whole.", block_id="shortened"))
    if not is_fresh(change.before_at, change.created_at):
        blocks.append(context(f"The present assignment is as of {date(change.before_at)}.", block_id="as_of"))
    blocks += [
        context(_what_is_needed(change, reviews), block_id="needed"),
        section(f"State: {change.state}", block_id="state"),
        actions(*_buttons(change), block_id="buttons"),
    ]
    return blocks


def card_differences(change: ChangeRequest) -> tuple[FieldDifference, ...]:
    """Describe the touched fields before and after, by agent name, in what room a message has."""
    return bounded(_differences(change, is_short=True), beside=len(change.reason))


def difference_block(difference: FieldDifference) -> Block:
    """Show one field before and after: in one line when each side is one, else as two lists."""
    before, after = difference.before, difference.after
    title = text_run(difference.title, bold=True)
    block_id = f"field:{difference.field}"
    if len(before) == len(after) == 1:
        return rich_text(
            rich_line(title, text_run(f"\n{before[0]}  →  "), text_run(after[0], bold=True)), block_id=block_id
        )
    return rich_text(
        rich_line(title, text_run("\nBefore:")),
        rich_list([[text_run(line)] for line in before]),
        rich_line(text_run("→ After:")),
        rich_list([[text_run(line, bold=True)] for line in after]),
        block_id=block_id,
    )


def _differences(change: ChangeRequest, *, is_short: bool = False) -> tuple[FieldDifference, ...]:
    return differences(
        change.before,
        change.after,
        change.patch.fields,
        short_names(change.agent_names) if is_short else change.agent_names,
        is_outbound_version_newest=change.is_outbound_version_newest,
    )


def _as_no_state_line(reason: str) -> str:
    """Keep a line of the reason from reading like the card's own state line; a word joiner cannot be seen."""
    return _STATE_LINE.sub("\\1\u2060", reason)


def _in_one_line(difference: FieldDifference) -> str:
    return f"{difference.title}: {' + '.join(difference.before)} → {' + '.join(difference.after)}"


def _parent(change: ChangeRequest) -> list[Block]:
    # A form that was filled from another change and then altered claims nothing.
    if change.parent_id is None or change.origin is None:
        return []
    what = {Origin.REVERT: "to undo", Origin.TRY_AGAIN: "again after"}[change.origin]
    return [text_run(f" {what} {format_label(change.parent_id)}")]


def _what_is_needed(change: ChangeRequest, reviews: list[Review]) -> str:
    if change.state is State.PENDING:
        missing = change.policy.quorum - approvals_of(reviews)
        people = "one person" if missing == 1 else f"{missing} people"
        return (
            f"Needs the approval of {people} other than {mention(change.requester_id)}, "
            f"until {date(change.expires_at)}."
        )
    if change.decided_by is not None and change.decided_at is not None:
        return f"Decided by {mention(change.decided_by)}, {date(change.decided_at)}."
    ended = f", {date(change.finished_at)}" if change.finished_at else ""
    return f"Ended without a decision{ended}."


def _buttons(change: ChangeRequest) -> list[Block]:
    details = button("Details", DETAILS, value=change.label, label=f"Details of {change.label}")
    cancel = button(
        "Cancel",
        CANCEL,
        value=change.label,
        label=f"Cancel {change.label}",
        confirm=confirm(f"Cancel {change.label}?", "Only its requester can take it back.", yes="Cancel it"),
    )
    if change.state is State.APPROVED:
        # What waits for UponAI, or for another workspace, can wait for long.
        return [cancel, details]
    if change.state is not State.PENDING:
        return [details]
    number = short_number(change.key.number)
    return [
        button(
            "Approve",
            APPROVE,
            value=change.label,
            label=f"Approve {change.label}",
            style="primary",
            confirm=confirm(
                f"Approve {change.label}?",
                f"{number} is changed at UponAI as soon as enough people agree.",
                yes="Approve",
            ),
        ),
        button("Deny", DENY, value=change.label, label=f"Deny {change.label}", style="danger"),
        cancel,
        details,
    ]
