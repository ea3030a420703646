"""What is told in a card's thread and in channels: single facts, rendered from what was recorded with them."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.change import ChangeRequest
from bot.domain.facts import By, CannotPost, Decided, Expired, Fact, Finished, Problem
from bot.domain.state import State
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
    text, blocks = _FACTS[Fact(payload["name"])](change, payload)
    if (approved_by := payload.get("approved_by")) is None:
        return text, blocks
    approved = f"{mention(approved_by)} approved {change.label}."
    return f"{approved} {text}", [section(approved), *blocks]


def render_channel_fact(payload: Mapping[str, Any]) -> Message:
    """Return the text and the blocks of a fact that concerns no single change."""
    by = mention(By.from_json(payload).by)
    text = {
        Fact.PAUSED: f"{by} paused all sending to UponAI. Asking and approving go on; nothing is sent until somebody "
        "types `/route-number resume`.",
        Fact.RESUMED: f"{by} resumed sending to UponAI. What was approved meanwhile is sent now.",
        Fact.TOKEN_REFUSED: ":warning: UponAI refuses my token (401), so nothing can be sent. Approved changes wait "
        "until whoever runs me has set a valid `UPONAI_API_TOKEN`, or they expire.",
    }[Fact(payload["name"])]
    return text, [section(text)]


def _approved(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    told = Decided.from_json(payload)
    approved = f"{mention(told.by)} approved {change.label}."
    if told.elsewhere is not None and change.apply_before is not None:
        return plain_fact(
            f"{approved} {literal(told.elsewhere, QUOTE_LIMIT)} So it waits, until {date(change.apply_before)}."
        )
    next_step = (
        f"It waits: {mention(told.paused_by)} has paused all sending, and `/route-number resume` restarts it."
        if told.paused_by
        else "It is sent to UponAI next."
    )
    return plain_fact(f"{approved} {next_step}")


def _reviewed(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return plain_fact(f"{mention(By.from_json(payload).by)} approves {change.label}; more approvals are needed.")


def _denied(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    told = Decided.from_json(payload)
    text, reason = f"{mention(told.by)} denied {change.label}. Nothing is sent.", told.reason or ""
    return f"{text} Reason: {literal(reason, QUOTE_LIMIT)}", [section(text), rich_text(rich_quote(reason))]


def _canceled(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return plain_fact(f"{mention(By.from_json(payload).by)} canceled {change.label}. Nothing is sent.")


def _expired(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    if Expired.from_json(payload).was == State.PENDING:
        return plain_fact(
            f"{change.label} expired: nobody decided in time. Nothing was sent; ask again if it still matters."
        )
    return plain_fact(
        f"{change.label} expired: it could not be sent soon enough after its approval, and an old approval must not "
        "fire late. Ask again if it still matters."
    )


def _applied(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    text, head = _about_number(f"{change.label} is applied. ", change, " is now assigned as UponAI returned it:")
    told = Finished.from_json(payload)
    names = names_of(change, told)
    revert = button("Revert", REVERT, value=change.label, label=f"Revert {change.label}: ask for the former assignment")
    return (
        f"{text} {in_words(names, told.live)}",
        [head, *assignment_blocks(names, told.live), actions(revert, block_id="next")],
    )


def _failed(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    again = button("Try again", ASK_AGAIN, value=change.label, label=f"Ask for {change.label} again")
    return with_problem(
        f"{change.label} failed: UponAI refused it, and nothing was changed.",
        Problem.from_json(payload),
        "Try again opens the form filled with it; the new change needs an approval of its own.",
        again,
    )


def _stale(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    again = button("Ask again", ASK_AGAIN, value=change.label, label=f"Ask for what {change.label} wanted again")
    return with_problem(
        f"{change.label} is stale: what it would replace is no longer what was shown.",
        Problem.from_json(payload),
        "Ask again opens the form with the same values for the number as it is now.",
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
        Problem.from_json(payload),
        "Try again looks first, and sends only if the former assignment is still live. Mark as resolved notes what "
        "is live and ends this change; it is for somebody other than its requester.",
        *buttons,
    )
    blocks[0] = head
    told = Finished.from_json(payload)
    if told.live is not None:
        blocks[-1:-1] = [section("Live now:"), *assignment_blocks(names_of(change, told), told.live)]
    return shown, blocks


def _resolved(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    text = f"{mention(By.from_json(payload).by)} marked {change.label} as resolved."
    told = Finished.from_json(payload)
    if told.live is None:
        return plain_fact(f"{text} The account does not list the number.")
    names = names_of(change, told)
    return f"{text} Live now: {in_words(names, told.live)}", [
        section(f"{text} Live now:"),
        *assignment_blocks(names, told.live),
    ]


def _answer_lost(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return with_problem(
        f"UponAI's answer to {change.label} was lost, so nobody knows yet whether it took effect.",
        Problem.from_json(payload),
        "I wait a moment and look at the number before anything is sent again.",
    )


def _waiting(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    until = f" until {date(change.apply_before)}" if change.apply_before else ""
    return with_problem(
        f"{change.label} waits: UponAI cannot take it right now, and nothing was sent.",
        Problem.from_json(payload),
        f"I keep trying{until}.",
    )


def _asked_try_again(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return plain_fact(
        f"{mention(By.from_json(payload).by)} asked to try {change.label} again. I look at the number first."
    )


def _asked_resolve(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return plain_fact(
        f"{mention(By.from_json(payload).by)} asked to mark {change.label} as resolved. I note what is live."
    )


def _follow_up_waiting(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return with_problem(
        f"I cannot look at the number of {change.label} yet.", Problem.from_json(payload), "I keep trying."
    )


def _cannot_post(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    told = CannotPost.from_json(payload)
    channel = told.channel or change.channel_id
    why = f"{why_not(told.problem or '')} Until then I keep trying there."
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


_FACTS: dict[Fact, Callable[[ChangeRequest, Mapping[str, Any]], Message]] = {
    Fact.APPROVED: _approved,
    Fact.REVIEWED: _reviewed,
    Fact.DENIED: _denied,
    Fact.CANCELED: _canceled,
    Fact.EXPIRED: _expired,
    Fact.APPLIED: _applied,
    Fact.FAILED: _failed,
    Fact.STALE: _stale,
    Fact.UNCLEAR: _unclear,
    Fact.RESOLVED: _resolved,
    Fact.ANSWER_LOST: _answer_lost,
    Fact.WAITING: _waiting,
    Fact.ASKED_TRY_AGAIN: _asked_try_again,
    Fact.ASKED_RESOLVE: _asked_resolve,
    Fact.FOLLOW_UP_WAITING: _follow_up_waiting,
    Fact.CANNOT_POST: _cannot_post,
}
