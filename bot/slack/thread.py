"""What is told in a card's thread and in channels: single facts, rendered from what was recorded with them."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.assignment import Assignment
from bot.domain.change import ChangeRequest
from bot.domain.difference import TITLES, describe
from bot.domain.number import pretty
from bot.slack.blocks import (
    Block,
    actions,
    button,
    date,
    escape,
    mention,
    rich_line,
    rich_list,
    rich_quote,
    rich_text,
    section,
    shorten,
    text_run,
)
from bot.slack.card import short_names

REVERT, ASK_AGAIN = "thread:revert", "thread:ask_again"
TRY_AGAIN, RESOLVE, MOVE = "thread:try_again", "thread:resolve", "direct:move"
Message = tuple[str, list[Block]]
QUOTE_LIMIT = 1000


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
    }[payload["name"]]
    return text, [section(text)]


def _approved(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return _plain(f"{mention(payload['by'])} approved {change.label}. It is sent to UponAI next.")


def _reviewed(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return _plain(f"{mention(payload['by'])} approves {change.label}; more approvals are needed.")


def _denied(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    text = f"{mention(payload['by'])} denied {change.label}. Nothing is sent."
    return f"{text} Reason: {_quoted(payload['reason'])}", [section(text), rich_text(rich_quote(payload["reason"]))]


def _canceled(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return _plain(f"{mention(payload['by'])} canceled {change.label}. Nothing is sent.")


def _expired(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    if payload.get("was") == "pending":
        return _plain(
            f"{change.label} expired: nobody decided in time. Nothing was sent; ask again if it still matters."
        )
    return _plain(
        f"{change.label} expired: it could not be sent soon enough after its approval, and an old approval must not "
        "fire late. Ask again if it still matters."
    )


def _applied(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    text = f"{change.label} is applied. {escape(pretty(change.key.number))} is now assigned as UponAI returned it:"
    live = _live(payload)
    revert = button("Revert", REVERT, value=change.label, label=f"Revert {change.label}: ask for the former assignment")
    return (
        f"{text} {_in_words(change, live)}",
        [section(text), *_assignment(change, live), actions(revert, block_id="next")],
    )


def _failed(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    again = button("Try again", ASK_AGAIN, value=change.label, label=f"Ask for {change.label} again")
    return _with_problem(
        f"{change.label} failed: UponAI refused it, and nothing was changed.",
        payload,
        "Try again opens the form filled with it; the new change needs an approval of its own.",
        again,
    )


def _stale(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    again = button("Ask again", ASK_AGAIN, value=change.label, label=f"Ask for what {change.label} wanted again")
    return _with_problem(
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
    text = f"{change.label} is unclear: a person has to look at {escape(pretty(change.key.number))}."
    shown, blocks = _with_problem(
        text,
        payload,
        "Try again looks first, and sends only if the former assignment is still live. Mark as resolved notes what "
        "is live and ends this change; it is for somebody other than its requester.",
        *buttons,
    )
    live = _live(payload)
    if live is not None:
        blocks[-1:-1] = [section("Live now:"), *_assignment(change, live)]
    return shown, blocks


def _resolved(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    text = f"{mention(payload['by'])} marked {change.label} as resolved."
    live = _live(payload)
    if live is None:
        return _plain(f"{text} The account does not list the number.")
    return f"{text} Live now: {_in_words(change, live)}", [section(f"{text} Live now:"), *_assignment(change, live)]


def _answer_lost(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return _with_problem(
        f"UponAI's answer to {change.label} was lost, so nobody knows yet whether it took effect.",
        payload,
        "I wait a moment and look at the number before anything is sent again.",
    )


def _waiting(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    until = f" until {date(change.apply_before)}" if change.apply_before else ""
    return _with_problem(
        f"{change.label} waits: UponAI cannot take it right now, and nothing was sent.",
        payload,
        f"I keep trying{until}.",
    )


def _asked_try_again(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return _plain(f"{mention(payload['by'])} asked to try {change.label} again. I look at the number first.")


def _asked_resolve(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return _plain(f"{mention(payload['by'])} asked to mark {change.label} as resolved. I note what is live.")


def _errand_waiting(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return _with_problem(f"I cannot look at the number of {change.label} yet.", payload, "I keep trying.")


def _cannot_post(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    text = (
        f"{change.label} is recorded, but its card cannot be posted in <#{change.channel_id}>: "
        f"{escape(str(payload['problem']))}. Invite me there and pick that channel again, or pick another one."
    )
    select: Block = {
        "type": "conversations_select",
        "action_id": MOVE,
        "placeholder": {"type": "plain_text", "text": "Pick a channel"},
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return text, [section(text), actions(select, block_id=f"move:{change.label}")]


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


def _plain(text: str) -> Message:
    return text, [section(text)]


def _with_problem(text: str, payload: Mapping[str, Any], next_step: str, *buttons: Block) -> Message:
    """Say what happened, why (words of others, literally), and what happens next."""
    problem = payload.get("problem")
    blocks = [section(text)]
    if problem:
        blocks.append(rich_text(rich_quote(shorten(problem, QUOTE_LIMIT))))
    blocks.append(section(next_step))
    if buttons:
        blocks.append(actions(*buttons, block_id="next"))
    return f"{text} {_quoted(problem)} {next_step}" if problem else f"{text} {next_step}", blocks


def _live(payload: Mapping[str, Any]) -> Assignment | None:
    stored = payload.get("live")
    return None if stored is None else Assignment.from_json(stored)


def _assignment(change: ChangeRequest, live: Assignment | None) -> list[Block]:
    if live is None:
        return []
    described = describe(live, short_names(change.agent_names))
    return [
        rich_text(
            *(
                part
                for field, lines in described.items()
                for part in (
                    rich_line(text_run(TITLES[field], bold=True)),
                    rich_list([[text_run(line)] for line in lines]),
                )
            ),
            block_id="assignment",
        )
    ]


def _in_words(change: ChangeRequest, live: Assignment | None) -> str:
    if live is None:
        return ""
    described = describe(live, short_names(change.agent_names))
    words = "; ".join(f"{TITLES[field]}: {' + '.join(lines)}" for field, lines in described.items())
    return escape(shorten(words, QUOTE_LIMIT))


def _quoted(text: str) -> str:
    return escape(shorten(text, QUOTE_LIMIT))
