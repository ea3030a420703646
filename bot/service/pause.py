"""Stop and restart all sending to UponAI; asking and approving go on."""

from bot.domain.errors import AlreadyDecided
from bot.domain.events import Event
from bot.domain.facts import By, Fact
from bot.service.context import Actor, ServiceContext
from bot.service.messages import card_anyway, channel_fact
from bot.service.refusals import refusals
from bot.service.unit_of_work import UnitOfWork, unit_of_work
from bot.store import changes, pauses
from bot.store.outbox import OutboxDraft


async def pause(context: ServiceContext, actor: Actor, channel_id: str) -> None:
    """Stop sending, record it, tell the channel. Raises AlreadyDecided when sending is paused already."""
    async with refusals(context, actor, Event.PAUSE_REFUSED), unit_of_work(context, actor) as unit:
        if not await pauses.pause(unit.tx, actor.team_id, actor.user_id, unit.at):
            present = await pauses.paused(unit.tx, actor.team_id)
            by = f", by <@{present.by}>" if present else ""
            raise AlreadyDecided(f"Sending is already paused{by}. `/route-number resume` restarts it.")
        unit.note(Event.PAUSED)
        await _show_waiting_cards(context, unit)
        await unit.tell(_fact(context, unit, channel_id, Fact.PAUSED))


async def resume(context: ServiceContext, actor: Actor, channel_id: str) -> None:
    """Restart sending, record it, tell the channel. Raises AlreadyDecided when nothing is paused."""
    async with refusals(context, actor, Event.RESUME_REFUSED), unit_of_work(context, actor) as unit:
        if not await pauses.resume(unit.tx, actor.team_id):
            raise AlreadyDecided("Sending is not paused; nothing to resume.")
        unit.note(Event.RESUMED)
        await _show_waiting_cards(context, unit)
        await unit.tell(_fact(context, unit, channel_id, Fact.RESUMED))


async def _show_waiting_cards(context: ServiceContext, unit: UnitOfWork) -> None:
    """Let the cards of open changes say that sending is paused, or say it no longer."""
    because = f"sending/{context.new_id()}"
    team_id = unit.actor.team_id
    for change_id in await changes.open_ids(unit.tx, team_id):
        await unit.tell(card_anyway(team_id, change_id, unit.at, because))


def _fact(context: ServiceContext, unit: UnitOfWork, channel_id: str, name: Fact) -> OutboxDraft:
    fact = f"sending/{name}/{context.new_id()}"
    by = unit.actor
    told = By(by=by.user_id)
    return channel_fact(team_id=by.team_id, channel_id=channel_id, name=name, fact=fact, at=unit.at, told=told)
