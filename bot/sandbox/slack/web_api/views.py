"""The views.* methods: opening, pushing, updating and publishing."""

from typing import Any

from bot.sandbox.slack.block_kit.entries import settle
from bot.sandbox.slack.block_kit.views import accept_view
from bot.sandbox.slack.client.submissions import STACK_MOST, open_view, push_view, replace_content
from bot.sandbox.slack.delivery.payloads import view_json
from bot.sandbox.slack.web_api.call import Call, Method
from bot.sandbox.slack.workspace.errors import SlackError, invalid
from bot.sandbox.slack.workspace.model import View


def _trigger(call: Call) -> str:
    return str(call.args.get("trigger_id") or call.args.get("interactivity_pointer") or "")


def _content(call: Call, kind: str = "modal") -> dict[str, Any]:
    content = accept_view(call.args.get("view"), kind=kind)
    external_id = content.get("external_id")
    same = call.world.view_by_external_id(external_id) if external_id else None
    if same is not None and call.method in ("views.open", "views.push"):
        raise invalid("duplicate_external_id", ["external_id must be unique"])
    return content


async def open_(call: Call) -> dict[str, Any]:
    """Open a modal for whoever caused the trigger."""
    user_id, _ = call.triggers.check(_trigger(call))
    content = _content(call)
    call.triggers.use_up(_trigger(call))
    return {"view": view_json(call.world, open_view(call.world, user_id, content))}


async def push(call: Call) -> dict[str, Any]:
    """Put a modal on top of the one in which the trigger was caused."""
    user_id, view_id = call.triggers.check(_trigger(call))
    stack = call.world.stack(user_id)
    if view_id is None or view_id not in [view.id for view in stack]:
        raise SlackError("invalid_trigger_id")
    if len(stack) >= STACK_MOST:
        raise SlackError("push_limit_reached")
    content = _content(call)
    call.triggers.use_up(_trigger(call))
    return {"view": view_json(call.world, push_view(call.world, user_id, content))}


def _named(call: Call) -> View:
    view_id, external_id = call.optional("view_id"), call.optional("external_id")
    if (view_id is None) == (external_id is None):
        raise invalid("invalid_arguments", ["give exactly one of view_id and external_id"])
    view = call.world.view(view_id) if view_id else call.world.view_by_external_id(external_id or "")
    if view is None:
        raise SlackError("not_found")
    return view


async def update(call: Call) -> dict[str, Any]:
    """Replace an open view's content, if it is still the version that `hash` names."""
    view = _named(call)
    wanted = call.optional("hash")
    if wanted is not None and wanted != view.hash:
        raise SlackError("hash_conflict")
    replace_content(call.world, view, _content(call, view.content["type"]))
    return {"view": view_json(call.world, view)}


async def publish(call: Call) -> dict[str, Any]:
    """Publish a person's App Home."""
    user = call.world.user(call.text("user_id"))
    content = _content(call, "home")
    home = call.world.homes.get(user.id)
    if home is None:
        home = call.world.new_view(user.id, content)
        settle(home)
        call.world.homes[user.id] = home
        call.world.changed()
    elif call.optional("hash") not in (None, home.hash):
        raise SlackError("hash_conflict")
    else:
        replace_content(call.world, home, content)
    return {"view": view_json(call.world, home)}


METHODS = {
    "views.open": Method(open_),
    "views.push": Method(push),
    "views.update": Method(update),
    "views.publish": Method(publish),
}
