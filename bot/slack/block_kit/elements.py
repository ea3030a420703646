"""Block Kit pieces that the bot builds its messages and views from.

What people and UponAI wrote goes into plain_text and rich_text, where Slack shows it literally; only the bot's own
words, mentions by id and dates are mrkdwn (https://docs.slack.dev/messaging/formatting-message-text).
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.domain.lookalikes import in_its_place
from bot.domain.number import without_invisible

Block = dict[str, Any]

PLAIN_OPTION_LIMIT = 75
# No line breaks at a word joiner, and nobody sees it: it parts what would make a mention, an emoji or a quote.
_JOINER = "\u2060"
_APART = re.compile(r"(?<=[@#])(?=\w)|(?<=:)(?=[\w+-]+:)|^(?=[>\uff1e])")
# Slack has no escape for what formats, and takes an invisible character beside it for the edge of a word, which makes
# formatting where there was none (jsx-slack's "exact mode" lives by that). What looks the same formats nothing.
_LOOK_ALIKES = {
    "*": "\u2217",
    "\uff0a": "\ufe61",
    "_": "\u02cd",
    "\uff3f": "\u02cd",
    "~": "\u223c",
    "`": "\u02cb",
    "\uff40": "\u02cb",
}
# Inside of a word an underscore formats nothing, and ids are full of them.
_MARKS = re.compile(r"[*~`\uff0a\uff3f\uff40]|(?<![^\W_])_|_(?![^\W_])")


def escape(text: str) -> str:
    """Escape the three characters that mean something in mrkdwn and in a message's `text`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def literal(text: str, limit: int) -> str:
    """Write words of others in mrkdwn: on one line, with no mention and no formatting.

    What formats is replaced by what looks the same; rich_text and plain_text show words to the letter. What comes back
    has at most `limit` characters.
    """
    words = _MARKS.sub(lambda mark: _LOOK_ALIKES[mark[0]], " ".join(without_invisible(text).split()))
    return cut(escape(_APART.sub(_JOINER, words)), limit)


def cut(written: str, limit: int) -> str:
    """Cut escaped text to `limit` characters, never inside of `&amp;` or of a mention."""
    if len(written) <= limit:
        return written
    kept = written[: limit - 1]
    for start, end in ("&;", "<>"):
        if kept.rfind(start) > kept.rfind(end):
            kept = kept[: kept.rfind(start)]
    return f"{kept}…"


def mention(user_id: str) -> str:
    """Mention a person by id in mrkdwn."""
    return f"<@{user_id}>"


def date(at: datetime) -> str:
    """Write a time in mrkdwn so that everyone reads it in their own zone, with UTC where Slack cannot."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{at:%Y-%m-%d %H:%M} UTC>"


def plain(text: str) -> Block:
    """Make a plain_text object; emoji codes stay as typed."""
    return {"type": "plain_text", "text": in_its_place(text), "emoji": False}


def mrkdwn(text: str) -> Block:
    """Make a mrkdwn object of the bot's own words."""
    return {"type": "mrkdwn", "text": text}


def section(text: str, *, block_id: str | None = None) -> Block:
    """Make a section of the bot's own words in mrkdwn."""
    return _with_id({"type": "section", "text": mrkdwn(text)}, block_id)


def context(*texts: str, block_id: str | None = None) -> Block:
    """Make a line of small print in mrkdwn."""
    return _with_id({"type": "context", "elements": [mrkdwn(text) for text in texts]}, block_id)


def header(text: str) -> Block:
    """Make a header, plain text of at most 150 characters."""
    return {"type": "header", "text": plain(text)}


def divider() -> Block:
    """Make a line."""
    return {"type": "divider"}


def text_run(text: str, **style: bool) -> Block:
    """Make a run of literal text for a rich_text section; style: bold, italic, code, strike."""
    run: Block = {"type": "text", "text": in_its_place(text) or " "}
    if style:
        run["style"] = style
    return run


def user_run(user_id: str) -> Block:
    """Make a mention for a rich_text section."""
    return {"type": "user", "user_id": user_id}


def date_run(at: datetime) -> Block:
    """Make a time in the reader's zone for a rich_text section."""
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": "{date_short_pretty} at {time}",
        "fallback": f"{at:%Y-%m-%d %H:%M} UTC",
    }


def rich_line(*runs: Block) -> Block:
    """Make one paragraph of a rich_text block."""
    return {"type": "rich_text_section", "elements": list(runs)}


def rich_quote(text: str) -> Block:
    """Make a quote of literal text for a rich_text block."""
    return {"type": "rich_text_quote", "elements": [text_run(text)]}


def preformatted(lines: Sequence[str]) -> Block:
    """Make literal lines of fixed width for a rich_text block; each is a run, for a run has at most 3000 characters."""
    ended = [*(f"{line}\n" for line in lines[:-1]), *lines[-1:]]
    return {"type": "rich_text_preformatted", "elements": [text_run(line) for line in ended]}


def rich_list(lines: Sequence[Sequence[Block]]) -> Block:
    """Make a bullet list for a rich_text block."""
    return {"type": "rich_text_list", "style": "bullet", "elements": [rich_line(*runs) for runs in lines]}


def rich_text(*parts: Block, block_id: str | None = None) -> Block:
    """Make a rich_text block of paragraphs, lists and quotes."""
    return _with_id({"type": "rich_text", "elements": list(parts)}, block_id)


def button(
    text: str, action_id: str, *, value: str, label: str, style: str | None = None, confirm: Block | None = None
) -> Block:
    """Make a button; `label` is what a screen reader says instead of the text."""
    made: Block = {
        "type": "button",
        "text": plain(text),
        "action_id": action_id,
        "value": value,
        "accessibility_label": label,
    }
    if style:
        made["style"] = style
    if confirm:
        made["confirm"] = confirm
    return made


def confirm(title: str, text: str, *, yes: str, style: str | None = None) -> Block:
    """Make Slack's confirm dialog; title 100, text 300, buttons 30 characters."""
    made: Block = {"title": plain(title), "text": plain(text), "confirm": plain(yes), "deny": plain("Back")}
    if style:
        made["style"] = style
    return made


def actions(*elements: Block, block_id: str) -> Block:
    """Make a row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def _with_id(block: Block, block_id: str | None) -> Block:
    return block if block_id is None else {**block, "block_id": block_id}
