"""The sentences of warnings, for the card and the form alike."""

from collections.abc import Sequence

from bot.domain.assignment import Field
from bot.domain.difference import TITLES, UNPINNED_MEANS
from bot.domain.warnings import Danger, Warned

HIGH_RISK = "⚠️ High risk:"
SHOWN_OVERLAPS = 3

_SENTENCES: dict[Danger, str] = {
    Danger.NO_INBOUND_AGENT: "No agent will answer inbound calls.",
    Danger.WEBHOOK_OVERRIDES: "The webhook can send each call to any agent.",
    Danger.WEBHOOK_WITHOUT_TLS: "The webhook is called without TLS: others can read and change what it says.",
    Danger.WEBHOOK_STAYS: "This number has a webhook, which can override these agents.",
    Danger.UNPINNED_AGENT: f"Unpinned: {UNPINNED_MEANS}.",
}


def warning_sentence(warned: Warned) -> str:
    """Say what is to be thought of, in one sentence of plain text."""
    if warned.danger is Danger.OVERLAP:
        return f"{warned.label} also changes {field_names(warned.fields)}; approving one ends the other."
    return _SENTENCES[warned.danger]


def high_risk_line(warned: Sequence[Warned]) -> str | None:
    """Write what belongs at the top as one line, None when nothing does."""
    found = [warning_sentence(each) for each in warned if each.is_high_risk]
    return f"{HIGH_RISK} {' '.join(found)}" if found else None


def other_warnings(warned: Sequence[Warned]) -> tuple[str, ...]:
    """Write the other warnings, one sentence each; of many overlaps the first are named and the rest counted."""
    others = [each for each in warned if each.danger is not Danger.OVERLAP and not each.is_high_risk]
    return (*map(warning_sentence, others), *overlap_sentences(warned))


def overlap_sentences(warned: Sequence[Warned]) -> list[str]:
    """Write the warnings of other open changes, the first of many by name."""
    overlaps = [each for each in warned if each.danger is Danger.OVERLAP]
    lines = [warning_sentence(each) for each in overlaps[:SHOWN_OVERLAPS]]
    more = len(overlaps) - SHOWN_OVERLAPS
    if more > 0:
        lines.append(f"{more} more open {'change overlaps' if more == 1 else 'changes overlap'} with this one.")
    return lines


def field_names(fields: frozenset[Field]) -> str:
    """Name fields as people read them: `Inbound calls and Time routing`."""
    return listed([TITLES[field] for field in Field if field in fields])


def listed(names: Sequence[str]) -> str:
    """Write names one after the other: `this, that and another`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
