"""The form behind Deny: a reason, then the denial; whoever was too late reads it at the field."""

from collections.abc import Callable

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.bundle import Bundle
from bot.domain.errors import DomainError
from bot.domain.events import Event
from bot.domain.label import format_label
from bot.service.review import deny
from bot.slack.block_kit.elements import Block, plain, rich_line, rich_text, text_run
from bot.slack.block_kit.sentences import sentence_block
from bot.slack.context import SlackContext
from bot.slack.listeners import home
from bot.slack.listeners.permission import require_member
from bot.slack.messages.bundle_lines import line_list, lines_of
from bot.slack.messages.change_blocks import change_blocks
from bot.slack.messages.glance import named_number
from bot.slack.payload_parts import View
from bot.slack.payloads import ViewSubmission

CALLBACK = "deny"
REASON = "reason"
REASON_LIMIT = 3000


def deny_view(bundle: Bundle) -> Block:
    """Build the form for a change, or for all that were asked together."""
    change, is_one = bundle.lead, len(bundle.members) == 1
    head = f"{change.label} · {named_number(change)}" if is_one else f"{bundle.label} · {len(bundle.members)} numbers"
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": change.label,
        "title": _title(change.label),
        "submit": plain("Deny"),
        "close": plain("Back"),
        "blocks": [
            rich_text(rich_line(text_run(head, bold=True))),
            *(change_blocks(change) if is_one else [rich_text(line_list(lines_of(bundle.members)))]),
            {
                "type": "input",
                "block_id": REASON,
                "label": plain("Reason"),
                "hint": plain("The requester and everyone in the channel can read it."),
                "element": {
                    "type": "plain_text_input",
                    "action_id": REASON,
                    "multiline": True,
                    "max_length": REASON_LIMIT,
                },
            },
        ],
    }


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the form's submission."""

    @app.view(CALLBACK)
    async def submitted(parsed: ViewSubmission, ack: AsyncAck) -> None:
        slack, view = provide(), parsed.view
        reason = (view.state.values[REASON][REASON].get("value") or "").strip()
        if not reason:
            await ack(response_action="errors", errors={REASON: "Say why, so that the requester can learn from it."})
            return
        try:
            await require_member(slack, parsed.actor, event=Event.PRESS_REFUSED)
            await deny(slack.context, parsed.actor, view.change_id, reason, look_up=slack.look_up)
        except DomainError as error:
            if view.is_of_home:
                await home.publish(slack, parsed.actor)
            # An error at a field is plain text, where a mention of who was first would show as an id.
            await ack(response_action="update", view=_refused_view(view, error))
            return
        if view.is_of_home:
            await home.publish(slack, parsed.actor)
        await ack()


def _title(label: str) -> Block:
    return plain(f"Deny {label}"[:24])


def _refused_view(view: View, error: DomainError) -> Block:
    return {
        "type": "modal",
        "title": _title(format_label(view.change_id)),
        "close": plain("Close"),
        "blocks": [sentence_block(str(error))],
    }
