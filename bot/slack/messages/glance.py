"""A change at a glance: the sign of its state, and what it changes in one line; shared by card, lists and dialogs."""

from bot.domain.change import ChangeRequest
from bot.domain.difference import FieldDifference, differences
from bot.domain.state import State
from bot.slack.block_kit.limits import short_names

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
    """Write what the change does as one line of plain text, untouched fields left out: `Sales v3 → Bookings v2`."""
    return "; ".join(_one_field(each) for each in _differences(change))


def _differences(change: ChangeRequest) -> tuple[FieldDifference, ...]:
    return differences(
        change.before,
        change.after,
        change.patch.fields,
        short_names(change.agent_names),
        is_outbound_version_newest=change.is_outbound_version_newest,
    )


def _one_field(difference: FieldDifference) -> str:
    return f"{difference.title}: {' + '.join(difference.before)} → {' + '.join(difference.after)}"
