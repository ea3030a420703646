"""What is told in a card's thread and in channels: single facts, rendered from what was recorded with them."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.change import ChangeRequest
from bot.slack.block_kit.elements import (
    Block,
    actions,
    button,
    date,
    literal,
    mention,
    rich_line,
    rich_quote,
    rich_text,
    section,
    text_run,
)
from bot.slack.block_kit.limits import short_number
from bot.slack.messages.no_channel import why_not
from bot.slack.messages.thread_parts import (
    QUOTE_LIMIT,
    assignment_blocks,
    in_words,
    live_of,
    names_of,
    plain_fact,
    with_problem,
)
from bot.slack.messages.thread_parts import (
    Message as Message,  # noqa: PLC0414 - mypy's way to hand a name on to those who import it from here
)

REVERT, ASK_AGAIN = "thread:revert", "thread:ask_again"
TRY_AGAIN, RESOLVE, MOVE = "thread:try_again", "thread:resolve", "direct:move"
NUMBER_TEXT_LIMIT = 400


def render_fact(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    """Return the text and the blocks of one fact of a change."""
    return _FACTS[payload["name"]](change, payload)


def render_channel_fact(payload: Mapping[str, Any]) -> Message:
    """Return the text and the blocks of a fact that concerns no single change."""
    by = mention(payload["by"])
    text = {
        "paused": f"{by} paused all sending to UponAI. Asking and approving go on; nothing is sent until somebody "
        "types `/route-number resume`.",
        "resumed": f"{by} resumed sending to UponAI. What was approved meanwhile is sent now.",
        "token_refused": ":warning: UponAI refuses my token (401), so nothing can be sent. Approved changes wait until "
        "whoever runs me has set a valid `UPONAI_API_TOKEN`, or they expire.",
    }[payload["name"]]
    return text, [section(text)]


def _approved(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    approved = f"{mention(payload['by'])} approved {change.label}."
    elsewhere = payload.get("elsewhere")
    if elsewhere is not None and change.apply_before is not None:
        return plain_fact(
            f"{approved} {literal(elsewhere, QUOTE_LIMIT)} So it waits, until {date(change.apply_before)}."
        )
    paused_by = payload.get("paused_by")
    next_step = (
        f"It waits: {mention(paused_by)} has paused all sending, and `/route-number resume` restarts it."
        if paused_by
        else "It is sent to UponAI next."
    )
    return plain_fact(f"{approved} {next_step}")


def _reviewed(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return plain_fact(f"{mention(payload['by'])} approves {change.label}; more approvals are needed.")


def _denied(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    text = f"{mention(payload['by'])} denied {change.label}. Nothing is sent."
    return f"{text} Reason: {literal(payload['reason'], QUOTE_LIMIT)}", [
        section(text),
        rich_text(rich_quote(payload["reason"])),
    ]


def _canceled(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return plain_fact(f"{mention(payload['by'])} canceled {change.label}. Nothing is sent.")


def _expired(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    if payload.get("was") == "pending":
        return plain_fact(
            f"{change.label} expired: nobody decided in time. Nothing was sent; ask again if it still matters."
        )
    return plain_fact(
        f"{change.label} expired: it could not be sent soon enough after its approval, and an old approval must not "
        "fire late. Ask again if it still matters."
    )


def _applied(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    text, head = _about_number(f"{change.label} is applied. ", change, " is now assigned as UponAI returned it:")
    live = live_of(payload)
    revert = button("Revert", REVERT, value=change.label, label=f"Revert {change.label}: ask for the former assignment")
    return (
        f"{text} {in_words(names_of(change, payload), live)}",
        [head, *assignment_blocks(names_of(change, payload), live), actions(revert, block_id="next")],
    )


def _failed(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    again = button("Try again", ASK_AGAIN, value=change.label, label=f"Ask for {change.label} again")
    return with_problem(
        f"{change.label} failed: UponAI refused it, and nothing was changed.",
        payload,
        "Try again opens the form filled with it; the new change needs an approval of its own.",
        again,
    )


def _stale(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    again = button("Ask again", ASK_AGAIN, value=change.label, label=f"Ask for what {change.label} wanted again")
    return with_problem(
        f"{change.label} is stale: what it would replace is no longer what was shown.",
        payload,
        "Ask again opens the form with the same wishes for the number as it is now.",
        again,
    )


def _unclear(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    buttons = [
        button("Try again", TRY_AGAIN, value=change.label, label=f"Look at {change.label} again and send if needed"),
        button("Mark as resolved", RESOLVE, value=change.label, label=f"Mark {change.label} as resolved"),
    ]
    text, head = _about_number(f"{change.label} is unclear: a person has to look at ", change, ".")
    shown, blocks = with_problem(
        text,
        payload,
        "Try again looks first, and sends only if the former assignment is still live. Mark as resolved notes what "
        "is live and ends this change; it is for somebody other than its requester.",
        *buttons,
    )
    blocks[0] = head
    live = live_of(payload)
    if live is not None:
        blocks[-1:-1] = [section("Live now:"), *assignment_blocks(names_of(change, payload), live)]
    return shown, blocks


def _resolved(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    text = f"{mention(payload['by'])} marked {change.label} as resolved."
    live = live_of(payload)
    if live is None:
        return plain_fact(f"{text} The account does not list the number.")
    return f"{text} Live now: {in_words(names_of(change, payload), live)}", [
        section(f"{text} Live now:"),
        *assignment_blocks(names_of(change, payload), live),
    ]


def _answer_lost(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return with_problem(
        f"UponAI's answer to {change.label} was lost, so nobody knows yet whether it took effect.",
        payload,
        "I wait a moment and look at the number before anything is sent again.",
    )


def _waiting(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    until = f" until {date(change.apply_before)}" if change.apply_before else ""
    return with_problem(
        f"{change.label} waits: UponAI cannot take it right now, and nothing was sent.",
        payload,
        f"I keep trying{until}.",
    )


def _asked_try_again(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return plain_fact(f"{mention(payload['by'])} asked to try {change.label} again. I look at the number first.")


def _asked_resolve(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return plain_fact(f"{mention(payload['by'])} asked to mark {change.label} as resolved. I note what is live.")


def _errand_waiting(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return with_problem(f"I cannot look at the number of {change.label} yet.", payload, "I keep trying.")


def _cannot_post(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    channel = payload.get("channel", change.channel_id)
    why = f"{why_not(payload['problem'])} Until then I keep trying there."
    text = f"{change.label} is recorded, but its card cannot be posted in <#{channel}>: {why}"
    select: Block = {
        "type": "conversations_select",
        "action_id": MOVE,
        "placeholder": {"type": "plain_text", "text": "Pick a channel"},
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return text, [section(text), actions(select, block_id=f"move:{change.label}")]


def _about_number(before: str, change: ChangeRequest, after: str) -> tuple[str, Block]:
    """Write a line of the bot's own words around the number, whose identifier is the words of others."""
    number = short_number(change.key.number)
    line = rich_text(rich_line(text_run(before), text_run(number, bold=True), text_run(after)), block_id="head")
    return f"{before}{literal(number, NUMBER_TEXT_LIMIT)}{after}", line


_FACTS: dict[str, Callable[[ChangeRequest, Mapping[str, Any]], Message]] = {
    "approved": _approved,
    "reviewed": _reviewed,
    "denied": _denied,
    "canceled": _canceled,
    "expired": _expired,
    "applied": _applied,
    "failed": _failed,
    "stale": _stale,
    "unclear": _unclear,
    "resolved": _resolved,
    "answer_lost": _answer_lost,
    "waiting": _waiting,
    "asked_try_again": _asked_try_again,
    "asked_resolve": _asked_resolve,
    "errand_waiting": _errand_waiting,
    "cannot_post": _cannot_post,
}
