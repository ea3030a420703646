"""A change at a glance: the sign of its state, and what it changes in one line; shared by card, lists and dialogs."""

from collections.abc import Mapping

from bot.domain.assignment import Field
from bot.domain.change import ChangeRequest
from bot.domain.difference import FieldDifference, differences, one_line
from bot.domain.shortening import shorten
from bot.domain.state import State
from bot.slack.block_kit.limits import NAME_LIMIT, WEBHOOK_LIMIT, few, short_names, short_number

# One for each state, told apart by shape and not by colour alone; the word stands on the state line.
SIGNS: dict[State, str] = {
    State.PENDING: "⏳",
    State.APPROVED: "👍",
    State.APPLYING: "📤",
    State.APPLIED: "✅",
    State.DENIED: "⛔",
    State.CANCELED: "↩️",
    State.EXPIRED: "💤",
    State.STALE: "🔀",
    State.FAILED: "❌",
    State.UNCLEAR: "❓",
    State.RESOLVED: "☑️",
}


def sign(change: ChangeRequest) -> str:
    """Return the sign of the change's state."""
    return SIGNS[change.state]


def in_short(change: ChangeRequest) -> str:
    """Write what the change does as one line of plain text, untouched fields left out: `Sales v3 → Bookings v2`.

    A field is named unless it is the one that most changes are about.
    """
    return "; ".join(
        sides(each) if each.field is Field.INBOUND else f"{each.title}: {sides(each)}"
        for each in short_differences(change)
    )


def named_number(change: ChangeRequest) -> str:
    """Write the number as people know it, with the name that the policy file has for it now."""
    number = short_number(change.key.number)
    return f"{number} ({shorten(one_line(change.number_name), NAME_LIMIT)})" if change.number_name else number


def short_differences(change: ChangeRequest) -> tuple[FieldDifference, ...]:
    """Describe the touched fields with rounded weights, and names that are cut when they would flood a message."""
    return _rounded(change, short_names(change.agent_names))


def whole_differences(change: ChangeRequest) -> tuple[FieldDifference, ...]:
    """Describe them with the whole names, to tell whether anything was cut."""
    return _rounded(change, change.agent_names)


def _rounded(change: ChangeRequest, names: Mapping[str, str]) -> tuple[FieldDifference, ...]:
    return differences(
        change.before,
        change.after,
        change.patch.fields,
        names,
        is_outbound_version_newest=change.is_outbound_version_newest,
        is_rounded=True,
    )


def sides(difference: FieldDifference) -> str:
    """Write both sides of one field in one line."""
    return f"{_in_one_line(difference.before)} → {_in_one_line(difference.after)}"


def _in_one_line(lines: tuple[str, ...]) -> str:
    # Where weights are lined up two spaces stand behind them.
    return " + ".join(line.replace(" %  ", " % ", 1) for line in few(lines, limit=WEBHOOK_LIMIT))
