"""Takes back, inside the form, what the same form has asked for before: so that a correction needs no other place.

A submission that was answered too late is stored all the same, and the form stays open.
"""

import asyncio

import structlog

from bot.domain.errors import AlreadyAsked, AlreadyDecided, DomainError, TooLate
from bot.domain.events import Event
from bot.service.context import Actor
from bot.service.review import cancel
from bot.slack.api.calls import SlackError
from bot.slack.context import SlackContext
from bot.slack.form.compose import compose
from bot.slack.form.state import FormState
from bot.slack.listeners.permission import require_member
from bot.slack.payload_parts import View

# The submission that is refused has to be answered in time as well.
ANSWER_AFTER_SECONDS = 2.2

log = structlog.get_logger(__name__)


async def offer_withdrawal(slack: SlackContext, view: View, refusal: AlreadyAsked, *, submitted_at: float) -> FormState:
    """Put the button into the form, and return the form as it is shown then. Raises DatabaseUnavailable.

    `submitted_at` is when the submission came, by the event loop's clock: what is left of Slack's 3 s is what there is.

    An error at a field cannot bring a button along, so the view is updated before it is answered. Where Slack does not
    take that in time, the error names the other way.
    """
    form = slack.forms.of(view)
    state = form.entered(view)
    if not refusal.can_withdraw:
        return state
    try:
        async with asyncio.timeout_at(submitted_at + ANSWER_AFTER_SECONDS), form.lock:
            composed = await compose(slack.context, form.entered(view).with_meta(asked=refusal.change_id, said=None))
            await form.update(slack.client, composed)
    except (SlackError, TimeoutError) as error:
        log.warning("form.withdrawal_not_offered", error=type(error).__name__)
        return state
    return composed.state


async def withdraw(slack: SlackContext, view: View, change_id: int, actor: Actor) -> None:
    """Cancel the change for its requester; what the form holds can be asked for then. Raises SlackError."""
    form = slack.forms.of(view)
    async with form.lock:
        state = form.entered(view)
        try:
            await require_member(slack, actor, event=Event.PRESS_REFUSED)
            change = await cancel(slack.context, actor, change_id)
        except (AlreadyDecided, TooLate) as error:
            state = state.with_meta(asked=None, said=str(error))
        except DomainError as error:
            state = state.with_meta(said=str(error))
        else:
            # Under another key the form can ask for anything, for what was just taken back as well.
            said = f"{change.label} is withdrawn. Send this form to ask for what it holds now."
            state = state.with_meta(asked=None, said=said, submission_key=slack.context.new_id())
        await form.update(slack.client, await compose(slack.context, state))
