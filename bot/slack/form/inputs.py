"""The inputs of the form as Block Kit: a select of few choices, a type-ahead, a text, a number."""

from collections.abc import Mapping
from enum import StrEnum

from bot.slack.block_kit.elements import Block, plain
from bot.slack.form.option_values import Option

ENTRY = "form.entry"


def labelled(
    block_id: str,
    label: str,
    element: Block,
    *,
    dispatches: bool = False,
    is_optional: bool = False,
    hint: str | None = None,
) -> Block:
    """Put an element under its label; `dispatches` says that the form is told at once what was entered."""
    made: Block = {"type": "input", "block_id": block_id, "label": plain(label), "element": element}
    if dispatches:
        made["dispatch_action"] = True
    if is_optional:
        made["optional"] = True
    if hint is not None:
        made["hint"] = plain(hint)
    return made


def choice(action_id: str, labels: Mapping[StrEnum, str], chosen: StrEnum) -> Block:
    """Make a select of one line: the four of them fit a screen, which radio buttons would not."""
    options = {each: {"text": plain(text), "value": str(each)} for each, text in labels.items()}
    return {
        "type": "static_select",
        "action_id": action_id,
        "options": list(options.values()),
        "initial_option": options[chosen],
    }


def type_ahead(action_id: str, chosen: Option | None, placeholder: str) -> Block:
    """Make a select whose options the bot offers for what is typed."""
    element: Block = {
        "type": "external_select",
        "action_id": action_id,
        "min_query_length": 0,
        "placeholder": plain(placeholder),
    }
    if chosen is not None:
        element["initial_option"] = chosen.to_json()
    return element


def text(
    kind: str, entered: str, *, action_id: str = ENTRY, multiline: bool = False, limit: int | None = None
) -> Block:
    """Make an input for text, of one of Block Kit's kinds."""
    element: Block = {"type": kind, "action_id": action_id}
    if multiline:
        element["multiline"] = True
    if limit is not None:
        element["max_length"] = limit
    if entered:
        element["initial_value"] = entered
    return element


def telling_each_letter(element: Block) -> Block:
    """Have the form told of each letter, for what it says about the entry; needs `dispatches` as well."""
    return {**element, "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}}


def focused(element: Block, *, is_focused: bool) -> Block:
    """Give an element the focus where Slack allows it: one of a view can have it."""
    return {**element, "focus_on_load": True} if is_focused else element
