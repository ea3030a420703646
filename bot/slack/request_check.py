"""Whether a signed request can be one of Slack's at all: this keeps out mistakes, the signature has kept out people.

A button, a view or an event that the bot does not know may be of an older release, and is let in.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, TypeAdapter

from bot.slack.form import inbound_view
from bot.slack.form import view as form_view
from bot.slack.listeners import command, edit_reason, outside, revert_form
from bot.slack.listeners import deny as deny_form
from bot.slack.listeners.buttons import VERBS
from bot.slack.listeners.form import CHOICES, TYPE_AHEADS
from bot.slack.messages import override, sending
from bot.slack.messages.reason_form import REASON
from bot.slack.payload_parts import Action, View
from bot.slack.payloads import BlockActions, BlockSuggestion, Command, Payload, ViewSubmission

# The forms that ask why.
_REASON_FORMS = {
    deny_form.CALLBACK,
    edit_reason.CALLBACK,
    override.CALLBACK,
    revert_form.CALLBACK,
    sending.CALLBACK,
}


def parse(body: Mapping[str, Any]) -> Payload:
    """Read a body as what it is.

    Raises ValidationError when its kind is unknown, or when what the bot reads of it is missing or of a wrong type.
    """
    return _PAYLOADS.validate_python(body)


def _checked(payload: Payload) -> Payload:
    """Raise ValueError unless what the bot itself has named comes with what its listener needs."""
    match payload:
        case Command():
            _require(payload.command == command.NAME)
        case BlockSuggestion():
            _require(payload.action_id in TYPE_AHEADS)
        case ViewSubmission():
            _check_submission(payload.view)
        case BlockActions():
            for action in payload.actions:
                _check_action(action, payload.view)
    return payload


def _check_action(action: Action, view: View | None) -> None:
    _require(action.action_id != inbound_view.REMOVE or bool(action.value))
    if action.action_id in (*CHOICES, form_view.WITHDRAW):
        _require(view is not None and view.opened_in is not None)
    if action.action_id in (*VERBS, form_view.WITHDRAW):
        _require(bool(action.change_id))
    if action.action_id in outside.VERBS:
        _require(bool(action.numbered))


def _check_submission(view: View) -> None:
    _require(bool(view.callback_id))
    if view.callback_id == form_view.CALLBACK:
        _require(view.opened_in is not None)
    if view.callback_id in _REASON_FORMS:
        _require(REASON in view.state.values.get(REASON, {}))
    if view.callback_id in (deny_form.CALLBACK, revert_form.CALLBACK):
        _require(bool(view.change_id))
    if view.callback_id in (edit_reason.CALLBACK, override.CALLBACK):
        _require(bool(view.change_id_and_revision))


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError("not what the bot has sent")


_PAYLOADS: TypeAdapter[Payload] = TypeAdapter(Annotated[Payload, AfterValidator(_checked)])
