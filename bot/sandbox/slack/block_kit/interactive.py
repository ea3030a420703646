"""Checks of Block Kit's interactive elements: keys, limits and where each may stand."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack.block_kit import objects
from bot.sandbox.slack.block_kit.objects import ANY_TEXT, ID_MOST, PLAIN, Problems

SELECT_OPTIONS_MOST = 100
_PLACEHOLDER_MOST, _BUTTON_TEXT_MOST, _BUTTON_VALUE_MOST = 150, 75, 2000
_OVERFLOW_MOST, _FEW_OPTIONS_MOST, _INPUT_TEXT_MOST = 5, 10, 3000
_ENTITIES = ("users", "conversations", "channels")
_EVERYWHERE = ("section", "actions", "input")


@dataclass(frozen=True)
class Kind:
    """What an element may hold and where it may stand."""

    parents: tuple[str, ...]
    optional: tuple[str, ...]
    required: tuple[str, ...] = ("action_id",)
    check: Callable[[Problems, str, dict[str, Any]], None] | None = None
    modal_only: bool = False


def _button(problems: Problems, at: str, element: dict[str, Any]) -> None:
    objects.text(problems, f"{at}/text", element["text"], kinds=PLAIN, most=_BUTTON_TEXT_MOST)
    objects.string(problems, f"{at}/value", element.get("value"), _BUTTON_VALUE_MOST)
    objects.string(problems, f"{at}/accessibility_label", element.get("accessibility_label"), _BUTTON_TEXT_MOST)
    objects.one_of(problems, f"{at}/style", element.get("style"), ("primary", "danger"))
    objects.url(problems, f"{at}/url", element.get("url"))


def _initial(problems: Problems, at: str, element: dict[str, Any], known: list[Any]) -> None:
    single, several = element.get("initial_option"), element.get("initial_options")
    if single is not None and single not in known:
        problems.add(f"{at}/initial_option", "must match one of the options exactly")
    if several is not None and (not several or any(item not in known for item in several)):
        problems.add(f"{at}/initial_options", "must match the options exactly")


def _static(problems: Problems, at: str, element: dict[str, Any]) -> None:
    own, groups = element.get("options"), element.get("option_groups")
    if (own is None) == (groups is None):
        problems.add(at, "must have exactly one of options and option_groups")
    elif own is not None:
        objects.options(problems, f"{at}/options", own, most=SELECT_OPTIONS_MOST)
        _initial(problems, at, element, own if isinstance(own, list) else [])
    else:
        objects.option_groups(problems, f"{at}/option_groups", groups, most=SELECT_OPTIONS_MOST)
        _initial(problems, at, element, _grouped(groups))


def _grouped(groups: Any) -> list[Any]:
    if not isinstance(groups, list):
        return []
    return [item for group in groups if isinstance(group, dict) for item in group.get("options") or []]


def _external(problems: Problems, at: str, element: dict[str, Any]) -> None:
    if element.get("initial_option") is not None:
        objects.option(problems, f"{at}/initial_option", element["initial_option"])
    for index, item in enumerate(element.get("initial_options") or []):
        objects.option(problems, f"{at}/initial_options/{index}", item)
    least = element.get("min_query_length")
    if least is not None and (not isinstance(least, int) or least < 0):
        problems.add(f"{at}/min_query_length", "must be a whole number")


def _few_options(problems: Problems, at: str, element: dict[str, Any]) -> None:
    objects.options(problems, f"{at}/options", element["options"], most=_FEW_OPTIONS_MOST, kinds=ANY_TEXT)
    _initial(problems, at, element, element["options"] if isinstance(element["options"], list) else [])


def _overflow(problems: Problems, at: str, element: dict[str, Any]) -> None:
    objects.options(problems, f"{at}/options", element["options"], most=_OVERFLOW_MOST, in_overflow=True)


def _plain_text_input(problems: Problems, at: str, element: dict[str, Any]) -> None:
    least, most = element.get("min_length"), element.get("max_length")
    for key, value in (("min_length", least), ("max_length", most)):
        if value is not None and not (isinstance(value, int) and 0 <= value <= _INPUT_TEXT_MOST):
            problems.add(f"{at}/{key}", f"must be between 0 and {_INPUT_TEXT_MOST}")
            return
    if least is not None and most is not None and least > most:
        problems.add(f"{at}/min_length", "must not be greater than max_length")
    limit = _INPUT_TEXT_MOST if most is None else most
    objects.string(problems, f"{at}/initial_value", element.get("initial_value"), limit)
    objects.boolean(problems, f"{at}/multiline", element.get("multiline"))


def _number_input(problems: Problems, at: str, element: dict[str, Any]) -> None:
    objects.boolean(problems, f"{at}/is_decimal_allowed", element["is_decimal_allowed"])
    form = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] is True else r"-?\d+"
    for key in ("initial_value", "min_value", "max_value"):
        value = element.get(key)
        if value is not None and not (isinstance(value, str) and re.fullmatch(form, value)):
            problems.add(f"{at}/{key}", "must be a number in a string")


def _typed(problems: Problems, at: str, element: dict[str, Any]) -> None:
    objects.string(problems, f"{at}/initial_value", element.get("initial_value"), _INPUT_TEXT_MOST)


def _moment(form: str, key: str) -> Callable[[Problems, str, dict[str, Any]], None]:
    def check(problems: Problems, at: str, element: dict[str, Any]) -> None:
        value = element.get(key)
        if value is not None and not re.fullmatch(form, str(value)):
            problems.add(f"{at}/{key}", "invalid date or time")

    return check


def _unix_time(problems: Problems, at: str, element: dict[str, Any]) -> None:
    value = element.get("initial_date_time")
    if value is not None and (not isinstance(value, int) or not re.fullmatch(r"\d{10}", str(value))):
        problems.add(f"{at}/initial_date_time", "must be a Unix timestamp of 10 digits")


_MENU = ("placeholder", "confirm", "focus_on_load")
_TYPED = ("placeholder", "focus_on_load", "initial_value", "dispatch_action_config")
KINDS: dict[str, Kind] = {
    "button": Kind(
        ("section", "actions"),
        ("action_id", "url", "value", "style", "confirm", "accessibility_label"),
        ("text",),
        _button,
    ),
    "overflow": Kind(("section", "actions"), ("confirm",), ("action_id", "options"), _overflow),
    "static_select": Kind(_EVERYWHERE, (*_MENU, "options", "option_groups", "initial_option"), check=_static),
    "multi_static_select": Kind(
        ("section", "input"),
        (*_MENU, "options", "option_groups", "initial_options", "max_selected_items"),
        check=_static,
    ),
    "external_select": Kind(_EVERYWHERE, (*_MENU, "initial_option", "min_query_length"), check=_external),
    "multi_external_select": Kind(
        ("section", "input"),
        (*_MENU, "initial_options", "min_query_length", "max_selected_items"),
        check=_external,
    ),
    "radio_buttons": Kind(
        _EVERYWHERE,
        ("initial_option", "confirm", "focus_on_load"),
        ("action_id", "options"),
        _few_options,
    ),
    "checkboxes": Kind(
        _EVERYWHERE,
        ("initial_options", "confirm", "focus_on_load"),
        ("action_id", "options"),
        _few_options,
    ),
    "datepicker": Kind(_EVERYWHERE, (*_MENU, "initial_date"), check=_moment(r"\d{4}-\d\d-\d\d", "initial_date")),
    "timepicker": Kind(_EVERYWHERE, (*_MENU, "initial_time", "timezone"), check=_moment(r"\d\d:\d\d", "initial_time")),
    "datetimepicker": Kind(
        ("actions", "input"),
        ("initial_date_time", "confirm", "focus_on_load"),
        check=_unix_time,
    ),
    "plain_text_input": Kind(("input",), (*_TYPED, "multiline", "min_length", "max_length"), check=_plain_text_input),
    "number_input": Kind(
        ("input",),
        (*_TYPED, "min_value", "max_value"),
        ("action_id", "is_decimal_allowed"),
        _number_input,
        modal_only=True,
    ),
    "url_text_input": Kind(("input",), _TYPED, check=_typed, modal_only=True),
    "email_text_input": Kind(("input",), _TYPED, check=_typed, modal_only=True),
    **{
        f"{entity}_select": Kind(
            _EVERYWHERE,
            (*_MENU, f"initial_{entity[:-1]}", "response_url_enabled", "default_to_current_conversation", "filter"),
        )
        for entity in _ENTITIES
    },
    **{
        f"multi_{entity}_select": Kind(
            ("section", "input"),
            (*_MENU, f"initial_{entity}", "max_selected_items", "default_to_current_conversation", "filter"),
        )
        for entity in _ENTITIES
    },
}


def check_element(problems: Problems, at: str, element: Any, *, parent: str, in_modal: bool) -> None:
    """Check one interactive element standing in a block of type `parent`."""
    kind = KINDS.get(str(element.get("type"))) if isinstance(element, dict) else None
    if kind is None or parent not in kind.parents or (kind.modal_only and not in_modal):
        found = element.get("type") if isinstance(element, dict) else element
        problems.add(f"{at}/type", f"unsupported type: {found}")
        return
    required = kind.required
    # Slack makes up an action_id for a button without one; no app could tell what was pressed, so only
    # a link may lack it here.
    if element["type"] == "button" and "url" not in element:
        required = (*required, "action_id")
    if not objects.keys(problems, at, element, required, kind.optional):
        return
    objects.string(problems, f"{at}/action_id", element.get("action_id"), ID_MOST, least=1)
    if element.get("placeholder") is not None:
        objects.text(problems, f"{at}/placeholder", element["placeholder"], kinds=PLAIN, most=_PLACEHOLDER_MOST)
    objects.confirm(problems, f"{at}/confirm", element.get("confirm"))
    objects.boolean(problems, f"{at}/focus_on_load", element.get("focus_on_load"))
    if kind.check is not None:
        kind.check(problems, at, element)
