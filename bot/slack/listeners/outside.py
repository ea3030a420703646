"""The buttons of the message about numbers that were changed outside."""

from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.errors import DomainError
from bot.domain.events import Event
from bot.service.outside.deciding import keep, to_put_back
from bot.slack.context import SlackContext
from bot.slack.listeners.form_opening import open_form
from bot.slack.listeners.permission import require_member
from bot.slack.listeners.replies import send_ephemeral
from bot.slack.messages.outside import KEEP, PUT_BACK
from bot.slack.payloads import BlockActions

Verb = Callable[[SlackContext, BlockActions, int], Awaitable[None]]


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the buttons."""
    for action_id, verb in VERBS.items():
        app.action(action_id)(_listener(provide, verb))


def _listener(provide: Callable[[], SlackContext], verb: Verb) -> Callable[..., Awaitable[None]]:
    async def listener(parsed: BlockActions, ack: AsyncAck) -> None:
        slack = provide()
        try:
            await require_member(slack, parsed.actor, event=Event.PRESS_REFUSED)
            await verb(slack, parsed, parsed.action.numbered)
        except DomainError as error:
            if parsed.place is not None:
                await send_ephemeral(slack, parsed.place, str(error))
        await ack()

    return listener


async def _keep(slack: SlackContext, press: BlockActions, notice_id: int) -> None:
    await keep(slack.context, press.actor, notice_id)


async def _put_back(slack: SlackContext, press: BlockActions, change_id: int) -> None:
    """Open the form filled with the former assignment; putting it back needs its own approval."""
    change, notice = await to_put_back(slack.context, press.actor, change_id)
    moved = change.moved
    await open_form(
        slack,
        trigger_id=press.trigger_id,
        actor=press.actor,
        channel_id=notice.channel_id,
        number=moved.key.number,
        filled=moved.before.patch_to(moved.fields),
    )


VERBS: dict[str, Verb] = {PUT_BACK: _put_back, KEEP: _keep}
