"""What the forms that ask why have in common: a reason is needed, and a refusal is read in the form's place."""

from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.errors import DomainError
from bot.slack.block_kit.sentences import sentence_block
from bot.slack.context import SlackContext
from bot.slack.messages.reason_form import REASON, sentence_view
from bot.slack.payload_parts import View
from bot.slack.payloads import ViewSubmission

# What is done with the reason; a DomainError is shown.
Act = Callable[[SlackContext, ViewSubmission, str], Awaitable[None]]


def reason_of(view: View) -> str:
    """Return what was entered, without the space around it; empty when nothing was."""
    return (view.state.values[REASON][REASON].get("value") or "").strip()


def register_form(
    app: AsyncApp,
    provide: Callable[[], SlackContext],
    callback: str,
    act: Act,
    *,
    missing: str,
    title: Callable[[View], str],
) -> None:
    """Register a form; `missing` asks for the reason, `title` is that of the window that shows a refusal."""

    @app.view(callback)
    async def submitted(parsed: ViewSubmission, ack: AsyncAck) -> None:
        reason = reason_of(parsed.view)
        if not reason:
            await ack(response_action="errors", errors={REASON: missing})
            return
        try:
            await act(provide(), parsed, reason)
        except DomainError as error:
            # An error at a field is plain text, where a mention of who was first would show as an id.
            refused = sentence_view([sentence_block(str(error))], title(parsed.view))
            await ack(response_action="update", view=refused)
            return
        await ack()
