"""Options of the type-aheads: what their values mean, and how long ones are told in Slack's 150 characters.

A value starts with its kind: `=` is an identifier as it is listed, `?` a text that somebody typed, `~` the beginning
of a longer identifier with a digest of the whole, `v` a version, and `-` stands for nothing at all.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.domain.account import AgentVersion, ListedAgent
from bot.domain.number import pretty, without_invisible
from bot.domain.shortening import shorten
from bot.slack.block_kit.elements import PLAIN_OPTION_LIMIT, Block, plain

VALUE_LIMIT = 150
_DIGEST_LENGTH = 32
_HEAD_LENGTH = 100
LISTED, TYPED, LONG, VERSION = "=", "?", "~", "v"
NOT_PINNED = "not-pinned"
NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a select, as it stands in a view."""

    value: str
    text: str
    description: str | None = None

    def to_json(self) -> Block:
        """Return the option as Block Kit has it."""
        made: Block = {"text": plain(shorten(self.text, PLAIN_OPTION_LIMIT)), "value": self.value}
        if self.description:
            made["description"] = plain(shorten(self.description, PLAIN_OPTION_LIMIT))
        return made

    @property
    def kind(self) -> str:
        """The kind of the value, its first character."""
        return self.value[:1]

    @property
    def rest(self) -> str:
        """The value without its kind."""
        return self.value[1:]


def parse(option: Any) -> Option | None:
    """Read an option of a payload; None for none, and for the one that stands for nothing."""
    if not isinstance(option, dict) or option.get("value") in (None, "", NOTHING):
        return None
    text = str((option.get("text") or {}).get("text") or "")
    description = (option.get("description") or {}).get("text")
    return Option(str(option["value"]), text, description)


def nothing(text: str) -> Option:
    """Make an option that says something and chooses nothing."""
    return Option(NOTHING, text)


def of_number(number: str, answered_by: str | None = None, *, name: str | None = None) -> Option:
    """Make the option of a listed number with its name, and with who answers it as small print."""
    shown = pretty(number) if number.startswith("+") else without_invisible(number) or number
    return Option(value_of(number), f"{shown} {name}" if name else shown, answered_by)


def of_typed(text: str, reading: str) -> Option:
    """Make the option of a text that the mirror does not list, shown as what it would be called."""
    return Option(TYPED + text[: VALUE_LIMIT - 1], pretty(reading))


def of_agent(agent: ListedAgent, shown_name: str | None = None) -> Option:
    """Make the option of an agent: its name, or the one that tells it from others, with the id as small print."""
    name = " ".join(without_invisible(shown_name or agent.name or "").split())
    shown = name or agent.agent_id
    return Option(value_of(agent.agent_id), shown, None if shown == agent.agent_id else agent.agent_id)


def of_version(version: int) -> Option:
    """Make the option of a version."""
    return Option(f"{VERSION}{version}", f"Version {version}")


def of_listed_version(version: AgentVersion, *, is_live: bool) -> Option:
    """Make the option of a version that is offered: whether it answers now, and when it was edited last."""
    words = ["live now"] if is_live else []
    if version.updated_at is not None:
        words.append(f"edited {_day(version.updated_at)}")
    return Option(f"{VERSION}{version.version}", f"Version {version.version}", _sentence(", ".join(words)))


def not_pinned(label: str, *, is_live: bool) -> Option:
    """Make the option that pins no version."""
    return Option(NOT_PINNED, label, "Live now" if is_live else None)


def _day(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y}"


def _sentence(words: str) -> str | None:
    return words[:1].upper() + words[1:] or None


def value_of(identifier: str) -> str:
    """Return the value that stands for a listed identifier."""
    if len(identifier) < VALUE_LIMIT:
        return LISTED + identifier
    digest = hashlib.sha256(identifier.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{LONG}{identifier[:_HEAD_LENGTH]}{digest}"


def head_of(value: str) -> str:
    """Return the beginning of the identifier that a `~` value stands for: what to look for."""
    return value[1 : 1 + _HEAD_LENGTH]


def matching(value: str, identifiers: Iterable[str]) -> str | None:
    """Return the one of `identifiers` that the value stands for."""
    return next((identifier for identifier in identifiers if value_of(identifier) == value), None)


def version_of(option: Option | None) -> int | None:
    """Return the chosen version, None for "not pinned" and for no choice."""
    if option is None or option.kind != VERSION or not option.rest.isdecimal():
        return None
    return int(option.rest)
