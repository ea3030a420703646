"""Asks for the approval of what the form holds, or answers what is wrong at its field."""

import asyncio
from contextlib import suppress
from typing import TypedDict

from bot.domain.assignment import Field
from bot.domain.change import ChangeRequest
from bot.domain.errors import (
    AlreadyAsked,
    DomainError,
    Elsewhere,
    InvalidNumber,
    InvalidSubmission,
    NothingDiffers,
    TooBusy,
)
from bot.domain.events import Event
from bot.domain.schedule import InvalidSchedule
from bot.service.bundles.asking import submit_several
from bot.service.bundles.editing import edit_several
from bot.service.context import Actor
from bot.service.edit import edit
from bot.service.refusals import refusals
from bot.service.rights import LookUp
from bot.service.submission import Submission
from bot.service.submit import submit
from bot.slack.api.calls import SlackError
from bot.slack.background import together
from bot.slack.block_kit.sentences import names_others, sentence_plain
from bot.slack.context import SlackContext
from bot.slack.form import schedule
from bot.slack.form.compose import needs_read, resolve_number
from bot.slack.form.fields import MORE_NUMBERS, number_block
from bot.slack.form.parse import WrongEntries, block_of, chosen_fields, parse_patch
from bot.slack.form.several import read_more
from bot.slack.form.state import FormState
from bot.slack.listeners import home
from bot.slack.listeners.form_refresh import ensure_read
from bot.slack.listeners.form_withdraw import offer_withdrawal
from bot.slack.listeners.permission import require_may_ask
from bot.slack.listeners.replies import send_ephemeral
from bot.slack.payload_parts import Place, View

# contract.md: a submission while a read is under way waits so long for it.
WAIT_SECONDS = 2.0
# Of Slack's 3 s, the rest is for storing the change.
LOOK_UNTIL_SECONDS = 2.2


class _Looks(TypedDict):
    look_until: float
    look_up: LookUp


async def submit_form(slack: SlackContext, view: View, actor: Actor) -> dict[str, str]:
    """Store the change that the form asks for; return the errors by block, none when it is stored.

    Raises SlackError, DatabaseUnavailable, TooBusy.
    """
    submitted_at = asyncio.get_running_loop().time()
    state = slack.forms.of(view).entered(view)
    at_number = number_block(state.meta.number_at)
    try:
        async with refusals(slack.context, actor, Event.ASK_REFUSED):
            await together(require_may_ask(slack, actor, state.meta.channel_id), _wait_for_read(slack, view, state))
            change = await _ask(slack, state, actor, look_until=submitted_at + LOOK_UNTIL_SECONDS)
    except WrongEntries as error:
        return error.errors
    except NothingDiffers as error:
        fields = chosen_fields(state)
        blocks = [block_of(state, field, None) for field in fields] or [block_of(state, Field.INBOUND, None)]
        return dict.fromkeys(blocks, str(error))
    except InvalidNumber as error:
        return {at_number: _about_number(slack, view, error)}
    except InvalidSchedule as error:
        return {schedule.BLOCKS[error.entry]: str(error)}
    except InvalidSubmission as error:
        return {block_of(state, error.field, error.row): str(error)}
    except AlreadyAsked as error:
        state = await offer_withdrawal(slack, view, error, submitted_at=submitted_at)
        at_field = number_block(state.meta.number_at) if error.is_number else block_of(state, error.field, None)
        return {at_field: str(error)}
    except DomainError as error:
        _tell_who(slack, state, actor, str(error))
        return {at_number: sentence_plain(str(error), bot_user_id=slack.identity.bot_user_id)}
    slack.forms.forget(view.id)
    if state.meta.is_of_home:
        with suppress(TooBusy):
            slack.background.start(_show_home(slack, actor), name="form.show_home")
    _tell_where(slack, change, state, actor)
    return {}


async def _show_home(slack: SlackContext, actor: Actor) -> None:
    # The change is stored, whatever becomes of this: the tab is shown anew whenever it is opened.
    with suppress(SlackError):
        await home.publish(slack, actor)


async def _wait_for_read(slack: SlackContext, view: View, state: FormState) -> None:
    """Give a read of the number a moment: what is asked for starts from the newest assignment that there is."""
    if not await needs_read(slack.context, state):
        return
    opened = slack.forms.of(view)
    ensure_read(slack, opened)
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await opened.has_read.wait()
    except TimeoutError:
        return


async def _ask(slack: SlackContext, state: FormState, actor: Actor, *, look_until: float) -> ChangeRequest:
    if state.meta.workspace not in (None, str(slack.context.workspace)):
        raise Elsewhere("I was set to another UponAI workspace after this form was opened. Please open it again.")
    patch = await parse_patch(slack.context, state)
    if state.number is None:
        raise InvalidNumber("Choose a number.")
    number = await resolve_number(slack.context, state.number)
    submission = Submission(
        actor=actor,
        channel_id=slack.channel_for(state.meta.channel_id),
        number=number,
        others=await _more_numbers(slack, state, number),
        patch=patch,
        reason=state.reason,
        submission_key=state.meta.submission_key,
        parent_id=state.meta.parent_id,
        schedule=schedule.asked(state.timing, state.meta.zone),
    )
    looks: _Looks = {"look_until": look_until, "look_up": slack.look_up}
    if state.meta.edits is None:
        return await (submit_several if submission.others else submit)(slack.context, submission, **looks)
    revises = edit_several if state.meta.is_several else edit
    return await revises(slack.context, submission, state.meta.edits, state.meta.revision, **looks)


async def _more_numbers(slack: SlackContext, state: FormState, first: str) -> tuple[str, ...]:
    """Read what is entered at More numbers; what cannot be read is answered there."""
    if not state.more_numbers.strip():
        return ()
    try:
        return await read_more(slack.context, state.more_numbers, first)
    except InvalidNumber as error:
        raise WrongEntries({MORE_NUMBERS: str(error)}) from error


def _about_number(slack: SlackContext, view: View, error: InvalidNumber) -> str:
    opened = slack.forms.of(view)
    if opened.is_reading and not opened.has_read.is_set():
        return "I am still looking this number up at UponAI. Please try again in a moment."
    if opened.problem is None:
        return str(error)
    return f"I do not know this number, and I could not read UponAI just now: {opened.problem}"


def _tell_where(slack: SlackContext, change: ChangeRequest, state: FormState, actor: Actor) -> None:
    """Say where the approval is asked, when that is another channel than the one where the form was opened."""
    if change.channel_id == state.meta.channel_id or state.meta.edits is not None:
        return
    # The change is stored: having no time to say where is no reason to say otherwise.
    sentence = f"I asked for approval of {change.label} in <#{change.channel_id}>."
    with suppress(TooBusy):
        slack.background.start(_send_ephemeral(slack, state, actor, sentence), name="form.say_where")


def _tell_who(slack: SlackContext, state: FormState, actor: Actor, sentence: str) -> None:
    """Say a refusal by a rule once more where people and groups are shown by name: at a field they are not."""
    if not names_others(sentence, bot_user_id=slack.identity.bot_user_id):
        return
    with suppress(TooBusy):
        slack.background.start(_send_ephemeral(slack, state, actor, sentence), name="form.say_who")


async def _send_ephemeral(slack: SlackContext, state: FormState, actor: Actor, sentence: str) -> None:
    await send_ephemeral(slack, Place(state.meta.channel_id, actor.user_id), sentence)
