"""The form behind Deny: a reason, then the denial; whoever was too late reads it at the field."""

from collections.abc import Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.change import ChangeRequest
from bot.domain.errors import DomainError
from bot.domain.label import parse_label
from bot.service.context import Actor
from bot.service.review import deny
from bot.slack.block_kit.elements import Block, plain, rich_line, rich_text, text_run
from bot.slack.block_kit.limits import short_number
from bot.slack.block_kit.sentences import sentence_block
from bot.slack.context import SlackContext
from bot.slack.listeners.permission import require_member

CALLBACK = "deny"
REASON = "reason"
REASON_LIMIT = 3000


def deny_view(change: ChangeRequest) -> Block:
    """Build the form."""
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": change.label,
        "title": plain(f"Deny {change.label}"[:24]),
        "submit": plain("Deny"),
        "close": plain("Back"),
        "blocks": [
            rich_text(rich_line(text_run(f"{change.label} would change {short_number(change.key.number)}."))),
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
    async def submitted(body: dict[str, Any], view: dict[str, Any], ack: AsyncAck) -> None:
        slack = provide()
        user = body["user"]
        actor = Actor(user.get("team_id") or body["team"]["id"], user["id"], "slack:modal")
        reason = (view["state"]["values"][REASON][REASON].get("value") or "").strip()
        if not reason:
            await ack(response_action="errors", errors={REASON: "Say why, so that the requester can learn from it."})
            return
        try:
            await require_member(slack, actor, event="press.refused")
            await deny(slack.context, actor, parse_label(view["private_metadata"]), reason)
        except DomainError as error:
            # An error at a field is plain text, where a mention of who was first would show as an id.
            await ack(response_action="update", view=_refused_view(view, error))
            return
        await ack()


def _refused_view(view: dict[str, Any], error: DomainError) -> Block:
    return {
        "type": "modal",
        "title": plain(view["title"]["text"]),
        "close": plain("Close"),
        "blocks": [sentence_block(str(error))],
    }
