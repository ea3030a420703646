"""Stop and restart all sending to UponAI; asking and approving go on."""

from bot.domain.errors import AlreadyDecided
from bot.service.context import Actor, ServiceContext
from bot.service.effects import channel_fact
from bot.service.recording import Recording, recording
from bot.service.refusals import refusals
from bot.store import controls
from bot.store.outbox import OutboxDraft


async def pause(context: ServiceContext, actor: Actor, channel_id: str) -> None:
    """Stop sending, record it, tell the channel. Raises AlreadyDecided when sending is paused already."""
    async with refusals(context, actor, "pause.refused"), recording(context, actor) as record:
        if not await controls.pause(record.tx, actor.team_id, actor.user_id, record.at):
            present = await controls.paused(record.tx, actor.team_id)
            by = f", by <@{present.by}>" if present else ""
            raise AlreadyDecided(f"Sending is already paused{by}. `/route-number resume` restarts it.")
        record.note("sending.paused")
        await record.tell(_fact(context, record, channel_id, "paused"))


async def resume(context: ServiceContext, actor: Actor, channel_id: str) -> None:
    """Restart sending, record it, tell the channel. Raises AlreadyDecided when nothing is paused."""
    async with refusals(context, actor, "resume.refused"), recording(context, actor) as record:
        if not await controls.resume(record.tx, actor.team_id):
            raise AlreadyDecided("Sending is not paused; nothing to resume.")
        record.note("sending.resumed")
        await record.tell(_fact(context, record, channel_id, "resumed"))


def _fact(context: ServiceContext, record: Recording, channel_id: str, name: str) -> OutboxDraft:
    fact = f"sending/{name}/{context.new_id()}"
    by = record.actor
    return channel_fact(team_id=by.team_id, channel_id=channel_id, name=name, fact=fact, at=record.at, by=by.user_id)
