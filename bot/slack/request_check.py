"""Whether a signed request can be one of Slack's at all: this keeps out mistakes, the signature has kept out people."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from bot.domain.errors import UnknownChange
from bot.domain.label import parse_label
from bot.slack.form import view as form_view
from bot.slack.listeners import command
from bot.slack.listeners import deny as deny_form
from bot.slack.listeners.form import CHOICES, TYPE_AHEADS
from bot.slack.messages import card, thread
from bot.slack.payloads import Action, Command, Interaction, Suggestion, View
from bot.slack.press import label_of

# What stands in messages, about the change that it names.
_PRESSES = frozenset(
    {
        card.APPROVE,
        card.DENY,
        card.CANCEL,
        card.DETAILS,
        thread.REVERT,
        thread.ASK_AGAIN,
        thread.TRY_AGAIN,
        thread.RESOLVE,
        thread.MOVE,
    }
)


def makes_sense(body: Mapping[str, Any]) -> bool:
    """Say whether its kind is known, and whether what the bot reads of it is there, of the right type.

    A button, a view or an event that the bot does not know makes sense: it may be of an older release.
    """
    try:
        return _is_command(body) if "command" in body else _is_known(body)
    except (ValidationError, UnknownChange):
        return False


def _is_command(body: Mapping[str, Any]) -> bool:
    typed = Command.model_validate(body)
    needed = (typed.team_id, typed.user_id, typed.channel_id, typed.trigger_id)
    return typed.command == command.NAME and all(needed)


def _is_known(body: Mapping[str, Any]) -> bool:
    match body.get("type"):
        case "block_actions":
            acted = Interaction.model_validate(body)
            return bool(acted.actions) and _is_by_somebody(acted) and all(_is_use(a, acted.view) for a in acted.actions)
        case "view_submission":
            sent = Interaction.model_validate(body)
            return sent.view is not None and _is_by_somebody(sent) and _is_submission(sent.view)
        case "block_suggestion":
            return bool(_user_id(body)) and Suggestion.model_validate(body).action_id in TYPE_AHEADS
        case "view_closed":
            return bool(_user_id(body)) and isinstance(body.get("view"), dict)
        case "shortcut" | "message_action":
            return bool(_user_id(body))
        case "event_callback":
            return _is_event(body.get("event"))
    return False


def _is_by_somebody(interaction: Interaction) -> bool:
    actor = interaction.actor("")
    return bool(actor.team_id and actor.user_id)


def _is_use(action: Action, view: View | None) -> bool:
    if action.action_id in _PRESSES:
        parse_label(label_of(action.value, action.block_id))
    if action.action_id == form_view.WITHDRAW:
        parse_label(action.value or "")
        return view is not None and _is_form(view)
    if action.action_id in CHOICES:
        is_told_which = action.action_id != form_view.REMOVE or bool(action.value)
        return is_told_which and view is not None and _is_form(view)
    return True


def _is_submission(view: View) -> bool:
    match view.callback_id:
        case form_view.CALLBACK:
            return _is_form(view)
        case deny_form.CALLBACK:
            parse_label(view.private_metadata)
            return deny_form.REASON in view.state.values.get(deny_form.REASON, {})
    return bool(view.callback_id)


def _is_form(view: View) -> bool:
    """Say whether any release can have made this form; whether this one can read it is said to the person."""
    try:
        meta = json.loads(view.private_metadata)
    except (ValueError, RecursionError):
        return False
    return isinstance(meta, dict) and all(isinstance(meta.get(name), str) for name in ("channel_id", "submission_key"))


def _is_event(event: Any) -> bool:
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        return False
    return event["type"] != "app_home_opened" or isinstance(event.get("user"), str)


def _user_id(body: Mapping[str, Any]) -> str | None:
    user = body.get("user")
    found = user.get("id") if isinstance(user, dict) else None
    return found if isinstance(found, str) else None
