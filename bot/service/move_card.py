"""Ask for an approval in another channel, when the card could not be posted in the first."""

from dataclasses import replace

from bot.domain.change import ChangeRequest
from bot.domain.errors import NotAllowed
from bot.service.context import Actor, ServiceContext
from bot.service.messages import change_lane
from bot.service.refusals import refusals
from bot.service.unit_of_work import unit_of_work
from bot.store import cards, changes, outbox


async def move_card(context: ServiceContext, actor: Actor, change_id: int, channel_id: str) -> ChangeRequest:
    """Post the card of a change, and whatever waits for its thread, in another channel.

    Raises NotAllowed unless the requester asks for it, UnknownChange. The caller has checked that the bot can post.
    """
    async with refusals(context, actor, "move.refused", change_id), unit_of_work(context, actor) as unit:
        change = await changes.lock(unit.tx, change_id, team_id=actor.team_id)
        if actor.user_id != change.requester_id:
            raise NotAllowed(f"Only <@{change.requester_id}>, who asked for {change.label}, can move its card.")
        moved = change.move_to_channel(channel_id)
        await unit.step(change, moved, "change.moved", {"channel_id": channel_id})
        card = await cards.get(unit.tx, change_id)
        if card is not None:
            # The old card stays where it was; a new one is posted in the new channel.
            await cards.save(unit.tx, replace(card, channel_id=channel_id, message_ts="", shown_version=0))
        await outbox.unpark(unit.tx, lane=change_lane(change_id))
    return moved
