"""What Slack answers when a channel takes no message of the bot's, and what a person can do about it."""

from bot.slack.block_kit.elements import literal
from bot.slack.messages.thread_parts import QUOTE_LIMIT

_ARCHIVED = "that channel is archived. Pick another one."
_INVITE = "Invite me and pick that channel again, or pick another one."
_RESTRICTED = "only some people may post there. Let me post there and pick that channel again, or pick another one."

WHY = {
    "access_denied": "Slack denies me that channel. Pick another one.",
    "cannot_reply_to_message": "Slack takes no replies to the card there. Pick another channel.",
    "channel_is_archived": _ARCHIVED,
    "channel_not_found": f"I cannot see that channel. {_INVITE}",
    "ekm_access_denied": "the administrators have suspended posting there. Pick another channel.",
    "is_archived": _ARCHIVED,
    "is_inactive": "that channel is frozen. Pick another one.",
    "no_permission": f"I may not post there. {_INVITE}",
    "not_in_channel": f"I am not a member there. {_INVITE}",
    "restricted_action": _RESTRICTED,
    "restricted_action_non_threadable_channel": "that channel takes no replies, which I need. Pick another one.",
    "restricted_action_read_only_channel": "that channel is read-only. Pick another one.",
    "restricted_action_thread_locked": "the thread of the card is locked. Have it unlocked, or pick another channel.",
    "restricted_action_thread_only_channel": "that channel takes replies only. Pick another one.",
    "team_access_not_granted": "the app is not installed for that channel's workspace. Pick another channel.",
    "thread_locked": "the thread of the card is locked. Have it unlocked, or pick another channel.",
}


def why_not(code: str) -> str:
    """Say why nothing can be posted in a channel, and what helps, as the rest of a sentence."""
    return WHY.get(code) or f"Slack refused it ({literal(code, QUOTE_LIMIT)}). Pick another channel."
