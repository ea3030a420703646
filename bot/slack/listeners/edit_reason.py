"""The form behind Edit of several numbers that each ask for something of their own: the reason alone can be edited."""

from collections.abc import Callable

from slack_bolt.async_app import AsyncApp

from bot.domain.bundle import Bundle
from bot.domain.label import format_label
from bot.service.bundles.editing import edit_reason
from bot.service.bundles.reading import show_bundle
from bot.service.submission import Submission
from bot.slack.block_kit.elements import Block, rich_line, rich_text, text_run
from bot.slack.context import SlackContext
from bot.slack.listeners.permission import require_may_ask
from bot.slack.listeners.reasons import register_form
from bot.slack.messages.bundle_lines import line_list, lines_of, numbers
from bot.slack.messages.reason_form import reason_view
from bot.slack.payload_parts import View
from bot.slack.payloads import ViewSubmission

CALLBACK = "edit_reason"
WHY = (
    "Each number asks for something of its own, so the reason is all that can be edited for all. "
    "What was decided counts no longer then. To ask for something else, press Cancel and ask anew."
)


def edit_reason_view(bundle: Bundle) -> Block:
    """Build the form for the undecided changes of a bundle."""
    head = f"{bundle.label} · {numbers(len(bundle.members))}"
    return reason_view(
        CALLBACK,
        [
            rich_text(rich_line(text_run(head, bold=True)), line_list(lines_of(bundle.members))),
            rich_text(rich_line(text_run(WHY)), block_id="why"),
        ],
        metadata=f"{bundle.lead.label}/{bundle.lead.revision}",
        title=f"Edit {bundle.lead.label}",
        submit="Ask for approval",
        close="Close",
        initial=bundle.lead.reason,
    )


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the form's submission."""
    missing = "Say why, so that the approver can decide."
    register_form(app, provide, CALLBACK, _edit, missing=missing, title=_title)


async def _edit(slack: SlackContext, parsed: ViewSubmission, reason: str) -> None:
    change_id, revision = parsed.view.change_id_and_revision
    bundle = (await show_bundle(slack.context, parsed.actor.team_id, change_id)).of
    await require_may_ask(slack, parsed.actor, bundle.lead.channel_id)
    submission = Submission(
        actor=parsed.actor,
        channel_id=bundle.lead.channel_id,
        number=bundle.lead.key.number,
        patch=bundle.lead.patch,
        reason=reason,
        submission_key=f"edit/{parsed.view.id}",
    )
    await edit_reason(slack.context, submission, change_id, revision, look_up=slack.look_up)


def _title(view: View) -> str:
    return f"Edit {format_label(view.change_id_and_revision[0])}"
