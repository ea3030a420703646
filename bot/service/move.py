"""Ask for an approval in another channel, when the card cannot stand where it is."""

from bot.domain.change import ChangeRequest
from bot.domain.errors import DomainError, NotAllowed
from bot.service.context import Actor, ServiceContext
from bot.service.delivery import lease_for_calls
from bot.service.effects import change_lane, former_card
from bot.service.recording import Recording, recording
from bot.service.review import refuse
from bot.store import cards, changes, outbox
from bot.store.cards import Card


async def move_card(context: ServiceContext, actor: Actor, change_id: int, channel_id: str) -> ChangeRequest:
    """Post the card of a change, and whatever waits for its thread, in another channel; in the same one, try again.

    Raises NotAllowed unless the requester asks for it and Slack takes nothing where the card is, UnknownChange. The
    caller has checked that the bot can post.
    """
    try:
        async with recording(context, actor) as record:
            change = await changes.lock(record.tx, change_id, team_id=actor.team_id)
            if actor.user_id != change.requester_id:
                raise NotAllowed(f"Only <@{change.requester_id}>, who asked for {change.label}, can move its card.")
            card = await cards.get(record.tx, change_id)
            if channel_id == change.channel_id:
                record.note("card.tried_again", change_id=change_id, after={"channel_id": channel_id})
            elif card is None or card.problem is None:
                raise NotAllowed(
                    f"The card of {change.label} can be posted in <#{change.channel_id}>, so that is where it stays."
                )
            else:
                change = await _move(context, record, change, card, channel_id)
            await outbox.unpark(record.tx, change_lane(change_id), record.at)
    except DomainError as error:
        await refuse(context, actor, "move.refused", change_id, error)
        raise
    return change


async def _move(
    context: ServiceContext, record: Recording, change: ChangeRequest, card: Card, channel_id: str
) -> ChangeRequest:
    moved = await record.step(
        change, change.move_to_channel(channel_id), "change.moved", {"from": card.channel_id, "channel_id": channel_id}
    )
    await cards.save(record.tx, card.anew(channel_id), over=card)
    if card.is_posted or card.attempted_at is not None:
        # Whoever is about to post or update the old card has lost its lease by then, and cannot bring it back to life.
        await record.tell(former_card(moved, card, record.at + lease_for_calls(context)))
    return moved
