"""One line of a message, written twice: for its `text`, and as rich text, where words of others stand literally."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.rules.refusals import mention as mention_any
from bot.domain.shortening import shorten
from bot.slack.block_kit.elements import Block, date, date_run, literal, mention, rich_line, text_run, user_run
from bot.slack.block_kit.sentences import sentence_runs


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, to be mentioned."""

    user_id: str


@dataclass(frozen=True, slots=True)
class Called:
    """A person, a user group or a channel, to be mentioned by its id."""

    found: str


@dataclass(frozen=True, slots=True)
class Words:
    """Words of others, for which there is so much room."""

    text: str
    limit: int
    is_bold: bool = True


@dataclass(frozen=True, slots=True)
class Emoji:
    """An emoji by its name."""

    name: str


# What is neither is the bot's own words, without any formatting.
Part = str | Person | Called | Words | Emoji | datetime


def in_text(*parts: Part) -> str:
    """Write a line for a message's `text`, which is mrkdwn."""
    return "".join(_in_text(part) for part in parts)


def in_line(*parts: Part) -> Block:
    """Write a line as a paragraph of rich text."""
    return rich_line(*(_run(part) for part in parts))


def _in_text(part: Part) -> str:
    match part:
        case Person(user_id):
            return mention(user_id)
        case Called(found):
            return mention_any(found)
        case Words(text, limit):
            return literal(text, limit)
        case Emoji(name):
            return f":{name}:"
        case datetime():
            return date(part)
    return part


def _run(part: Part) -> Block:
    match part:
        case Person(user_id):
            return user_run(user_id)
        case Called(found):
            return sentence_runs(mention_any(found))[0]
        case Words(text, limit, is_bold):
            return text_run(shorten(text, limit), **({"bold": True} if is_bold else {}))
        case Emoji(name):
            return {"type": "emoji", "name": name}
        case datetime():
            return date_run(part)
    return text_run(part)
