"""Slack's confirm dialogs: what a press does, said before it is done. Their text has at most 300 characters."""

from bot.domain.change import ChangeRequest
from bot.slack.block_kit.elements import Block, confirm
from bot.slack.messages.glance import in_short, named_number
from bot.slack.messages.warnings import field_names

TEXT_LIMIT = 300
AT_ONCE = "It takes effect at once."
AT_START = "It takes effect at its Start."
AS_RULES_SAY = "It takes effect as soon as its rules let it be sent."


def confirm_approve(change: ChangeRequest, *, missing: int | None, is_paused: bool) -> Block:
    """Say the change, and when it takes effect; a change that does not fit is not cut but left to the card."""
    if missing is None:
        when = "It takes effect when all is there that the card names."
    elif missing > 1:
        others = missing - 1
        when = f"It takes effect after {others} more {'approval' if others == 1 else 'approvals'}."
    else:
        when = "Sending is paused, so it takes effect later." if is_paused else when_words(change)
    said = f"{named_number(change)}: {in_short(change)}."
    if len(said) + len(when) + 1 > TEXT_LIMIT:
        said = f"{field_names(change.patch.fields)} of this number will change as the card shows."
    return confirm(f"Approve {change.label}?", f"{said} {when}", yes="Approve")


def when_words(change: ChangeRequest) -> str:
    """Say in plain text when an approval takes effect."""
    if change.starts_at is not None:
        return AT_START
    is_timed = any(rule.windows or rule.freezes for rule in change.policy.rules)
    return AS_RULES_SAY if is_timed else AT_ONCE


def confirm_cancel(change: ChangeRequest) -> Block:
    """Say whose it is to cancel."""
    return confirm(f"Withdraw {change.label}?", "Only its requester can.", yes="Withdraw", style="danger")


def confirm_resolve(change: ChangeRequest) -> Block:
    """Say that nothing more is done."""
    return confirm(
        f"Mark {change.label} as resolved?",
        "I record what is live and end it. I send nothing more. Someone other than its requester must do this.",
        yes="Mark as resolved",
    )
