"""The card of several numbers that were asked together: one line a number, one state line, one row of buttons."""

from collections.abc import Iterable, Mapping, Sequence

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.label import format_label
from bot.domain.policy import Review
from bot.domain.rules.evaluation import Evaluation
from bot.domain.standing import evaluation
from bot.domain.state import Origin, State
from bot.domain.warnings import Danger, Overlap, Standstill, Warned, warnings_of
from bot.service.delivery.lane import BundleShown
from bot.service.lookup import is_fresh
from bot.slack.block_kit.elements import (
    Block,
    actions,
    button,
    confirm,
    context,
    cut,
    date,
    literal,
    mention,
    rich_line,
    rich_text,
    section,
    text_run,
)
from bot.slack.messages.bundle_details import DETAILS
from bot.slack.messages.bundle_lines import labels, line_list, lines_of, numbers
from bot.slack.messages.card import APPROVE, CANCEL, DENY, EDIT, TEXT_LIMIT, who_decided
from bot.slack.messages.change_blocks import reason_parts
from bot.slack.messages.confirms import when_words
from bot.slack.messages.glance import SIGNS, in_short, named_number
from bot.slack.messages.override import overridden_blocks, override_button
from bot.slack.messages.progress import missing_count, progress_blocks, progress_context
from bot.slack.messages.schedule import when_text
from bot.slack.messages.thread_parts import Message
from bot.slack.messages.warnings import high_risk_line, overlap_sentences, warning_sentence

Reviews = Mapping[int, list[Review]]
NUMBERS_LIMIT = 1200
# Of what the rules still need, where they differ by number.
PROGRESS_ROOM = 2400
GROUPS_SHOWN = 10
ANYONE = "one approval, by anyone here but the requester"
MIXED_SIGN = "⌛"


def bundle_card(
    shown: BundleShown, *, standstill: Standstill | None = None, names: Mapping[str, str] | None = None
) -> Message:
    """Build the card as text and blocks. No state word stands on it but the one of its state line.

    `names` are those of the people and user groups that its rules name.
    """
    bundle = shown.of
    return _text(bundle, shown.overlaps), [
        *(_over(bundle) if bundle.is_over else _open(shown, standstill, names or {})),
        section(f"State: {bundle.state}", block_id="state"),
        actions(*_buttons(shown, is_paused=standstill is not None), block_id="buttons"),
    ]


def _text(bundle: Bundle, overlaps: Mapping[int, Sequence[Overlap]]) -> str:
    lead, count = bundle.lead, len(bundle.members)
    asks = "asked" if bundle.is_over else "asks"
    named = ", ".join(named_number(each) for each in bundle.members)
    risk = high_risk_line(_warned(bundle.members, overlaps))
    said = f"{literal(named, NUMBERS_LIMIT)}. {literal(f'{_alike(bundle)}Why: {lead.reason}', TEXT_LIMIT - 500)}"
    head = f"{lead.label} {bundle.state}: {mention(lead.requester_id)} {asks} to change {numbers(count)}:"
    if lead.origin is Origin.PUT_BACK:
        head = f"{lead.label} {bundle.state}: to put {numbers(count)} back, as {mention(lead.requester_id)} asked:"
    return f"{head} {said}" if risk is None else f"{head} {said} {risk}"


def _alike(bundle: Bundle) -> str:
    words = {in_short(each) for each in bundle.members}
    return f"{next(iter(words))}. " if len(words) == 1 else ""


def _head(bundle: Bundle) -> list[Block]:
    sign = MIXED_SIGN if bundle.shared_state is None else SIGNS[bundle.shared_state]
    return [rich_line(text_run(f"{sign} {bundle.label} · {numbers(len(bundle.members))}", bold=True))]


def _parents(bundle: Bundle) -> str:
    """Say of put-backs what they end."""
    parents = [each.parent_id for each in bundle.members if each.origin is Origin.PUT_BACK and each.parent_id]
    if not parents:
        return ""
    others = f" and {len(parents) - 1} more" if len(parents) > 1 else ""
    return f" to put back {format_label(min(parents))}{others}"


def _numbers(bundle: Bundle, *, beside: int) -> list[Block]:
    lines = lines_of(bundle.members, beside=beside)
    shown = rich_text(*_head(bundle), line_list(lines, is_with_sign=bundle.shared_state is None), block_id="request")
    partly = [line.change for line in lines if not line.is_whole]
    if not partly:
        return [shown]
    said = f"There is no room for all of {labels(partly)} here; *Details* shows the whole of each."
    return [shown, context(said, block_id="shortened")]


def _over(bundle: Bundle) -> list[Block]:
    lead = bundle.lead
    why = next((each.decision_reason for each in bundle.members if each.state is State.DENIED), None)
    return [
        *_numbers(bundle, beside=len(why or "")),
        *([rich_text(*reason_parts("Why not:", why), block_id="why")] if why else []),
        *_overridden(bundle),
        context(f"Asked by {mention(lead.requester_id)}{_parents(bundle)} · {_who_decided(bundle)}", block_id="needed"),
    ]


def _open(shown: BundleShown, standstill: Standstill | None, names: Mapping[str, str]) -> list[Block]:
    bundle, lead = shown.of, shown.of.lead
    warned = _warned(bundle.members, shown.overlaps)
    risk = high_risk_line(warned)
    others = [*_other_warnings(warned), *_overlapping(bundle, shown.overlaps)]
    return [
        *([section(f"*{risk}*", block_id="risk")] if risk else []),
        *_numbers(bundle, beside=len(lead.reason)),
        rich_text(*reason_parts("Why:", lead.reason), block_id="why"),
        *_overridden(bundle),
        *([context(cut("\n".join(f"⚠️ {line}" for line in others), 2900), block_id="warnings")] if others else []),
        *_age(bundle),
        *_when(bundle),
        *_waiting(bundle, standstill),
        *_needed(bundle, shown.reviews, names),
    ]


def _overridden(bundle: Bundle) -> list[Block]:
    """Say once that they were overridden: all that were undecided were so together."""
    return next((blocks for each in bundle.members if (blocks := overridden_blocks(each))), [])


def _warned(members: Iterable[ChangeRequest], overlaps: Mapping[int, Sequence[Overlap]]) -> list[Warned]:
    """Return each kind of warning once, whichever of them it is about."""
    found = {
        each.danger: each
        for change in members
        if not change.state.is_final
        for each in warnings_of(change.patch, change.before, change.after, overlaps.get(change.id, ()))
    }
    return [found[danger] for danger in Danger if danger in found]


def _other_warnings(warned: Sequence[Warned]) -> list[str]:
    others = [each for each in warned if not each.is_high_risk and each.danger is not Danger.OVERLAP]
    return [warning_sentence(each) for each in others]


def _overlapping(bundle: Bundle, overlaps: Mapping[int, Sequence[Overlap]]) -> list[str]:
    lines: list[str] = []
    for each in bundle.those(State.PENDING, State.APPROVED):
        warned = warnings_of(each.patch, each.before, each.after, overlaps.get(each.id, ()))
        lines += [f"{each.label}: {sentence}" for sentence in overlap_sentences(warned)]
    return lines


def _age(bundle: Bundle) -> list[Block]:
    old = [each for each in bundle.members if not is_fresh(each.before_at, each.created_at)]
    if not old:
        return []
    oldest = date(min(each.before_at for each in old))
    return [context(f"What is there now is as of {oldest}.", block_id="as_of")]


def _when(bundle: Bundle) -> list[Block]:
    """Say when it is sent and put back: once where that is the same for all, else by number."""
    groups: dict[str | None, list[ChangeRequest]] = {}
    for each in bundle.members:
        groups.setdefault(when_text(each), []).append(each)
    said = [(text, members) for text, members in groups.items() if text is not None]
    if len(said) == len(groups) == 1:
        lines = [text for text, _ in said]
    else:
        lines = [f"{labels(members)}: {text}" for text, members in said]
    return [context(cut("\n".join(f"⏰ {line}" for line in lines), 2900), block_id="when")] if lines else []


def _waiting(bundle: Bundle, standstill: Standstill | None) -> list[Block]:
    held = bundle.those(State.APPROVED)
    if not held:
        return []
    if standstill is not None:
        text = f"⏸️ {mention(standstill.by)} paused sending {date(standstill.since)}."
    elif any(each.wait_cause is not None for each in held):
        text = "⏸️ UponAI cannot take all of this now, so it waits. I keep trying."
    else:
        return []
    ends = [each.apply_before for each in held if each.apply_before is not None]
    return [context(f"{text} What is not sent by {date(min(ends))} expires." if ends else text, block_id="waiting")]


def _needed(bundle: Bundle, reviews: Reviews, names: Mapping[str, str]) -> list[Block]:
    lead = bundle.lead
    asked = f"Asked by {mention(lead.requester_id)} {date(lead.created_at)}{_parents(bundle)}"
    if lead.revision > 1:
        asked = f"{asked} · edited since, the thread says how"
    pending = bundle.those(State.PENDING)
    if not pending:
        return [context(f"{asked} · {_who_decided(bundle)}", block_id="needed")]
    is_open_to_all = not any(rule.name for each in pending for rule in each.policy.rules)
    who = "anyone here but them can approve · " if is_open_to_all else ""
    until = date(min(each.expires_at for each in pending))
    return [*_progress(pending, reviews, names), context(f"{asked} · {who}open until {until}", block_id="needed")]


def _progress(pending: Sequence[ChangeRequest], reviews: Reviews, names: Mapping[str, str]) -> list[Block]:
    """Say what is still needed: once where all need the same, else by number."""
    groups: dict[tuple[str, ...], list[ChangeRequest]] = {}
    for each in pending:
        groups.setdefault(_progress_words(each, reviews.get(each.id, []), names), []).append(each)
    if len(groups) == 1:
        words = next(iter(groups))
        return progress_context(words)
    room = PROGRESS_ROOM // min(len(groups), GROUPS_SHOWN)
    shown = list(groups.items())[:GROUPS_SHOWN]
    texts = [cut(f"{labels(members)}: {'; '.join(words) or ANYONE}", room) for words, members in shown]
    if len(groups) > GROUPS_SHOWN:
        left = [each for members in list(groups.values())[GROUPS_SHOWN:] for each in members]
        texts.append(f"What {labels(left)} need is in Details.")
    return progress_context(texts)


def _progress_words(change: ChangeRequest, reviews: list[Review], names: Mapping[str, str]) -> tuple[str, ...]:
    found = _evaluation(change, reviews)
    blocks = progress_blocks(change, reviews, found, names)
    lines = [element["text"] for block in blocks for element in block["elements"]]
    unnamed = [each for each in found.progress if not each.rule.name]
    counts = [f"{len(each.approved_by)} of {each.rule.quorum} approvals" for each in unnamed if each.rule.quorum > 1]
    return (*counts, *lines)


def _evaluation(change: ChangeRequest, reviews: list[Review]) -> Evaluation:
    # What the clock does to it is not shown here.
    return evaluation(change, reviews, change.created_at)


def _who_decided(bundle: Bundle) -> str:
    """Say who decided: once where it was the same person at the same moment for all."""
    said = dict.fromkeys(who_decided(each) for each in bundle.members)
    return " · ".join(list(said)[:3])


def _buttons(shown: BundleShown, *, is_paused: bool) -> list[Block]:
    bundle, label = shown.of, shown.of.lead.label
    details = button("Details", DETAILS, value=label, label=f"Details of {bundle.label}")
    sure = confirm(f"Withdraw {bundle.label}?", "Only their requester can.", yes="Withdraw", style="danger")
    cancel = button("Cancel", CANCEL, value=label, label=f"Cancel {bundle.label}", confirm=sure)
    pending = bundle.those(State.PENDING)
    if not pending:
        is_to_cancel = bundle.those(State.APPROVED) and bundle.lead.origin is not Origin.PUT_BACK
        return [cancel, details] if is_to_cancel else [details]
    edit = button("Edit", EDIT, value=label, label=f"Edit {bundle.label}")
    return [
        button(
            "Approve",
            APPROVE,
            value=label,
            label=f"Approve {bundle.label}",
            style="primary",
            confirm=_confirm_approve(bundle, pending, shown.reviews, is_paused=is_paused),
        ),
        button("Deny", DENY, value=label, label=f"Deny {bundle.label}", style="danger"),
        edit,
        cancel,
        details,
        *([override_button(bundle)] if all(each.policy.can_be_overridden for each in pending) else []),
    ]


def _confirm_approve(bundle: Bundle, pending: Sequence[ChangeRequest], reviews: Reviews, *, is_paused: bool) -> Block:
    counts = [missing_count(_evaluation(each, reviews.get(each.id, []))) for each in pending]
    when = "Sending is paused, so it takes effect later." if is_paused else when_words(bundle.lead)
    if any(count != 1 for count in counts):
        when = "Each takes effect when all is there that the card names for it."
    count = "1 number changes" if len(pending) == 1 else f"{len(pending)} numbers change"
    return confirm(f"Approve {bundle.label}?", f"{count} as the card shows. {when}", yes="Approve")
