"""The form behind Override: a reason, then the override."""

from collections.abc import Callable

from slack_bolt.async_app import AsyncApp

from bot.domain.events import Event
from bot.domain.label import format_label
from bot.service.override import override
from bot.slack.context import SlackContext
from bot.slack.listeners.permission import require_member
from bot.slack.listeners.reasons import register_form
from bot.slack.messages.override import CALLBACK
from bot.slack.payload_parts import View
from bot.slack.payloads import ViewSubmission


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the form's submission."""
    register_form(app, provide, CALLBACK, _override, missing="Say why: everyone is told.", title=_title)


async def _override(slack: SlackContext, parsed: ViewSubmission, reason: str) -> None:
    change_id, revision = parsed.view.change_id_and_revision
    await require_member(slack, parsed.actor, event=Event.PRESS_REFUSED)
    await override(slack.context, parsed.actor, change_id, reason, look_up=slack.look_up, revision=revision)


def _title(view: View) -> str:
    return f"Override {format_label(view.change_id_and_revision[0])}"
