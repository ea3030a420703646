"""Stopping and restarting all sending: the form that asks why, and what whoever did it reads alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.service import history
from bot.service import pause as pauses
from bot.service.context import Actor
from bot.service.pause import Held
from bot.slack.api.calls import call
from bot.slack.context import SlackContext
from bot.slack.listeners.permission import require_member
from bot.slack.listeners.reasons import register_form
from bot.slack.listeners.replies import reply, send_ephemeral
from bot.slack.messages import rows
from bot.slack.messages.sending import CALLBACK, pause_view
from bot.slack.payload_parts import Place
from bot.slack.payloads import Command, ViewSubmission

# A trigger dies after 3 s, and looking the person up may have taken half of them.
OPEN_WITHIN = timedelta(seconds=1)


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the form's submission."""
    missing = "Say why, so that the others know what to wait for."
    register_form(app, provide, CALLBACK, _pause, missing=missing, title=lambda _: "Pause sending")


async def _pause(slack: SlackContext, parsed: ViewSubmission, reason: str) -> None:
    told_in = parsed.view.private_metadata
    await require_member(slack, parsed.actor)
    answer = await pause(slack, parsed.actor, told_in, reason)
    if answer is not None:
        await send_ephemeral(slack, Place(told_in, parsed.actor.user_id), answer["text"], answer["blocks"])


async def open_form(slack: SlackContext, command: Command, told_in: str) -> None:
    """Open the form that asks why, unless sending is paused already."""
    await pauses.refuse_if_paused(slack.context, command.actor)
    view = pause_view(told_in)
    await call(slack.client, "views.open", timeout=OPEN_WITHIN, trigger_id=command.trigger_id, view=view)


async def pause(
    slack: SlackContext, actor: Actor, told_in: str, reason: str, *, asked_in: str | None = None
) -> dict[str, Any] | None:
    """Stop sending; say what the channel is not told: which changes are held. Raises AlreadyDecided, WrongUsage."""
    held = await pauses.pause(slack.context, actor, told_in, reason)
    if not held.first:
        return _elsewhere(told_in, asked_in)
    return await _list(slack, held, "Held for now:")


async def resume(slack: SlackContext, actor: Actor, told_in: str, *, asked_in: str) -> dict[str, Any] | None:
    """Restart sending; show what goes out where the channel that is told does not. Raises AlreadyDecided."""
    held = await pauses.resume(slack.context, actor, told_in)
    if told_in == asked_in or not held.first:
        return _elsewhere(told_in, asked_in)
    return await _list(slack, held, "Going out now:")


def _elsewhere(told_in: str, asked_in: str | None) -> dict[str, Any] | None:
    """Say where it is told, None where whoever did it reads that anyway."""
    return None if asked_in in (None, told_in) else reply(f"Done. I tell it in <#{told_in}>.")


async def _list(slack: SlackContext, held: Held, title: str) -> dict[str, Any]:
    listing = await history.with_cards(slack.context, held.first, len(held.first))
    left = held.count - len(held.first)
    blocks = [rows.title(title), *rows.listed(slack.identity.team_url, listing)]
    return reply(title, [*blocks, *([rows.title(f"and {left} more")] if left > 0 else [])])
