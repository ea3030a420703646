"""The strict check of views: modals and App Homes."""

import json
from typing import Any

from bot.sandbox.slack.block_kit import objects
from bot.sandbox.slack.block_kit.blocks import as_kept, check_blocks, with_flags
from bot.sandbox.slack.block_kit.entries import elements_of
from bot.sandbox.slack.block_kit.objects import ID_MOST, PLAIN, Problems
from bot.sandbox.slack.workspace.errors import invalid

_WORDS_MOST, _METADATA_MOST, _BYTES_MOST = 24, 3000, 250_000
_SHARED = ("private_metadata", "callback_id", "external_id")
_MODAL = ("submit", "close", "clear_on_close", "notify_on_close", "submit_disabled")


def accept_view(view: Any, *, kind: str) -> dict[str, Any]:
    """Check a view's content, and give it as Slack would keep it."""
    problems = Problems()
    if isinstance(view, str):
        try:
            view = json.loads(view)
        except ValueError:
            raise invalid("invalid_arguments", ["must be JSON [json-pointer:/view]"]) from None
    if not isinstance(view, dict):
        raise invalid("invalid_arguments", ["missing required field: view"])
    if view.get("type") != kind:
        problems.add("/view/type", f"must be {kind}")
    elif kind == "modal":
        _modal(problems, view)
    else:
        objects.keys(problems, "/view", view, ("blocks",), _SHARED)
    if not problems.messages:
        check_blocks(problems, "/view/blocks", view["blocks"], "modal" if kind == "modal" else "home")
    for key, most in (("private_metadata", _METADATA_MOST), ("callback_id", ID_MOST), ("external_id", ID_MOST)):
        objects.string(problems, f"/view/{key}", view.get(key), most)
    if not problems.messages:
        _whole(problems, view)
    if problems.messages:
        raise invalid("invalid_arguments", problems.messages)
    return {**with_flags(view), "blocks": as_kept(view["blocks"])}


def _modal(problems: Problems, view: dict[str, Any]) -> None:
    objects.keys(problems, "/view", view, ("title", "blocks"), (*_SHARED, *_MODAL))
    for key in ("title", "submit", "close"):
        if view.get(key) is not None:
            objects.text(problems, f"/view/{key}", view[key], kinds=PLAIN, most=_WORDS_MOST)
    for key in ("clear_on_close", "notify_on_close"):
        objects.boolean(problems, f"/view/{key}", view.get(key))


def _whole(problems: Problems, view: dict[str, Any]) -> None:
    blocks = view["blocks"]
    has_input = any(block["type"] == "input" for block in blocks)
    if view["type"] == "modal" and has_input and view.get("submit") is None:
        problems.add("/view", "missing required field: submit (a view with input blocks needs it)")
    focused = [placed for placed in elements_of(as_kept(blocks)) if placed.element.get("focus_on_load")]
    if len(focused) > 1:
        problems.add("/view/blocks", "focus_on_load may be set on one element only")
    if len(json.dumps(view).encode()) > _BYTES_MOST:
        problems.add("/view", "view is too large")
