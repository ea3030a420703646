"""All words that a person can read in blocks, for tests that look for sentences."""

from typing import Any

_READ = ("text", "fallback", "title", "label", "hint", "fields", "elements", "element", "rows", "accessory", "options")
_LINES = ("rich_text_section", "rich_text_preformatted", "rich_text_quote")
_MENTIONS = ("user_id", "channel_id", "usergroup_id")


def words_of(blocks: list[dict[str, Any]]) -> str:
    """Give the words of blocks; blocks, fields, table rows and paragraphs of rich text have lines of their own."""
    return "\n".join(filter(None, (_words(block) for block in blocks)))


def _words(thing: Any) -> str:
    if isinstance(thing, str):
        return thing
    if not isinstance(thing, dict):
        return ""
    if thing.get("type") in _LINES:
        return "".join(_leaf(item) for item in thing["elements"])
    parts: list[str] = []
    for key in _READ:
        value = thing.get(key)
        if isinstance(value, list):
            between = "\n" if key in ("fields", "rows") or "rich_text" in str(thing.get("type")) else " "
            parts.append(between.join(filter(None, (_item(item) for item in value))))
        elif value is not None:
            parts.append(_words(value))
    return "\n".join(filter(None, parts))


def _item(item: Any) -> str:
    return " ".join(_words(cell) for cell in item) if isinstance(item, list) else _words(item)


def _leaf(item: dict[str, Any]) -> str:
    for key in ("text", "url", "fallback"):
        if item.get(key):
            return str(item[key])
    for key in _MENTIONS:
        if item.get(key):
            return f"<{item[key]}>"
    return f":{item['name']}:" if item.get("name") else ""
