"""Checks of Block Kit's composition objects: texts, options, confirm dialogs, and the keys of anything."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

PLAIN = ("plain_text",)
ANY_TEXT = ("plain_text", "mrkdwn")
ID_MOST = 255
_TEXT_MOST = 3000
_TEXT_KEYS: dict[str, tuple[str, ...]] = {"plain_text": ("emoji",), "mrkdwn": ("verbatim",)}
_OPTION_TEXT_MOST, _OPTION_VALUE_MOST, _URL_MOST = 75, 150, 3000
_CONFIRM_LIMITS = {"title": (100, PLAIN), "text": (300, ANY_TEXT), "confirm": (30, PLAIN), "deny": (30, PLAIN)}
_STYLES = ("primary", "danger")


@dataclass
class Problems:
    """What is wrong with some content, in Slack's words with a pointer to the place."""

    messages: list[str] = field(default_factory=list)

    def add(self, at: str, message: str) -> None:
        """Note one problem at a JSON pointer."""
        self.messages.append(f"{message} [json-pointer:{at}]")


def keys(problems: Problems, at: str, value: Any, required: Collection[str], optional: Collection[str] = ()) -> bool:
    """Check that `value` is an object with these keys, and tell whether to look further."""
    if not isinstance(value, dict):
        problems.add(at, "must be an object")
        return False
    missing = [key for key in required if value.get(key) is None]
    for key in missing:
        problems.add(at, f"missing required field: {key}")
    for key in sorted(set(value) - {"type", *required, *optional}):
        problems.add(f"{at}/{key}", f"invalid additional property: {key}")
    return not missing


def string(problems: Problems, at: str, value: Any, most: int, least: int = 0) -> None:
    """Check a string's kind and length; nothing there is fine."""
    if value is None:
        return
    if not isinstance(value, str):
        problems.add(at, "must be a string")
    elif len(value) > most:
        problems.add(at, f"must be less than {most + 1} characters")
    elif len(value) < least:
        problems.add(at, f"must be more than {least - 1} characters")


def one_of(problems: Problems, at: str, value: Any, allowed: Collection[str]) -> None:
    """Check that a value is one of a few words; nothing there is fine."""
    if value is not None and value not in allowed:
        problems.add(at, f"failed to match all allowed values: {', '.join(sorted(allowed))}")


def boolean(problems: Problems, at: str, value: Any) -> None:
    """Check a flag; nothing there is fine."""
    if value is not None and not isinstance(value, bool):
        problems.add(at, "must be a boolean")


def text(problems: Problems, at: str, value: Any, *, kinds: Collection[str] = ANY_TEXT, most: int = _TEXT_MOST) -> None:
    """Check a text object."""
    if not isinstance(value, dict):
        problems.add(at, "must be an object")
        return
    kind = str(value.get("type"))
    if kind not in kinds:
        problems.add(f"{at}/type", f"must be one of {', '.join(kinds)}")
        return
    if keys(problems, at, value, ("text",), _TEXT_KEYS[kind]):
        string(problems, f"{at}/text", value["text"], most, least=1)
    for flag in _TEXT_KEYS[kind]:
        boolean(problems, f"{at}/{flag}", value.get(flag))


def confirm(problems: Problems, at: str, value: Any) -> None:
    """Check a confirm dialog; none is fine."""
    if value is None or not keys(problems, at, value, tuple(_CONFIRM_LIMITS), ("style",)):
        return
    for key, (most, kinds) in _CONFIRM_LIMITS.items():
        text(problems, f"{at}/{key}", value[key], kinds=kinds, most=most)
    one_of(problems, f"{at}/style", value.get("style"), _STYLES)


def option(
    problems: Problems, at: str, value: Any, *, kinds: Collection[str] = PLAIN, in_overflow: bool = False
) -> None:
    """Check one option of a menu."""
    extra = ("description", "url") if in_overflow else ("description",)
    if not keys(problems, at, value, ("text", "value"), extra):
        return
    text(problems, f"{at}/text", value["text"], kinds=kinds, most=_OPTION_TEXT_MOST)
    string(problems, f"{at}/value", value["value"], _OPTION_VALUE_MOST, least=1)
    if value.get("description") is not None:
        text(problems, f"{at}/description", value["description"], kinds=kinds, most=_OPTION_TEXT_MOST)
    url(problems, f"{at}/url", value.get("url"))


def options(
    problems: Problems,
    at: str,
    value: Any,
    *,
    most: int,
    least: int = 1,
    kinds: Collection[str] = PLAIN,
    in_overflow: bool = False,
) -> None:
    """Check a list of options."""
    if not counted(problems, at, value, most=most, least=least):
        return
    for index, item in enumerate(value):
        option(problems, f"{at}/{index}", item, kinds=kinds, in_overflow=in_overflow)


def option_groups(problems: Problems, at: str, value: Any, *, most: int) -> None:
    """Check a list of groups of options."""
    if not counted(problems, at, value, most=most, least=1):
        return
    for index, group in enumerate(value):
        here = f"{at}/{index}"
        if keys(problems, here, group, ("label", "options")):
            text(problems, f"{here}/label", group["label"], kinds=PLAIN, most=_OPTION_TEXT_MOST)
            options(problems, f"{here}/options", group["options"], most=most)


def counted(problems: Problems, at: str, value: Any, *, most: int, least: int = 0) -> bool:
    """Check a list's length, and tell whether to look at its items."""
    if not isinstance(value, list):
        problems.add(at, "must be an array")
        return False
    if len(value) > most:
        problems.add(at, f"no more than {most} items allowed")
    if len(value) < least:
        problems.add(at, f"no less than {least} items required")
    return len(value) <= most


def url(problems: Problems, at: str, value: Any) -> None:
    """Check an address; none is fine."""
    string(problems, at, value, _URL_MOST)
    if isinstance(value, str) and not re.match(r"[a-z][a-z0-9+.-]*:", value):
        problems.add(at, "invalid url")
