"""The buttons of the card and of its thread: who presses is checked, the verb is done, a refusal goes to them alone."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.assignment import AssignmentPatch
from bot.domain.change import ChangeRequest
from bot.domain.errors import DomainError, OwnChange, UnknownChange
from bot.domain.events import Event
from bot.domain.revising import refuse_edit
from bot.domain.rules.people import Person
from bot.domain.rules.refusals import refuse_reviewer
from bot.domain.state import FollowUp, Origin, State
from bot.service import history
from bot.service.bundles.reading import show_bundle
from bot.service.follow_up import ask_follow_up
from bot.service.move_card import move_card
from bot.service.override import refuse_overrider
from bot.service.override_review import review_override
from bot.service.put_back import keep_applied, put_back_now
from bot.service.refusals import refusals
from bot.service.revert import revertible
from bot.service.review import approve, cancel, take_back
from bot.slack.api.calls import SlackRefused, call
from bot.slack.api.channels import require_postable
from bot.slack.api.error_codes import VIEW_GONE
from bot.slack.block_kit.elements import Block
from bot.slack.context import SlackContext
from bot.slack.listeners import bundle_buttons, edit_reason, home, revert_form
from bot.slack.listeners import deny as deny_form
from bot.slack.listeners import override as override_form
from bot.slack.listeners.form_opening import open_form
from bot.slack.listeners.permission import require_here, require_member
from bot.slack.listeners.replies import send_ephemeral
from bot.slack.messages import bundle_details, card, put_backs
from bot.slack.messages import thread_buttons as thread
from bot.slack.messages.details import TAKE_BACK, details_view
from bot.slack.messages.override import OVERRIDE, REVIEWED, override_view
from bot.slack.payload_parts import FROM_HOME
from bot.slack.payloads import BlockActions

# A trigger dies after 3 s, and looking the presser up may have taken half of them.
OPEN_WITHIN = timedelta(seconds=1)

Verb = Callable[[SlackContext, BlockActions], Awaitable[str | None]]


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register a listener for every button, and the form that asks why a change is denied."""
    for action_id, verb in VERBS.items():
        app.action(action_id)(_listener(provide, verb))
    deny_form.register(app, provide)
    revert_form.register(app, provide)
    edit_reason.register(app, provide)
    override_form.register(app, provide)


def _listener(provide: Callable[[], SlackContext], verb: Verb) -> Callable[..., Awaitable[None]]:
    async def listener(parsed: BlockActions, ack: AsyncAck) -> None:
        slack = provide()
        try:
            await require_member(slack, parsed.actor, event=Event.PRESS_REFUSED)
            async with refusals(slack.context, parsed.actor, Event.PRESS_REFUSED, parsed.action.change_id):
                said = await verb(slack, parsed)
        except DomainError as error:
            said = str(error)
        if said and parsed.place is not None:
            await send_ephemeral(slack, parsed.place, said)
        elif said:
            await home.tell(slack, parsed, said)
        if verb in DECISIONS and parsed.is_at_home:
            await home.publish(slack, parsed.actor, view=parsed.view)
        await ack()

    return listener


async def _approve(slack: SlackContext, press: BlockActions) -> str | None:
    await approve(slack.context, press.actor, press.action.change_id, look_up=slack.look_up)
    return None


async def _cancel(slack: SlackContext, press: BlockActions) -> str | None:
    await cancel(slack.context, press.actor, press.action.change_id)
    return None


async def _deny(slack: SlackContext, press: BlockActions) -> str | None:
    """Open the form that asks why, unless it would be refused anyway."""
    async with refusals(slack.context, press.actor, Event.REVIEW_REFUSED, press.action.change_id):
        bundle = (await show_bundle(slack.context, press.actor.team_id, press.action.change_id)).of
        change = next(iter(bundle.those(State.PENDING)), bundle.lead)
        if change.requester_id == press.actor.user_id:
            raise OwnChange(f"You asked for {change.label} yourself. Cancel withdraws it.")
        change.refuse_unless_pending()
        await _require_reviewer(slack, press, change)
    view = deny_form.deny_view(bundle)
    # The form tells its own submission that the tab behind it is to be shown anew.
    await _open(
        slack, press, {**view, "private_metadata": f"{bundle.lead.label}{FROM_HOME}"} if press.is_at_home else view
    )
    return None


async def _require_reviewer(slack: SlackContext, press: BlockActions, change: ChangeRequest) -> None:
    """Refuse whose denial would count for no rule before they write why."""
    user_id = press.actor.user_id
    if not change.policy.open_rules and not (await slack.look_up.to_decide(change.policy, [user_id]))[user_id]:
        refuse_reviewer(change.policy, Person(user_id))


async def _override(slack: SlackContext, press: BlockActions) -> str | None:
    """Open the form that asks why, unless it would be refused anyway."""
    wanted = await refuse_overrider(slack.context, press.actor, press.action.change_id, look_up=slack.look_up)
    await _open(slack, press, override_view(wanted))
    return None


async def _reviewed(slack: SlackContext, press: BlockActions) -> str | None:
    await review_override(slack.context, press.actor, press.action.change_id, look_up=slack.look_up)
    return None


async def _details(slack: SlackContext, press: BlockActions) -> str | None:
    record = await history.show(slack.context, press.actor.team_id, press.action.change_id)
    await _open(slack, press, _behind_home(details_view(record, reader_id=press.actor.user_id), press))
    return None


def _behind_home(view: Block, press: BlockActions) -> Block:
    """Let a window say that it was opened in the Home tab, so that what is done in it shows there."""
    return {**view, "private_metadata": FROM_HOME} if press.is_at_home else view


async def _take_back(slack: SlackContext, press: BlockActions) -> str | None:
    """Take back what the presser decided, and show them the record as it is then."""
    said = None
    try:
        await take_back(slack.context, press.actor, press.action.change_id, look_up=slack.look_up)
    except UnknownChange:
        raise
    except DomainError as error:
        said = str(error)
    if press.view is None:
        return said
    view = _behind_home(await bundle_buttons.details_now(slack, press, said), press)
    try:
        await call(slack.client, "views.update", timeout=OPEN_WITHIN, view_id=press.view.id, view=view)
    except SlackRefused as error:
        if error.error != VIEW_GONE:
            raise
        # It was closed meanwhile: what was done about it stands in the thread.
        return said
    return None


async def _edit(slack: SlackContext, press: BlockActions) -> str | None:
    """Open the form filled with what is asked: sending it makes a new revision of the same change."""
    async with refusals(slack.context, press.actor, Event.EDIT_REFUSED, press.action.change_id):
        change = await _stored(slack, press)
        if change.bundle_id is not None:
            await bundle_buttons.edit(slack, press)
            return None
        refuse_edit(change, press.actor.user_id, change.key.number, slack.context.now())
    await require_here(slack, press.actor, change)
    await open_form(
        slack,
        trigger_id=press.trigger_id,
        actor=press.actor,
        channel_id=change.channel_id,
        number=change.key.number,
        filled=change.asked_patch,
        reason=change.reason,
        edits=change,
    )
    return None


async def _revert(slack: SlackContext, press: BlockActions) -> str | None:
    """Open the form filled with the assignment from before the change; the revert needs its own approval."""
    change = await revertible(slack.context, press.actor, press.action.change_id)
    await _open_form(slack, press, change, change.before.patch_to(change.patch.fields), Origin.REVERT)
    return None


async def _ask_again(slack: SlackContext, press: BlockActions) -> str | None:
    """Open the form filled with the same values: a new change with its own approval."""
    change = await _stored(slack, press)
    await _open_form(slack, press, change, change.patch, Origin.TRY_AGAIN)
    return None


async def _open_form(
    slack: SlackContext, press: BlockActions, change: ChangeRequest, filled: AssignmentPatch, origin: Origin
) -> None:
    await require_here(slack, press.actor, change)
    # Why something is put back is for whoever asks for it to say.
    reason = "" if origin is Origin.REVERT else change.reason
    await open_form(
        slack,
        trigger_id=press.trigger_id,
        actor=press.actor,
        channel_id=change.channel_id,
        number=change.key.number,
        filled=filled,
        reason=reason,
        origin=origin,
        parent_id=change.id,
    )


async def _try_again(slack: SlackContext, press: BlockActions) -> str | None:
    await ask_follow_up(slack.context, press.actor, press.action.change_id, FollowUp.TRY_AGAIN, look_up=slack.look_up)
    return None


async def _resolve(slack: SlackContext, press: BlockActions) -> str | None:
    await ask_follow_up(slack.context, press.actor, press.action.change_id, FollowUp.RESOLVE, look_up=slack.look_up)
    return None


async def _put_back_now(slack: SlackContext, press: BlockActions) -> str | None:
    await put_back_now(slack.context, press.actor, press.action.change_id, look_up=slack.look_up)
    return None


async def _keep(slack: SlackContext, press: BlockActions) -> str | None:
    await keep_applied(slack.context, press.actor, press.action.change_id, look_up=slack.look_up)
    return None


async def _move(slack: SlackContext, press: BlockActions) -> str | None:
    selected = press.action.selected_conversation
    if selected is None:
        return None
    await require_postable(slack.client, slack.identity.bot_user_id, selected)
    change = await move_card(slack.context, press.actor, press.action.change_id, selected)
    return f"The card of {change.label} moves to <#{selected}>."


async def _stored(slack: SlackContext, press: BlockActions) -> ChangeRequest:
    return (await history.show(slack.context, press.actor.team_id, press.action.change_id)).change


async def _open(slack: SlackContext, press: BlockActions, view: dict[str, Any]) -> None:
    await call(slack.client, "views.open", timeout=OPEN_WITHIN, trigger_id=press.trigger_id, view=view)


# What alters the lists of the tab where it was pressed.
DECISIONS = (_approve, _deny, _cancel, _reviewed, _take_back)
# Every button that stands in messages; those of the card stand in the Home tab as well.
VERBS: dict[str, Verb] = {
    card.APPROVE: _approve,
    card.DENY: _deny,
    card.EDIT: _edit,
    card.CANCEL: _cancel,
    card.DETAILS: _details,
    OVERRIDE: _override,
    REVIEWED: _reviewed,
    TAKE_BACK: _take_back,
    thread.REVERT: _revert,
    thread.ASK_AGAIN: _ask_again,
    thread.TRY_AGAIN: _try_again,
    thread.RESOLVE: _resolve,
    thread.MOVE: _move,
    bundle_details.DETAILS: bundle_buttons.details,
    bundle_details.PAGE: bundle_buttons.turn_page,
    bundle_details.RECORD: bundle_buttons.open_record,
    thread.ALL_AGAIN: bundle_buttons.ask_again,
    thread.REVERT_ALL: bundle_buttons.revert,
    put_backs.NOW: _put_back_now,
    put_backs.KEEP: _keep,
}
