"""What people can enter into Block Kit's elements, in the form of Slack's `state.values` and actions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.sandbox.slack.workspace.errors import CannotDo
from bot.sandbox.slack.workspace.model import View

type_of_initial = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
TYPED = ("plain_text_input", "number_input", "url_text_input", "email_text_input")
CHOSEN_FROM_OPTIONS = ("static_select", "radio_buttons", "overflow", "multi_static_select", "checkboxes")
CHOSEN_FROM_APP = ("external_select", "multi_external_select")


class Spot(NamedTuple):
    """Where an element stands: its block's id and its own."""

    block_id: str
    action_id: str


@dataclass(frozen=True)
class Placed:
    """An interactive element and the block that holds it."""

    block: dict[str, Any]
    element: dict[str, Any]

    @property
    def block_id(self) -> str:
        """Name the block."""
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        """Name the element."""
        return str(self.element.get("action_id", ""))

    @property
    def spot(self) -> Spot:
        """Give both ids."""
        return Spot(self.block_id, self.action_id)

    @property
    def kind(self) -> str:
        """Give the element's type."""
        return str(self.element["type"])

    @property
    def is_input(self) -> bool:
        """Tell whether it stands in an input block."""
        return bool(self.block["type"] == "input")

    @property
    def sends_action(self) -> bool:
        """Tell whether using it sends block_actions at once."""
        return not self.is_input or bool(self.block.get("dispatch_action"))

    @property
    def label(self) -> str:
        """Give the words that a person finds it by."""
        words = self.block.get("label") or self.element.get("text") or self.block.get("text")
        return str((words or self.element.get("placeholder") or {}).get("text", ""))


def elements_of(blocks: list[dict[str, Any]]) -> Iterator[Placed]:
    """Walk over the interactive elements of blocks."""
    for block in blocks:
        if block["type"] == "input":
            yield Placed(block, block["element"])
        elif block["type"] == "actions":
            for element in block["elements"]:
                yield Placed(block, element)
        elif block["type"] == "section" and block.get("accessory", {}).get("type", "image") != "image":
            yield Placed(block, block["accessory"])


def find_element(blocks: list[dict[str, Any]], spot: Spot) -> Placed:
    """Find one element, or say that it is not there."""
    for placed in elements_of(blocks):
        if placed.spot == spot:
            return placed
    raise CannotDo("There is no such field or button here any more.")


def text_of(option: dict[str, Any]) -> str:
    """Give an option's words."""
    return str(option.get("text", {}).get("text", ""))


def options_of(element: dict[str, Any]) -> list[dict[str, Any]]:
    """List an element's own options, through its groups."""
    groups = element.get("option_groups") or []
    return list(element.get("options") or []) + [option for group in groups for option in group["options"]]


def initial_state(element: dict[str, Any]) -> dict[str, Any] | None:
    """Give the state of an untouched element; None when it has no state (a button)."""
    kind = element["type"]
    if kind not in type_of_initial:
        return None
    key, initial_key = type_of_initial[kind]
    state: dict[str, Any] = {"type": kind, key: element.get(initial_key)}
    if state[key] is None and key.endswith("s"):
        state[key] = []
    if kind == "timepicker" and "timezone" in element:
        state["timezone"] = element["timezone"]
    return state


def is_empty(state: dict[str, Any]) -> bool:
    """Tell whether nothing is entered."""
    return state[type_of_initial[state["type"]][0]] in (None, "", [])


def state_with(placed: Placed, value: Any, offered: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the element's state with `value` entered, if Slack's client would let it be entered."""
    kind = placed.kind
    state = initial_state(placed.element)
    if state is None:
        raise CannotDo("Nothing can be entered here.")
    key = type_of_initial[kind][0]
    if kind in TYPED:
        state[key] = None if value in (None, "") else str(value)
    elif kind in CHOSEN_FROM_OPTIONS or kind in CHOSEN_FROM_APP:
        known = offered if kind in CHOSEN_FROM_APP else options_of(placed.element)
        known = [*known, *initial_options(placed.element)]
        if key == "selected_options":
            state[key] = [_known_option(known, option) for option in value or []]
        else:
            state[key] = None if value is None else _known_option(known, value)
    else:
        state[key] = ([] if key.endswith("s") else None) if value in (None, "", []) else value
    return state


def initial_options(element: dict[str, Any]) -> list[dict[str, Any]]:
    """List the options that an element starts with."""
    single = element.get("initial_option")
    return ([single] if single else []) + list(element.get("initial_options") or [])


def _known_option(known: list[dict[str, Any]], wanted: Any) -> dict[str, Any]:
    value = wanted.get("value") if isinstance(wanted, dict) else wanted
    for option in known:
        if option.get("value") == value:
            return option
    raise CannotDo("That choice is not among those that were offered.")


def settle(view: View) -> None:
    """Fit a view's entries to its blocks after it was opened or updated.

    An input whose block_id and action_id stayed the same keeps what it holds, whatever initial value the
    new content names; a new one starts with its initial value; one that went is forgotten.
    """
    is_update = bool(view.values)
    settled: dict[str, dict[str, dict[str, Any]]] = {}
    for placed in elements_of(view.content["blocks"]):
        state = initial_state(placed.element)
        if state is None:
            continue
        before = view.values.get(placed.block_id, {}).get(placed.action_id)
        if before is not None and before["type"] == placed.kind:
            state = before
        elif is_update:
            view.untouched.add(placed.spot)
        settled.setdefault(placed.block_id, {})[placed.action_id] = state
    view.values = settled


def take_state(view: View, page_state: Any) -> None:
    """Take over what the person's page holds, for the fields that the view still has."""
    if not isinstance(page_state, dict):
        return
    for placed in elements_of(view.content["blocks"]):
        sent = page_state.get(placed.block_id, {}).get(placed.action_id)
        if not isinstance(sent, dict) or placed.kind not in type_of_initial:
            continue
        key = type_of_initial[placed.kind][0]
        if key not in sent:
            continue
        present = view.values.get(placed.block_id, {}).get(placed.action_id, {})
        offered = [*view.offered.get(f"{placed.block_id} {placed.action_id}", []), *_options_in(present)]
        state = state_with(placed, sent[key], offered)
        if state != present:
            view.untouched.discard(placed.spot)
        view.values.setdefault(placed.block_id, {})[placed.action_id] = state


def _options_in(state: dict[str, Any]) -> list[dict[str, Any]]:
    single = state.get("selected_option")
    return ([single] if single else []) + list(state.get("selected_options") or [])


def action_of(placed: Placed, value: Any, state: dict[str, Any] | None, action_ts: str) -> dict[str, Any]:
    """Give the entry of `actions` in a block_actions payload."""
    action: dict[str, Any] = {"type": placed.kind, "block_id": placed.block_id, "action_id": placed.action_id}
    for key in ("text", "value", "style", "url", "placeholder", "initial_option"):
        if key in placed.element:
            action[key] = placed.element[key]
    if placed.kind == "overflow":
        action["selected_option"] = _known_option(options_of(placed.element), value)
    elif state is not None:
        action.update(state)
    action["action_ts"] = action_ts
    return action
