"""All words that a person can read in blocks, for tests that look for sentences."""

from typing import Any

_READ = ("text", "fallback", "title", "label", "hint", "fields", "elements", "element", "rows", "accessory", "options")


def words_of(blocks: list[dict[str, Any]]) -> str:
    """Give the words of blocks, one block a line."""
    return "\n".join(_words(block) for block in blocks)


def _words(thing: Any) -> str:
    if isinstance(thing, str):
        return thing
    if isinstance(thing, list):
        return " ".join(filter(None, (_words(item) for item in thing)))
    if not isinstance(thing, dict):
        return ""
    if thing.get("type") in ("rich_text_section", "rich_text_preformatted", "rich_text_quote"):
        return "".join(_leaf(item) for item in thing["elements"])
    return " ".join(filter(None, (_words(thing[key]) for key in _READ if key in thing)))


def _leaf(item: dict[str, Any]) -> str:
    for key in ("text", "url", "fallback"):
        if item.get(key):
            return str(item[key])
    mention = item.get("user_id") or item.get("channel_id") or item.get("usergroup_id")
    return f"<{mention}>" if mention else str(item.get("name", ""))
