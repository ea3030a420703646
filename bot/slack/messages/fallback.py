"""What is shown where Slack can never take the full words: the state and where to read the rest, and nothing else."""

from bot.domain.change import ChangeRequest
from bot.slack.block_kit.elements import actions, button, section
from bot.slack.messages.card import DETAILS
from bot.slack.messages.thread import Message


def plain_card(change: ChangeRequest) -> Message:
    """Build the least card: it cannot be approved by, because it does not show what is approved."""
    details = button("Details", DETAILS, value=change.label, label=f"Details of {change.label}")
    instead = f"Open Details, or type /route-number show {change.label}."
    return (
        f"{change.label} {change.state}: Slack cannot show it here. {instead}",
        [
            section(f"*{change.label}* cannot be shown here whole. Read it in Details."),
            section(f"State: {change.state}", block_id="state"),
            actions(details, block_id="buttons"),
        ],
    )


def plain_fact(change: ChangeRequest) -> Message:
    """Build the least entry of a thread."""
    text = f"Something happened to {change.label} that Slack cannot show here: `/route-number show {change.label}`."
    return text, [section(text)]
