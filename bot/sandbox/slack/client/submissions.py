"""Submitting and closing modals: the client's own checks, the app's answer, the stack of views."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.sandbox.slack.block_kit.entries import elements_of, is_empty, settle
from bot.sandbox.slack.block_kit.views import accept_view
from bot.sandbox.slack.delivery.courier import Courier
from bot.sandbox.slack.delivery.payloads import interaction, view_json
from bot.sandbox.slack.workspace.errors import CannotDo, NotDelivered, SlackError, invalid
from bot.sandbox.slack.workspace.ids import new_hash
from bot.sandbox.slack.workspace.model import User, View
from bot.sandbox.slack.workspace.triggers import Triggers
from bot.sandbox.slack.workspace.world import World

STACK_MOST = 3
TROUBLE = "We had some trouble connecting. Try again?"
_REQUIRED = "Please complete this required field."


class Submissions:
    """The modals that people submit and close."""

    def __init__(self, world: World, courier: Courier, triggers: Triggers) -> None:
        """Deliver by `courier`."""
        self._world = world
        self._courier = courier
        self._triggers = triggers

    async def submit(self, user: User, view: View) -> dict[str, Any]:
        """Submit a view, do what the app answers, and say how it went."""
        if self._world.stack(user.id)[-1:] != [view]:
            raise CannotDo("This form is not on top.")
        view.notice = None
        view.errors = own_errors(view)
        if view.errors:
            self._world.changed()
            return {"ok": False, "errors": view.errors}
        payload = interaction(
            self._world,
            "view_submission",
            user,
            trigger_id=self._triggers.issue(user.id, view.id),
            view=view_json(self._world, view),
            response_urls=[],
        )
        try:
            reply = await self._courier.send("interactive", payload)
            self._follow(user, view, reply)
        except NotDelivered:
            view.notice = TROUBLE
        except SlackError as exc:
            self._courier.recorder.deliveries[-1].error = f"{exc.code}: {exc.extra}"
            view.notice = TROUBLE
        self._world.changed()
        if view.notice:
            return {"ok": False, "notice": view.notice}
        return {"ok": False, "errors": view.errors} if view.errors else {"ok": True}

    def _follow(self, user: User, view: View, reply: Any) -> None:
        stack = self._world.stack(user.id)
        action = reply.get("response_action") if isinstance(reply, dict) else None
        if reply in (None, "", {}):
            if view in stack:
                stack.remove(view)
        elif action == "clear":
            stack.clear()
        elif action == "errors":
            view.errors = _field_errors(view, reply.get("errors"))
        elif action == "update":
            replace_content(self._world, view, accept_view(reply.get("view"), kind="modal"))
        elif action == "push":
            push_view(self._world, user.id, accept_view(reply.get("view"), kind="modal"))
        else:
            raise invalid("invalid_response", ["unknown answer to view_submission"])

    async def close(self, user: User, view: View) -> None:
        """Close a view, or all of them when it clears; tell the app if it asked to be told."""
        stack = self._world.stack(user.id)
        if view not in stack:
            raise CannotDo("This form is no longer open.")
        is_cleared = bool(view.content.get("clear_on_close"))
        if is_cleared:
            stack.clear()
        else:
            del stack[stack.index(view) :]
        self._world.changed()
        if view.content.get("notify_on_close"):
            shown = view_json(self._world, view)
            payload = interaction(self._world, "view_closed", user, view=shown, is_cleared=is_cleared)
            try:
                await self._courier.send("interactive", payload)
            except NotDelivered:
                # The form is gone for the person either way: Slack shows nothing.
                return


def own_errors(view: View) -> dict[str, str]:
    """Find what Slack's client refuses by itself before anything is sent."""
    errors: dict[str, str] = {}
    for placed in elements_of(view.content["blocks"]):
        if not placed.is_input:
            continue
        state = view.values[placed.block_id][placed.action_id]
        if is_empty(state):
            if not placed.block.get("optional"):
                errors[placed.block_id] = _REQUIRED
        else:
            complaint = _complaint(placed.element, state)
            if complaint:
                errors[placed.block_id] = complaint
    return errors


def _complaint(element: dict[str, Any], state: dict[str, Any]) -> str | None:
    kind, value = element["type"], state.get("value")
    if kind == "plain_text_input":
        if len(value or "") < element.get("min_length", 0):
            return f"Please enter at least {element['min_length']} characters."
        if len(value or "") > element.get("max_length", 3000):
            return f"Please enter at most {element.get('max_length', 3000)} characters."
    if kind == "number_input":
        return _number_complaint(element, str(value))
    if kind == "url_text_input" and not re.match(r"https?://[^\s/]+", str(value)):
        return "Enter a valid URL."
    if kind == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", str(value)):
        return "Enter a valid email."
    return None


def _number_complaint(element: dict[str, Any], value: str) -> str | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "Enter a number."
    if not element["is_decimal_allowed"] and number != number.to_integral_value():
        return "Enter a whole number."
    if "min_value" in element and number < Decimal(element["min_value"]):
        return f"Enter a number that is at least {element['min_value']}."
    if "max_value" in element and number > Decimal(element["max_value"]):
        return f"Enter a number that is at most {element['max_value']}."
    return None


def _field_errors(view: View, errors: Any) -> dict[str, str]:
    inputs = {placed.block_id for placed in elements_of(view.content["blocks"]) if placed.is_input}
    if not isinstance(errors, dict) or not errors:
        raise invalid("invalid_errors", ["errors must be an object of block_id to sentence"])
    unknown = [block_id for block_id in errors if block_id not in inputs]
    if unknown:
        raise invalid("invalid_errors", [f"no input block has the block_id {name}" for name in unknown])
    if not all(isinstance(sentence, str) and sentence for sentence in errors.values()):
        raise invalid("invalid_errors", ["each error must be a sentence"])
    return dict(errors)


def replace_content(world: World, view: View, content: dict[str, Any]) -> None:
    """Give an open view new content."""
    view.content = content
    view.hash = new_hash(world.now())
    view.errors = {}
    settle(view)
    world.changed()


def open_view(world: World, user_id: str, content: dict[str, Any]) -> View:
    """Show a view instead of whatever modal the person had open."""
    view = world.new_view(user_id, content)
    settle(view)
    world.stacks[user_id] = [view]
    world.changed()
    return view


def push_view(world: World, user_id: str, content: dict[str, Any]) -> View:
    """Show a view on top of the person's modals."""
    stack = world.stack(user_id)
    if len(stack) >= STACK_MOST:
        raise SlackError("push_limit_reached")
    view = world.new_view(user_id, content, previous=stack[-1] if stack else None)
    settle(view)
    stack.append(view)
    world.changed()
    return view
