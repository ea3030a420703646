"""Sentences of the domain, shown to people: literal words, but for the bot's own mentions and commands.

Sentences name people, channels and user groups as `<@U…>`, `<#C…>` and `<!subteam^S…>`. Where Slack shows plain text
only, the mention becomes a word.
"""

import re

from bot.slack.block_kit.elements import Block, escape, rich_line, rich_text, text_run, user_run

# The bot's own commands, between backticks.
_COMMAND = re.compile(r"`(/route-number[^`\n]{0,60})`")
_MENTION = re.compile(r"<(@|#|!subteam\^)([A-Z0-9]{3,})>")
_ESCAPED = re.compile(r"&lt;(@|#|!subteam\^)([A-Z0-9]{3,})&gt;")
_PLAIN = {"@": "a colleague", "#": "a channel", "!subteam^": "a user group"}
TEXT_LIMIT = 3000


def sentence_block(sentence: str, *, is_literal: bool = False) -> Block:
    """Make a block of a sentence; `is_literal` when it can hold what somebody typed: no mention is made of it then."""
    return rich_text(rich_line(*([text_run(sentence or " ")] if is_literal else sentence_runs(sentence))))


def sentence_runs(sentence: str) -> list[Block]:
    """Make the runs of a sentence for a rich_text section, at least one: words and mentions."""
    runs: list[Block] = []
    end = 0
    for match in _MENTION.finditer(sentence):
        if match.start() > end:
            runs.extend(_words(sentence[end : match.start()]))
        runs.append(_mention_run(match[1], match[2]))
        end = match.end()
    if end < len(sentence) or not runs:
        runs.extend(_words(sentence[end:] or " "))
    return runs


def _mention_run(kind: str, found: str) -> Block:
    if kind == "@":
        return user_run(found)
    return {"type": "channel", "channel_id": found} if kind == "#" else {"type": "usergroup", "usergroup_id": found}


def _words(text: str) -> list[Block]:
    """Make runs of words, commands as code."""
    parts = _COMMAND.split(text)
    return [text_run(part, code=True) if at % 2 else text_run(part) for at, part in enumerate(parts) if part]


def sentence_text(sentence: str, *, is_literal: bool = False) -> str:
    """Return the sentence for a message's `text`, which is mrkdwn."""
    escaped = escape(sentence[:TEXT_LIMIT])
    return escaped if is_literal else _ESCAPED.sub(r"<\1\2>", escaped)


def sentence_plain(sentence: str, *, bot_user_id: str | None = None) -> str:
    """Return the sentence for an error at a field, which is plain text.

    Without `bot_user_id` the only one it can mention is the bot, in the only channel that it can be about.
    """
    if bot_user_id is None:
        return _MENTION.sub(lambda match: "@route-number" if match[1] == "@" else "the channel", sentence)
    return _MENTION.sub(lambda match: "@route-number" if match[2] == bot_user_id else _PLAIN[match[1]], sentence)


def names_others(sentence: str, *, bot_user_id: str) -> bool:
    """Say whether a sentence names somebody whom plain text cannot show."""
    return any(match[2] != bot_user_id and match[1] != "#" for match in _MENTION.finditer(sentence))
