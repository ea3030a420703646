"""An override as people see it: its button, its form, its line on the card, and what is told until it is reviewed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.facts import Overridden, OverriddenHere, OverrideReviewed, Unreviewed
from bot.domain.overriding import REASON_LIMIT, Override
from bot.domain.reminding import called, few_of
from bot.domain.rules.refusals import mention as mention_any
from bot.domain.shortening import shorten
from bot.domain.since import Since
from bot.slack.block_kit.elements import (
    Block,
    actions,
    button,
    confirm,
    context,
    literal,
    mention,
    rich_line,
    rich_list,
    rich_quote,
    rich_text,
    text_run,
)
from bot.slack.messages.change_blocks import change_blocks, reason_parts
from bot.slack.messages.glance import in_short, named_number
from bot.slack.messages.reason_form import reason_view
from bot.slack.messages.thread_parts import Message, line_fact, number_of
from bot.slack.messages.wording import Emoji, Part, Person, Words, in_line, in_text

OVERRIDE, REVIEWED = "card:override", "thread:reviewed"
CALLBACK = "override"
# Beside the longest change a card has little room; the thread has the whole reason.
CARD_REASON_LIMIT = 400
TEXT_REASON_LIMIT = 1500
LINE_LIMIT = 200
ALARM = Emoji("rotating_light")


def override_button(wanted: Bundle) -> Block:
    """Build the button of a card; it asks why before it does anything."""
    return button("Override", OVERRIDE, value=wanted.lead.label, label=f"Override {wanted.label}: an emergency")


def overridden_blocks(change: ChangeRequest) -> list[Block]:
    """Say on the card that it was overridden, and why; nothing for any other change."""
    if change.overridden_at is None:
        return []
    reason = shorten(change.decision_reason or "", CARD_REASON_LIMIT)
    return [rich_text(*reason_parts("🚨 Overridden, because:", reason), block_id="override")]


def overridden_text(change: ChangeRequest) -> str:
    """Say the same in a card's notification text, behind a space."""
    if change.overridden_at is None:
        return ""
    return f" Overridden, because: {literal(change.decision_reason or '', CARD_REASON_LIMIT)}."


def override_view(wanted: Bundle) -> Block:
    """Build the form that asks why, for a change or for several; it names the revision that it shows."""
    change, is_one = wanted.lead, len(wanted.members) == 1
    it = "it lacks. No window and no freeze holds it." if is_one else "they lack. No window and no freeze holds them."
    means = (
        f"{wanted.label} {'goes' if is_one else 'go'} out without the approvals that {it} Everyone in "
        f"the channel is told, with your reason, and someone else must review {'it' if is_one else 'them'} afterwards."
    )
    lines = [[text_run(_line(each))] for each in wanted.members]
    shown = change_blocks(change) if is_one else [rich_text(rich_list(lines))]
    head = f"{change.label} · {named_number(change)}" if is_one else wanted.label
    return reason_view(
        CALLBACK,
        [rich_text(rich_line(text_run(head, bold=True))), *shown, rich_text(rich_line(text_run(means)))],
        metadata=f"{change.label}/{change.revision}",
        title=f"Override {change.label}",
        submit="Override",
        hint="The requester and everyone in the channel read it.",
        limit=REASON_LIMIT,
    )


def overridden(change: ChangeRequest, payload: Mapping[str, Any], since: Since) -> Message:
    """Tell the thread, and ask for a review afterwards, until there was one."""
    told = Overridden.from_json(payload)
    head = (ALARM, " ", Person(told.by), " overrode ", *_named(change, told.others), ". ")
    called_for = few_of([called(change.policy, change.requester_id)], {told.by}).ids
    below = _to_review(change, told.by, since, told.others, called_for)
    return _with_reason((*head, *_what_next(change, told)), told.reason or "", *below)


def overridden_for_you(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    """Tell the requester in a direct message."""
    told = Overridden.from_json(payload)
    head = (ALARM, " ", Person(told.by), " overrode your ", *_named(change, told.others), ". ")
    return _with_reason((*head, *_what_next(change, told)), told.reason or "")


def overridden_here(payload: Mapping[str, Any]) -> Message:
    """Tell the channel; all of it was recorded with the fact."""
    told = OverriddenHere.from_json(payload)
    who = (ALARM, " ", Person(told.by), f" overrode {told.change} by ", Person(told.requester), " for ")
    what = (Words(told.number, 400), ": ", Words(told.what, 1000, is_bold=False), ". What approvals are missing ")
    return _with_reason((*who, *what, "holds nothing up. Someone else must review that, in the thread."), told.reason)


def unreviewed(change: ChangeRequest, payload: Mapping[str, Any], since: Since) -> Message:
    """Remind people of an override that nobody has reviewed."""
    told = Unreviewed.from_json(payload)
    head: tuple[Part, ...] = (Person(told.by), " overrode ", *_named(change, told.others), " ")
    head = (*head, datetime.fromisoformat(told.since), ", and nobody has reviewed that yet.")
    return _with_reason(head, told.reason, *_to_review(change, told.by, since, told.others))


def reviewed(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    """Tell who has reviewed it."""
    told = OverrideReviewed.from_json(payload)
    head = (Person(told.by), " reviewed the override of ", *_named(change, told.others), ", by ")
    return line_fact(*head, Person(told.overridden_by), ".")


def reviewed_button(change: ChangeRequest) -> Block:
    """Build the button of whoever has looked at it afterwards."""
    sure = confirm(
        f"Reviewed {change.label}?",
        "You say that you have looked at what was overridden, and why. The record keeps that. "
        "Where it should not stay, revert it first.",
        yes="Reviewed",
    )
    return button(
        "Reviewed", REVIEWED, value=change.label, label=f"I have reviewed the override of {change.label}", confirm=sure
    )


def home_line(made: Override) -> str:
    """Say in mrkdwn, below its change's line in the Home tab, who overrode it and why."""
    return f"🚨 {mention(made.overridden_by)}: {literal(made.reason, CARD_REASON_LIMIT)}"


def _named(change: ChangeRequest, others: int) -> tuple[Part, ...]:
    """Name a change with its number, or with how many others go with it."""
    return (f"{change.label} and {others} more",) if others else (f"{change.label} for ", number_of(change))


def _line(change: ChangeRequest) -> str:
    return f"{change.label} · {named_number(change)}: {shorten(in_short(change), LINE_LIMIT)}"


def _what_next(change: ChangeRequest, told: Overridden) -> tuple[Part, ...]:
    """Say when it goes out."""
    until: tuple[Part, ...] = (" It waits, and expires ", change.apply_before, ".") if change.apply_before else ()
    if told.elsewhere is not None:
        return (Words(told.elsewhere, TEXT_REASON_LIMIT, is_bold=False), *until)
    if told.paused_by is not None:
        return ("Sending is paused: ", Person(told.paused_by), " paused it.", *until)
    if told.sent_from is not None:
        goes, lacks = ("They go out ", "they lack") if told.others else ("It goes out ", "it lacks")
        return (goes, datetime.fromisoformat(told.sent_from), f", without the approvals that {lacks}.")
    if told.others:
        return ("They go out now, without the approvals that they lack.",)
    return ("It goes out now, without the approvals that it lacks.",)


def _to_review(
    change: ChangeRequest, by: str, since: Since, others: int, called_for: Sequence[str] = ()
) -> list[Block]:
    """Ask for a review, or say who has made it; `called_for` are called by the first message that asks, and once."""
    if since.reviewed_by is not None:
        return [context(f"Reviewed by {mention(since.reviewed_by)}.", block_id="done")]
    if since.is_void:
        nothing = "Nothing of them was sent" if others else "Nothing of it was sent"
        return [context(f"{nothing}, so there is nothing to review.", block_id="done")]
    if since.is_overtaken:
        return []
    besides = " and ".join(dict.fromkeys([mention(change.requester_id), mention(by)]))
    what = "them" if others else "it"
    who = f"{', '.join(map(mention_any, called_for))}. Anyone" if called_for else "anyone"
    ask = f"Please review {what}: {who} who could have approved {what} can, besides {besides}."
    return [context(ask, block_id="review"), actions(reviewed_button(change), block_id="next")]


def _with_reason(head: tuple[Part, ...], reason: str, *below: Block) -> Message:
    """Say what happened, then why, in the words of whoever did it."""
    return (
        f"{in_text(*head)} Why: {literal(reason, TEXT_REASON_LIMIT)}",
        [rich_text(in_line(*head), rich_quote(reason or " "), block_id="head"), *below],
    )
