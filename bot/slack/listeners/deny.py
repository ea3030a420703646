"""The form behind Deny: a reason, then the denial."""

from collections.abc import Callable

from slack_bolt.async_app import AsyncApp

from bot.domain.bundle import Bundle
from bot.domain.events import Event
from bot.domain.label import format_label
from bot.service.review import deny
from bot.slack.block_kit.elements import Block, rich_line, rich_text, text_run
from bot.slack.context import SlackContext
from bot.slack.listeners import home
from bot.slack.listeners.permission import require_member
from bot.slack.listeners.reasons import register_form
from bot.slack.messages.bundle_lines import line_list, lines_of
from bot.slack.messages.change_blocks import change_blocks
from bot.slack.messages.glance import named_number
from bot.slack.messages.reason_form import reason_view
from bot.slack.payload_parts import View
from bot.slack.payloads import ViewSubmission

CALLBACK = "deny"


def deny_view(bundle: Bundle) -> Block:
    """Build the form for a change, or for all that were asked together."""
    change, is_one = bundle.lead, len(bundle.members) == 1
    head = f"{change.label} · {named_number(change)}" if is_one else f"{bundle.label} · {len(bundle.members)} numbers"
    shown = change_blocks(change) if is_one else [rich_text(line_list(lines_of(bundle.members)))]
    return reason_view(
        CALLBACK,
        [rich_text(rich_line(text_run(head, bold=True))), *shown],
        metadata=change.label,
        title=f"Deny {change.label}",
        submit="Deny",
        hint="The requester and everyone in the channel can read it.",
    )


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the form's submission."""
    missing = "Say why, so that the requester can learn from it."
    register_form(app, provide, CALLBACK, _deny, missing=missing, title=_title)


async def _deny(slack: SlackContext, parsed: ViewSubmission, reason: str) -> None:
    view = parsed.view
    try:
        await require_member(slack, parsed.actor, event=Event.PRESS_REFUSED)
        await deny(slack.context, parsed.actor, view.change_id, reason, look_up=slack.look_up)
    finally:
        if view.is_of_home:
            await home.publish(slack, parsed.actor)


def _title(view: View) -> str:
    return f"Deny {format_label(view.change_id)}"
