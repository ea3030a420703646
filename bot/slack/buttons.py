"""The buttons of the card and of its thread: who presses is checked, the verb is done, a refusal goes to them alone."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.assignment import AssignmentPatch
from bot.domain.change import ChangeRequest
from bot.domain.errors import AlreadyDecided, DomainError, OwnChange
from bot.domain.state import Errand, Origin, State
from bot.service import history
from bot.service.errand import ask_errand
from bot.service.move import move_card
from bot.service.review import approve, cancel, refuse
from bot.slack import card, thread
from bot.slack.asking import require_member
from bot.slack.calls import call
from bot.slack.channels import require_postable
from bot.slack.details import details_view
from bot.slack.form import deny as deny_form
from bot.slack.form.opening import open_form
from bot.slack.press import Press, parse_press
from bot.slack.replies import whisper
from bot.slack.surface import Slack

# A trigger dies after 3 s, and looking the presser up may have taken half of them.
OPEN_WITHIN = timedelta(seconds=1)

Verb = Callable[[Slack, Press], Awaitable[str | None]]


def register(app: AsyncApp, slack: Callable[[], Slack]) -> None:
    """Register a listener for every button, and the form that asks why a change is denied."""
    for action_id, verb in _VERBS.items():
        app.action(action_id)(_listener(slack, verb))
    deny_form.register(app, slack)


def _listener(slack: Callable[[], Slack], verb: Verb) -> Callable[..., Awaitable[None]]:
    async def listener(body: dict[str, Any], ack: AsyncAck) -> None:
        surface = slack()
        press = parse_press(body)
        try:
            await require_member(surface, press.actor, event="press.refused")
            said = await verb(surface, press)
        except DomainError as error:
            said = str(error)
        if said:
            await _answer(surface, press, said)
        await ack()

    return listener


async def _answer(surface: Slack, press: Press, sentence: str) -> None:
    await whisper(
        surface,
        channel_id=press.channel_id,
        user_id=press.actor.user_id,
        thread_ts=press.thread_ts,
        response_url=press.response_url,
        text=sentence,
    )


async def _approve(surface: Slack, press: Press) -> str | None:
    await approve(surface.context, press.actor, press.change_id)
    return None


async def _cancel(surface: Slack, press: Press) -> str | None:
    await cancel(surface.context, press.actor, press.change_id)
    return None


async def _deny(surface: Slack, press: Press) -> str | None:
    """Open the form that asks why, unless it would be refused anyway."""
    change = await _stored(surface, press)
    try:
        if change.requester_id == press.actor.user_id:
            raise OwnChange(f"You asked for {change.label} yourself. Cancel takes it back.")
        change.refuse_unless_pending()
    except DomainError as error:
        await refuse(surface.context, press.actor, "review.refused", change.id, error)
        raise
    await _open(surface, press, deny_form.deny_view(change))
    return None


async def _details(surface: Slack, press: Press) -> str | None:
    record = await history.show(surface.context, press.actor.team_id, press.change_id)
    await _open(surface, press, details_view(record))
    return None


async def _revert(surface: Slack, press: Press) -> str | None:
    """Open the form filled with the assignment from before the change; the revert needs its own approval."""
    change = await _stored(surface, press)
    if change.state is not State.APPLIED:
        raise AlreadyDecided(f"{change.label} is {change.state}; only an applied change can be reverted.")
    await _open_form(surface, press, change, change.before.patch_to(change.patch.fields), Origin.REVERT)
    return None


async def _ask_again(surface: Slack, press: Press) -> str | None:
    """Open the form filled with the same wishes: a new change with its own approval."""
    change = await _stored(surface, press)
    await _open_form(surface, press, change, change.patch, Origin.TRY_AGAIN)
    return None


async def _open_form(
    surface: Slack, press: Press, change: ChangeRequest, filled: AssignmentPatch, origin: Origin
) -> None:
    reason = f"Revert {change.label}: " if origin is Origin.REVERT else change.reason
    await open_form(
        surface,
        trigger_id=press.trigger_id,
        actor=press.actor,
        channel_id=change.channel_id,
        number=change.key.number,
        filled=filled,
        reason=reason,
        origin=origin,
        parent_id=change.id,
    )


async def _try_again(surface: Slack, press: Press) -> str | None:
    await ask_errand(surface.context, press.actor, press.change_id, Errand.TRY_AGAIN)
    return None


async def _resolve(surface: Slack, press: Press) -> str | None:
    await ask_errand(surface.context, press.actor, press.change_id, Errand.RESOLVE)
    return None


async def _move(surface: Slack, press: Press) -> str | None:
    if press.selected is None:
        return None
    await require_postable(surface.client, surface.identity.bot_user_id, press.selected)
    change = await move_card(surface.context, press.actor, press.change_id, press.selected)
    return f"The card of {change.label} goes to <#{press.selected}> now."


async def _stored(surface: Slack, press: Press) -> ChangeRequest:
    return (await history.show(surface.context, press.actor.team_id, press.change_id)).change


async def _open(surface: Slack, press: Press, view: dict[str, Any]) -> None:
    await call(surface.client, "views.open", timeout=OPEN_WITHIN, trigger_id=press.trigger_id, view=view)


_VERBS: dict[str, Verb] = {
    card.APPROVE: _approve,
    card.DENY: _deny,
    card.CANCEL: _cancel,
    card.DETAILS: _details,
    thread.REVERT: _revert,
    thread.ASK_AGAIN: _ask_again,
    thread.TRY_AGAIN: _try_again,
    thread.RESOLVE: _resolve,
    thread.MOVE: _move,
}
