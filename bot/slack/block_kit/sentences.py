"""Sentences of the domain, shown to people: literal words, but for the bot's own mentions and commands.

Sentences name people and channels as `<@U…>` and `<#C…>`. Where Slack shows plain text only, the mention becomes a
word.
"""

import re

from bot.slack.block_kit.elements import Block, escape, rich_line, rich_text, text_run, user_run

# The bot's own commands, between backticks.
_COMMAND = re.compile(r"`(/route-number[^`\n]{0,60})`")
_MENTION = re.compile(r"<([@#])([A-Z0-9]{3,})>")
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
        runs.append(user_run(match[2]) if match[1] == "@" else {"type": "channel", "channel_id": match[2]})
        end = match.end()
    if end < len(sentence) or not runs:
        runs.extend(_words(sentence[end:] or " "))
    return runs


def _words(text: str) -> list[Block]:
    """Make runs of words, commands as code."""
    parts = _COMMAND.split(text)
    return [text_run(part, code=True) if at % 2 else text_run(part) for at, part in enumerate(parts) if part]


def sentence_text(sentence: str, *, is_literal: bool = False) -> str:
    """Return the sentence for a message's `text`, which is mrkdwn."""
    escaped = escape(sentence[:TEXT_LIMIT])
    return escaped if is_literal else re.sub(r"&lt;([@#])([A-Z0-9]{3,})&gt;", r"<\1\2>", escaped)


def sentence_plain(sentence: str) -> str:
    """Return the sentence for an error at a field, which is plain text."""
    return _MENTION.sub(lambda match: "@route-number" if match[1] == "@" else "the channel", sentence)
