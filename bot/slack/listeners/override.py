"""The form behind Override: a reason, then the override; whoever may not, or was too late, reads it in its place."""

from collections.abc import Callable

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.errors import DomainError
from bot.domain.events import Event
from bot.domain.label import format_label
from bot.service.override import override
from bot.slack.block_kit.sentences import sentence_block
from bot.slack.context import SlackContext
from bot.slack.listeners.permission import require_member
from bot.slack.messages.override import CALLBACK, REASON
from bot.slack.messages.sending import sentence_view
from bot.slack.payloads import ViewSubmission


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the form's submission."""

    @app.view(CALLBACK)
    async def submitted(parsed: ViewSubmission, ack: AsyncAck) -> None:
        slack, view = provide(), parsed.view
        reason = (view.state.values[REASON][REASON].get("value") or "").strip()
        if not reason:
            await ack(response_action="errors", errors={REASON: "Say why: everyone is told."})
            return
        change_id, revision = view.change_id_and_revision
        try:
            await require_member(slack, parsed.actor, event=Event.PRESS_REFUSED)
            await override(
                slack.context,
                parsed.actor,
                change_id,
                reason,
                look_up=slack.look_up,
                revision=revision,
            )
        except DomainError as error:
            # An error at a field is plain text, where a mention of who may would show as an id.
            refused = sentence_view([sentence_block(str(error))], f"Override {format_label(change_id)}"[:24])
            await ack(response_action="update", view=refused)
            return
        await ack()
