"""The buttons that stand for several numbers at once: Details over pages, Revert of all, Ask again, Edit."""

from datetime import timedelta
from typing import Any

from bot.domain.bundle import Bundle
from bot.domain.events import Event
from bot.domain.revising import refuse_edit
from bot.domain.state import Origin, State
from bot.service import history
from bot.service.bundles.reading import revertible_bundle, show_bundle, wishing_bundle
from bot.service.refusals import refusals
from bot.service.since import since_of_all
from bot.slack.api.calls import call
from bot.slack.block_kit.elements import Block
from bot.slack.context import SlackContext
from bot.slack.listeners.edit_reason import edit_reason_view
from bot.slack.listeners.form_opening import open_form
from bot.slack.listeners.permission import require_here
from bot.slack.listeners.revert_form import revert_view
from bot.slack.messages.bundle_details import bundle_details_view
from bot.slack.messages.details import details_view
from bot.slack.payloads import BlockActions

# A trigger dies after 3 s, and looking the presser up may have taken half of them.
WITHIN = timedelta(seconds=1)


async def details(slack: SlackContext, press: BlockActions) -> str | None:
    """Open all numbers whole."""
    shown = await show_bundle(slack.context, press.actor.team_id, press.action.change_id)
    view = bundle_details_view(shown, reader_id=press.actor.user_id)
    await _call(slack, "views.open", trigger_id=press.trigger_id, view=view)
    return None


async def turn_page(slack: SlackContext, press: BlockActions) -> str | None:
    """Show another page in the same window; its number is a hint."""
    shown = await show_bundle(slack.context, press.actor.team_id, press.action.change_id)
    if press.view is None:
        return None
    page = press.action.block_id.partition(":")[2]
    view = bundle_details_view(shown, page=int(page) if page.isdecimal() else 1, reader_id=press.actor.user_id)
    await _call(slack, "views.update", view_id=press.view.id, view=view)
    return None


async def open_record(slack: SlackContext, press: BlockActions) -> str | None:
    """Open the whole record of one of the numbers on top."""
    found = await history.show(slack.context, press.actor.team_id, press.action.change_id)
    await _call(slack, "views.push", trigger_id=press.trigger_id, view=details_view(found))
    return None


async def ask_again(slack: SlackContext, press: BlockActions) -> str | None:
    """Open the form filled with the same values for all of the numbers."""
    bundle = await wishing_bundle(slack.context, press.actor.team_id, press.action.change_id)
    await _open_form(slack, press, bundle, reason=bundle.lead.reason, origin=Origin.TRY_AGAIN, parent_id=bundle.lead.id)
    return None


async def edit(slack: SlackContext, press: BlockActions) -> None:
    """Open the form filled with what is asked: sending it makes a new revision of all that are undecided."""
    asked = (await show_bundle(slack.context, press.actor.team_id, press.action.change_id)).of
    bundle = Bundle(asked.those(State.PENDING) or asked.members[:1])
    for each in bundle.members:
        refuse_edit(each, press.actor.user_id, each.key.number, slack.context.now())
    if bundle.wish is None:
        await require_here(slack, press.actor, bundle.lead)
        await _call(slack, "views.open", trigger_id=press.trigger_id, view=edit_reason_view(bundle))
        return
    await _open_form(slack, press, bundle, reason=bundle.lead.reason, edits=bundle.lead)


async def revert(slack: SlackContext, press: BlockActions) -> str | None:
    """Open the form that asks for the former values of all numbers that went live."""
    async with refusals(slack.context, press.actor, Event.REVERT_REFUSED, press.action.change_id):
        bundle = await revertible_bundle(slack.context, press.actor.team_id, press.action.change_id)
    is_timed = any(each.put_back_at for each in bundle.members)
    put_backs = (await since_of_all(slack.context, bundle)).put_backs if is_timed else {}
    await require_here(slack, press.actor, bundle.lead)
    await _call(slack, "views.open", trigger_id=press.trigger_id, view=revert_view(bundle, put_backs))
    return None


async def details_now(slack: SlackContext, press: BlockActions, said: str | None) -> Block:
    """Return the window of Details as it is now, of one change or of all that were asked together."""
    shown = await show_bundle(slack.context, press.actor.team_id, press.action.change_id)
    reader_id = press.actor.user_id
    if len(shown.of.members) > 1:
        return bundle_details_view(shown, reader_id=reader_id, said=said)
    record = await history.show(slack.context, press.actor.team_id, press.action.change_id)
    return details_view(record, reader_id=reader_id, said=said)


async def _open_form(slack: SlackContext, press: BlockActions, bundle: Bundle, **filled: Any) -> None:
    lead = bundle.lead
    await require_here(slack, press.actor, lead)
    await open_form(
        slack,
        trigger_id=press.trigger_id,
        actor=press.actor,
        channel_id=lead.channel_id,
        number=lead.key.number,
        more_numbers=[each.key.number for each in bundle.members[1:]],
        filled=bundle.wish,
        **filled,
    )


async def _call(slack: SlackContext, method: str, **arguments: Any) -> None:
    await call(slack.client, method, timeout=WITHIN, **arguments)
