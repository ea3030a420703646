"""Checks of rich text and of tables, whose cells hold it."""

from typing import Any

from bot.sandbox.slack.block_kit import objects
from bot.sandbox.slack.block_kit.objects import Problems

_ROWS_MOST, _COLUMNS_MOST, _TEXT_MOST = 100, 20, 3000
_CONTAINERS: dict[str, tuple[str, ...]] = {
    "rich_text_section": (),
    "rich_text_preformatted": ("border", "language"),
    "rich_text_quote": ("border",),
    "rich_text_list": ("style", "indent", "offset", "border"),
}
_STYLES = ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
_LEAVES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "text": (("text",), ("style",)),
    "link": (("url",), ("text", "unsafe", "style")),
    "user": (("user_id",), ("style",)),
    "usergroup": (("usergroup_id",), ("style",)),
    "channel": (("channel_id",), ("style",)),
    "emoji": (("name",), ("unicode", "style")),
    "broadcast": (("range",), ("style",)),
    "color": (("value",), ("style",)),
    "date": (("timestamp", "format"), ("url", "fallback", "style")),
}


def check_rich_text(problems: Problems, at: str, block: dict[str, Any]) -> None:
    """Check a rich_text block's elements."""
    elements = block["elements"]
    if not objects.counted(problems, f"{at}/elements", elements, most=_ROWS_MOST * _COLUMNS_MOST):
        return
    for index, element in enumerate(elements):
        _container(problems, f"{at}/elements/{index}", element)


def _container(problems: Problems, at: str, element: Any) -> None:
    kind = str(element.get("type")) if isinstance(element, dict) else ""
    if kind not in _CONTAINERS:
        problems.add(f"{at}/type", f"unsupported type: {kind}")
        return
    required = ("elements", "style") if kind == "rich_text_list" else ("elements",)
    if not objects.keys(problems, at, element, required, _CONTAINERS[kind]):
        return
    if kind == "rich_text_list":
        objects.one_of(problems, f"{at}/style", element["style"], ("bullet", "ordered"))
    if not isinstance(element["elements"], list):
        problems.add(f"{at}/elements", "must be an array")
        return
    for index, item in enumerate(element["elements"]):
        here = f"{at}/elements/{index}"
        if kind == "rich_text_list":
            _container(problems, here, item)
        else:
            _leaf(problems, here, item)


def _leaf(problems: Problems, at: str, item: Any) -> None:
    kind = str(item.get("type")) if isinstance(item, dict) else ""
    if kind not in _LEAVES:
        problems.add(f"{at}/type", f"unsupported type: {kind}")
        return
    required, optional = _LEAVES[kind]
    if not objects.keys(problems, at, item, required, optional):
        return
    if kind == "text":
        objects.string(problems, f"{at}/text", item["text"], _TEXT_MOST, least=1)
    if kind == "link":
        objects.url(problems, f"{at}/url", item["url"])
    style = item.get("style")
    if style is not None and objects.keys(problems, f"{at}/style", style, (), _STYLES):
        for name, value in style.items():
            objects.boolean(problems, f"{at}/style/{name}", value)


def check_table(problems: Problems, at: str, block: dict[str, Any]) -> None:
    """Check a table's rows, cells and columns."""
    rows = block["rows"]
    if objects.counted(problems, f"{at}/rows", rows, most=_ROWS_MOST, least=1):
        for index, row in enumerate(rows):
            here = f"{at}/rows/{index}"
            if objects.counted(problems, here, row, most=_COLUMNS_MOST, least=1):
                for column, cell in enumerate(row):
                    _cell(problems, f"{here}/{column}", cell)
    settings = block.get("column_settings")
    if settings is None or not objects.counted(problems, f"{at}/column_settings", settings, most=_COLUMNS_MOST):
        return
    for index, setting in enumerate(settings):
        here = f"{at}/column_settings/{index}"
        if setting is not None and objects.keys(problems, here, setting, (), ("align", "is_wrapped")):
            objects.one_of(problems, f"{here}/align", setting.get("align"), ("left", "center", "right"))
            objects.boolean(problems, f"{here}/is_wrapped", setting.get("is_wrapped"))


def _cell(problems: Problems, at: str, cell: Any) -> None:
    kind = cell.get("type") if isinstance(cell, dict) else None
    if kind == "raw_text":
        if objects.keys(problems, at, cell, ("text",)):
            objects.string(problems, f"{at}/text", cell["text"], _TEXT_MOST, least=1)
    elif kind == "raw_number":
        objects.keys(problems, at, cell, ("value",), ("text",))
    elif kind == "rich_text":
        if objects.keys(problems, at, cell, ("elements",), ("block_id",)):
            check_rich_text(problems, at, cell)
    else:
        problems.add(f"{at}/type", f"unsupported type: {kind}")
