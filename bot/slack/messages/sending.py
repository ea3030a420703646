"""The pause of all sending: who stopped it, when and why, what it holds, and the form that asks why."""

from collections.abc import Mapping
from typing import Any

from bot.domain.facts import Sending
from bot.service.history import Paused
from bot.service.pause import REASON_LIMIT
from bot.slack.block_kit.elements import (
    Block,
    date,
    literal,
    mention,
    rich_line,
    rich_list,
    rich_quote,
    rich_text,
    section,
    text_run,
)
from bot.slack.messages.reason_form import reason_view
from bot.slack.messages.rows import verbatim
from bot.slack.messages.thread_parts import Message

CALLBACK = "pause"
_STILL = "Requests and approvals still work."
_RESUME = "`/route-number resume` restarts sending."


def pause_text(pause: Paused, *, is_with_button: bool = False) -> str:
    """Say in mrkdwn who paused, since when and why, how much waits for it, and unless a button does, what ends it."""
    why = f" Why: {literal(pause.reason, REASON_LIMIT)}" if pause.reason else ""
    rest = f"{_count(pause.held)} {_STILL}{'' if is_with_button else f' {_RESUME}'}"
    return f"⏸️ *Sending is paused* by {mention(pause.by)}, {date(pause.at)}.{why}\n{rest}"


def pause_block(pause: Paused, *, accessory: Block | None = None) -> Block:
    """Build the line that tells of a pause, with a button beside it where there is one."""
    block: Block = {"type": "section", "text": verbatim(pause_text(pause, is_with_button=accessory is not None))}
    return block if accessory is None else {**block, "accessory": accessory}


def paused_message(payload: Mapping[str, Any]) -> Message:
    """Tell the channel that somebody stopped all sending."""
    told = Sending.from_json(payload)
    text = f"⏸️ {mention(told.by)} paused all sending to UponAI."
    rest = " ".join([*([_count(told.count)] if told.count is not None else []), _STILL, _RESUME])
    if not told.reason:
        return f"{text} {rest}", [section(f"{text} {rest}")]
    quote = rich_text(rich_quote(told.reason))
    return f"{text} Why: {literal(told.reason, REASON_LIMIT)}\n{rest}", [section(text), quote, section(rest)]


def resumed_message(payload: Mapping[str, Any]) -> Message:
    """Tell the channel that somebody restarted sending, and what goes out now."""
    told = Sending.from_json(payload)
    text = f"▶️ {mention(told.by)} resumed sending to UponAI."
    if told.count is None:
        return f"{text} What was approved meanwhile is sent now.", [section(text)]
    if not told.changes:
        return f"{text} Nothing was held.", [section(f"{text} Nothing was held.")]
    left = told.count - len(told.changes)
    lines = [*told.changes, *([f"and {left} more"] if left > 0 else [])]
    listed = rich_text(rich_list([[text_run(line)] for line in lines]))
    return f"{text} Going out now: {literal(', '.join(lines), 1500)}", [section(f"{text} Going out now:"), listed]


def pause_view(channel_id: str) -> Block:
    """Build the form that asks why; `channel_id` is where the pause is told."""
    return reason_view(
        CALLBACK,
        [rich_text(rich_line(text_run("Nothing is sent to UponAI until someone resumes.")))],
        metadata=channel_id,
        title="Pause sending",
        submit="Pause",
        hint="I tell it in the channel, and wherever I say that sending is paused.",
        limit=REASON_LIMIT,
        is_one_line=True,
    )


def _count(held: int | None) -> str:
    if not held:
        return "No approved change is held right now."
    return "1 approved change is held." if held == 1 else f"{held} approved changes are held."
