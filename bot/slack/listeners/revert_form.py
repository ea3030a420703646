"""The form that puts several numbers back: each to what it was before, so that there is nothing to choose but why."""

from collections.abc import Callable, Mapping

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.bundle import Bundle
from bot.domain.difference import describe
from bot.domain.errors import DomainError
from bot.domain.events import Event
from bot.domain.label import format_label
from bot.domain.since import PutBackSince
from bot.domain.state import State
from bot.service.bundles.asking import Wish, submit_each
from bot.service.bundles.reading import revertible_bundle
from bot.service.refusals import refusals
from bot.service.submission import Submission
from bot.slack.block_kit.elements import Block, rich_line, rich_list, rich_text, text_run
from bot.slack.block_kit.limits import few, short_names, short_number
from bot.slack.block_kit.sentences import sentence_plain
from bot.slack.context import SlackContext
from bot.slack.listeners.permission import require_may_ask
from bot.slack.listeners.reasons import reason_of
from bot.slack.messages.bundle_lines import numbers
from bot.slack.messages.bundle_put_backs import planned_label
from bot.slack.messages.reason_form import REASON, reason_view
from bot.slack.messages.wording import in_line
from bot.slack.payloads import ViewSubmission

CALLBACK = "revert_several"
LINE_LIMIT = 800


def revert_view(bundle: Bundle, put_backs: Mapping[int, PutBackSince] | None = None) -> Block:
    """Build the form for the changes that can be reverted; `put_backs` are planned for them anyway."""
    lead = bundle.lead
    head = f"Filled with what was there before {bundle.label}."
    lines = [_line(bundle, at) for at in range(len(bundle.members))]
    return reason_view(
        CALLBACK,
        [
            rich_text(rich_line(text_run(head)), block_id="head"),
            rich_text(rich_list(lines), block_id="numbers"),
            *_planned(bundle, put_backs or {}),
        ],
        metadata=format_label(lead.lead_id),
        title="Route numbers back",
        submit="Ask for approval",
        close="Close",
    )


def _planned(bundle: Bundle, put_backs: Mapping[int, PutBackSince]) -> list[Block]:
    """Say what is put back anyway, and how that is had now without another approval."""
    found = [each for member in bundle.members if (each := put_backs.get(member.id)) is not None]
    planned = [each for each in found if each.state is State.APPROVED]
    if not planned:
        return []
    said = in_line(
        f"{planned_label(planned)} will put {numbers(len(planned))} back anyway, from ",
        min(each.sent_from for each in planned),
        ". Put back now, in the thread, does it at once and needs no new approval.",
    )
    return [rich_text(said, block_id="planned")]


def _line(bundle: Bundle, at: int) -> list[Block]:
    change = bundle.members[at]
    described = describe(change.before, short_names(change.agent_names), change.patch.fields)
    words = "; ".join(" + ".join(few(lines)) for lines in described.values())
    return [text_run(short_number(change.key.number), bold=True), text_run(f": {words}"[:LINE_LIMIT])]


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the form's submission."""

    @app.view(CALLBACK)
    async def submitted(parsed: ViewSubmission, ack: AsyncAck) -> None:
        try:
            await _submit(provide(), parsed)
        except DomainError as error:
            await ack(response_action="errors", errors={REASON: sentence_plain(str(error))})
            return
        await ack()


async def _submit(slack: SlackContext, parsed: ViewSubmission) -> None:
    view, actor = parsed.view, parsed.actor
    async with refusals(slack.context, actor, Event.REVERT_REFUSED, view.change_id):
        bundle = await revertible_bundle(slack.context, actor.team_id, view.change_id)
    lead = bundle.lead
    await require_may_ask(slack, actor, lead.channel_id)
    wishes = [Wish(each.key.number, each.before.patch_to(each.patch.fields)) for each in bundle.members]
    submission = Submission(
        actor=actor,
        channel_id=slack.channel_for(lead.channel_id),
        number=wishes[0].number,
        patch=wishes[0].patch,
        reason=reason_of(view),
        # A view is sent once, and a repetition of that names the same one.
        submission_key=f"revert/{view.id}",
        parent_id=lead.lead_id,
    )
    await submit_each(slack.context, submission, wishes, look_up=slack.look_up)
