"""The strict check of blocks: which exist, where each may stand, what each must and may hold."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.slack.block_kit import objects
from bot.sandbox.slack.block_kit.interactive import check_element
from bot.sandbox.slack.block_kit.objects import ID_MOST, PLAIN, Problems
from bot.sandbox.slack.block_kit.rich_text import check_rich_text, check_table
from bot.sandbox.slack.workspace.errors import SlackError, invalid
from bot.sandbox.slack.workspace.ids import new_block_id

Surface = Literal["message", "modal", "home"]
_BLOCKS_MOST = {"message": 50, "modal": 100, "home": 100}
_HEADER_MOST, _MARKDOWN_MOST, _FIELD_MOST, _FIELDS_MOST = 150, 12_000, 2000, 10
_ACTIONS_MOST, _CONTEXT_MOST, _ALT_MOST, _LABEL_MOST = 25, 10, 2000, 2000
# Slack counts something like this over all blocks of a message; its exact sum is not documented.
_MESSAGE_CHARACTERS_MOST, _CHARACTERS_A_BLOCK = 13_000, 100
_MESSAGE_TEXT_MOST = 4000


@dataclass(frozen=True)
class _Kind:
    surfaces: tuple[str, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    check: Callable[[Problems, str, dict[str, Any], Surface], None]


def _section(problems: Problems, at: str, block: dict[str, Any], surface: Surface) -> None:
    if block.get("text") is None and block.get("fields") is None:
        problems.add(at, "must have text or fields")
    if block.get("text") is not None:
        objects.text(problems, f"{at}/text", block["text"])
    fields = block.get("fields")
    if fields is not None and objects.counted(problems, f"{at}/fields", fields, most=_FIELDS_MOST, least=1):
        for index, item in enumerate(fields):
            objects.text(problems, f"{at}/fields/{index}", item, most=_FIELD_MOST)
    accessory = block.get("accessory")
    if isinstance(accessory, dict) and accessory.get("type") == "image":
        _image_keys(problems, f"{at}/accessory", accessory)
    elif accessory is not None:
        check_element(problems, f"{at}/accessory", accessory, parent="section", in_modal=surface == "modal")


def _divider(_problems: Problems, _at: str, _block: dict[str, Any], _surface: Surface) -> None:
    """Nothing is in a divider."""


def _header(problems: Problems, at: str, block: dict[str, Any], _surface: Surface) -> None:
    objects.text(problems, f"{at}/text", block["text"], kinds=PLAIN, most=_HEADER_MOST)


def _actions(problems: Problems, at: str, block: dict[str, Any], surface: Surface) -> None:
    elements = block["elements"]
    if objects.counted(problems, f"{at}/elements", elements, most=_ACTIONS_MOST, least=1):
        for index, element in enumerate(elements):
            check_element(problems, f"{at}/elements/{index}", element, parent="actions", in_modal=surface == "modal")


def _context(problems: Problems, at: str, block: dict[str, Any], _surface: Surface) -> None:
    elements = block["elements"]
    if not objects.counted(problems, f"{at}/elements", elements, most=_CONTEXT_MOST, least=1):
        return
    for index, element in enumerate(elements):
        here = f"{at}/elements/{index}"
        if isinstance(element, dict) and element.get("type") == "image":
            _image_keys(problems, here, element)
        else:
            objects.text(problems, here, element)


def _image_keys(problems: Problems, at: str, image: dict[str, Any]) -> None:
    if objects.keys(problems, at, image, ("image_url", "alt_text")):
        _image(problems, at, image, "message")


def _image(problems: Problems, at: str, block: dict[str, Any], _surface: Surface) -> None:
    objects.url(problems, f"{at}/image_url", block["image_url"])
    objects.string(problems, f"{at}/alt_text", block["alt_text"], _ALT_MOST)
    if block.get("title") is not None:
        objects.text(problems, f"{at}/title", block["title"], kinds=PLAIN, most=_ALT_MOST)


def _input(problems: Problems, at: str, block: dict[str, Any], surface: Surface) -> None:
    objects.text(problems, f"{at}/label", block["label"], kinds=PLAIN, most=_LABEL_MOST)
    if block.get("hint") is not None:
        objects.text(problems, f"{at}/hint", block["hint"], kinds=PLAIN, most=_LABEL_MOST)
    objects.boolean(problems, f"{at}/optional", block.get("optional"))
    objects.boolean(problems, f"{at}/dispatch_action", block.get("dispatch_action"))
    check_element(problems, f"{at}/element", block["element"], parent="input", in_modal=surface == "modal")


def _markdown(problems: Problems, at: str, block: dict[str, Any], _surface: Surface) -> None:
    objects.string(problems, f"{at}/text", block["text"], _MARKDOWN_MOST, least=1)


def _alert(problems: Problems, at: str, block: dict[str, Any], _surface: Surface) -> None:
    objects.text(problems, f"{at}/text", block["text"])
    levels = ("default", "info", "warning", "error", "success")
    objects.one_of(problems, f"{at}/level", block.get("level"), levels)


def _rich_text(problems: Problems, at: str, block: dict[str, Any], _surface: Surface) -> None:
    check_rich_text(problems, at, block)


def _table(problems: Problems, at: str, block: dict[str, Any], _surface: Surface) -> None:
    check_table(problems, at, block)


_ALL = ("message", "modal", "home")
_KINDS = {
    "section": _Kind(_ALL, (), ("text", "fields", "accessory", "expand"), _section),
    "divider": _Kind(_ALL, (), (), _divider),
    "header": _Kind(_ALL, ("text",), (), _header),
    "actions": _Kind(_ALL, ("elements",), (), _actions),
    "context": _Kind(_ALL, ("elements",), (), _context),
    "image": _Kind(_ALL, ("image_url", "alt_text"), ("title",), _image),
    "input": _Kind(_ALL, ("label", "element"), ("hint", "optional", "dispatch_action"), _input),
    "rich_text": _Kind(_ALL, ("elements",), (), _rich_text),
    "table": _Kind(("message", "home"), ("rows",), ("column_settings",), _table),
    "markdown": _Kind(("message",), ("text",), (), _markdown),
    "alert": _Kind(("modal",), ("text",), ("level",), _alert),
}


def check_blocks(problems: Problems, at: str, blocks: Any, surface: Surface) -> None:
    """Note everything that Slack would refuse in a list of blocks."""
    if not objects.counted(problems, at, blocks, most=_BLOCKS_MOST[surface]):
        return
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        here = f"{at}/{index}"
        kind = _KINDS.get(str(block.get("type"))) if isinstance(block, dict) else None
        if kind is None or surface not in kind.surfaces:
            found = block.get("type") if isinstance(block, dict) else block
            problems.add(f"{here}/type", f"unsupported block type on this surface: {found}")
            continue
        if not objects.keys(problems, here, block, kind.required, (*kind.optional, "block_id")):
            continue
        objects.string(problems, f"{here}/block_id", block.get("block_id"), ID_MOST, least=1)
        block_id = str(block.get("block_id") or f"unnamed {index}")
        if block_id in seen:
            problems.add(f"{here}/block_id", f"block_id already exists: {block_id}")
        seen.add(block_id)
        kind.check(problems, here, block, surface)
        _distinct_actions(problems, here, block)


def _distinct_actions(problems: Problems, at: str, block: dict[str, Any]) -> None:
    elements = block.get("elements") if block["type"] == "actions" else None
    if not isinstance(elements, list):
        return
    named = [str(element["action_id"]) for element in elements if _has_action_id(element)]
    for action_id in {name for name in named if named.count(name) > 1}:
        problems.add(f"{at}/elements", f"action_id already exists: {action_id}")


def _has_action_id(element: Any) -> bool:
    return isinstance(element, dict) and element.get("action_id") is not None


def as_kept(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give blocks as Slack keeps and shows them: each with an id, each text with its flag."""
    kept: list[dict[str, Any]] = with_flags(blocks)
    for block in kept:
        block.setdefault("block_id", new_block_id())
    return kept


def with_flags(value: Any) -> Any:
    """Copy content with the flags that Slack adds to text objects."""
    if isinstance(value, list):
        return [with_flags(item) for item in value]
    if not isinstance(value, dict):
        return value
    copied = {key: with_flags(item) for key, item in value.items()}
    if copied.get("type") == "plain_text":
        copied.setdefault("emoji", True)
    elif copied.get("type") == "mrkdwn":
        copied.setdefault("verbatim", False)
    return copied


def accept_message(text: str, blocks: Any) -> list[dict[str, Any]]:
    """Check what a message would hold, and give its blocks as Slack would keep them."""
    if not text and not blocks:
        raise SlackError("no_text")
    if len(text) > _MESSAGE_TEXT_MOST:
        raise SlackError("msg_too_long")
    if not blocks:
        return []
    problems = Problems()
    check_blocks(problems, "/blocks", blocks, "message")
    if problems.messages:
        raise invalid("invalid_blocks", problems.messages)
    if sum(block["type"] == "table" for block in blocks) > 1:
        raise invalid("invalid_attachments", ["only_one_table_allowed"])
    if _characters(blocks) + _CHARACTERS_A_BLOCK * len(blocks) > _MESSAGE_CHARACTERS_MOST:
        raise SlackError("msg_blocks_too_long")
    return as_kept(blocks)


def _characters(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_characters(item) for item in value.values())
    if isinstance(value, list):
        return sum(_characters(item) for item in value)
    return len(json.dumps(value))
