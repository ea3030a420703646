"""The app's Home tab: true when it is opened, and after each press of its reader's own in it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from weakref import WeakValueDictionary

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain import events
from bot.domain.errors import CannotCheck, DomainError, NotAllowed
from bot.service import history
from bot.service import pause as pauses
from bot.service.context import Actor
from bot.service.elsewhere import why_elsewhere
from bot.service.history import Overview
from bot.service.refusals import refusals
from bot.slack.api.calls import SlackError, call
from bot.slack.background import together
from bot.slack.block_kit.elements import Block
from bot.slack.block_kit.sentences import sentence_block
from bot.slack.context import SlackContext
from bot.slack.form.compose import resolve_number
from bot.slack.form.option_values import Option
from bot.slack.listeners import home_number as found
from bot.slack.listeners.form_opening import open_form
from bot.slack.listeners.permission import require_member
from bot.slack.messages.home import (
    CHANNEL,
    FIND,
    LISTED_AT_MOST,
    OPEN_CARD,
    RESUME,
    ROUTE,
    ROUTE_FOUND,
    TOP,
    Home,
    home_blocks,
)
from bot.slack.messages.reason_form import sentence_view
from bot.slack.payload_parts import View
from bot.slack.payloads import HOME_OPENED, BlockActions, Event

PUBLISH_WITHIN = timedelta(seconds=1)
TELL_WITHIN = timedelta(seconds=1)
# What is read first must not be published last.
_publishing: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the opening of the tab, and the buttons that stand there alone."""

    @app.event(HOME_OPENED)
    async def opened(parsed: Event) -> None:
        if parsed.event.tab == "home":
            await publish(provide(), parsed.actor)

    @app.action(OPEN_CARD)
    @app.action(CHANNEL)
    async def noted(ack: AsyncAck) -> None:
        # Slack opens the address by itself, and hands over what is picked with the next press.
        await ack()

    @app.action(ROUTE)
    @app.action(ROUTE_FOUND)
    async def route(parsed: BlockActions, ack: AsyncAck) -> None:
        slack = provide()
        try:
            await _route(slack, parsed)
        except DomainError as error:
            await tell(slack, parsed, str(error))
        await ack()

    @app.action(FIND)
    async def find(parsed: BlockActions, ack: AsyncAck) -> None:
        await _find(provide(), parsed)
        await ack()

    @app.action(RESUME)
    async def resume(parsed: BlockActions, ack: AsyncAck) -> None:
        slack, news = provide(), None
        try:
            news = await _resume(slack, parsed.actor)
        except DomainError as error:
            await tell(slack, parsed, str(error))
        await publish(slack, parsed.actor, news=news, view=parsed.view)
        await ack()


async def publish(slack: SlackContext, actor: Actor, *, news: str | None = None, view: View | None = None) -> None:
    """Show somebody their tab as things are now; `news` is what they just did there. Raises SlackError.

    `view` is the tab as they have it: the number that is chosen in it stays.
    """
    async with _publishing.setdefault((actor.team_id, actor.user_id), asyncio.Lock()):
        published = {"type": "home", "blocks": await _blocks(slack, actor, news, view)}
        await call(slack.client, "views.publish", timeout=PUBLISH_WITHIN, user_id=actor.user_id, view=published)


async def tell(slack: SlackContext, press: BlockActions, sentence: str) -> None:
    """Say something to whoever pressed in the tab, where no message of their own can be: in a window over it."""
    try:
        await open_window(slack.client, press.trigger_id, sentence)
    except SlackError:
        # The trigger is used up, or too old: then the tab says it.
        await publish(slack, press.actor, news=sentence, view=press.view)


async def open_window(client: AsyncWebClient, trigger_id: str, sentence: str) -> None:
    """Open a window that only says something. Raises SlackError."""
    view = sentence_view([sentence_block(sentence)], "Route a number")
    await call(client, "views.open", timeout=TELL_WITHIN, trigger_id=trigger_id, view=view)


async def _route(slack: SlackContext, press: BlockActions) -> None:
    channel_id = slack.approval_channel or _chosen_channel(press)
    if channel_id is None:
        await tell(slack, press, "Pick the channel where approval is asked, then press the button again.")
        return
    chosen = Option(press.action.value or "", "")
    number = await resolve_number(slack.context, chosen) if press.action.action_id == ROUTE_FOUND else None
    await open_form(
        slack,
        trigger_id=press.trigger_id,
        actor=press.actor,
        channel_id=channel_id,
        number=number,
        is_of_home=True,
    )


async def _find(slack: SlackContext, press: BlockActions) -> None:
    """Show who answers the number that was chosen, read afresh when it is old and UponAI answers at once."""
    option = found.chosen(press.view)
    try:
        if option is not None:
            member = require_member(slack, press.actor, event=events.Event.PRESS_REFUSED)
            await together(member, found.freshen(slack, option))
    except DomainError:
        # The tab says it, with nothing else in it.
        pass
    await publish(slack, press.actor, view=press.view)


def _chosen_channel(press: BlockActions) -> str | None:
    """Return the channel that is picked beside the button; one that stood there need not be in the state."""
    if press.view is None:
        return None
    chosen = press.view.state.values.get(TOP, {}).get(CHANNEL, {}).get("selected_conversation")
    if chosen:
        return str(chosen)
    elements = [e for block in press.view.blocks if block.get("block_id") == TOP for e in block.get("elements", [])]
    return next((str(e["initial_conversation"]) for e in elements if e.get("initial_conversation")), None)


async def _resume(slack: SlackContext, actor: Actor) -> str:
    """Restart sending; it is told where the pause was. Returns what goes out now, as a sentence."""
    await require_member(slack, actor, event=events.Event.PRESS_REFUSED)
    async with refusals(slack.context, actor, events.Event.RESUME_REFUSED):
        paused = await history.paused(slack.context, actor.team_id)
        told_in = slack.approval_channel or (paused.channel_id if paused else None)
        if paused is not None and told_in is None:
            raise NotAllowed("Type `/route-number resume` in the channel where it is to be told.")
        held = await pauses.resume(slack.context, actor, told_in or "")
    if not held.first:
        return "Sending goes on. Nothing was held."
    left = held.count - len(held.first)
    named = ", ".join(each.label for each in held.first)
    return f"Sending goes on. Going out now: {named}{f' and {left} more' if left > 0 else ''}."


async def _blocks(slack: SlackContext, actor: Actor, news: str | None, view: View | None) -> list[Block]:
    try:
        await require_member(slack, actor, event=events.Event.HOME_REFUSED)
    except (CannotCheck, NotAllowed) as error:
        return [sentence_block(str(error))]
    overview = await history.overview(slack.context, actor, LISTED_AT_MOST, look_up=slack.look_up)
    told_in = slack.approval_channel or (overview.pause.channel_id if overview.pause else None)
    return home_blocks(
        Home(
            overview,
            slack.identity.team_url,
            lambda change: why_elsewhere(slack.context, change),
            asks_where=slack.approval_channel is None,
            can_resume=told_in is not None,
            channel=_last_channel(overview, actor),
            news=news,
            found=await found.of_view(slack, view),
            reader_id=actor.user_id,
        )
    )


def _last_channel(overview: Overview, actor: Actor) -> str | None:
    """Return where the reader asked last: of other people's channels they need not know."""
    known = (*overview.own.changes, *overview.recent.changes)
    return next((each.channel_id for each in known if each.requester_id == actor.user_id), None)
