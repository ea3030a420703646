"""Ask for an approval in another channel, when the card cannot stand where it is."""

from collections.abc import Sequence

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.errors import NotAllowed
from bot.domain.events import Event
from bot.service.context import Actor, ServiceContext
from bot.service.delivery.steps import lease_for_calls
from bot.service.messages import change_lane, former_card
from bot.service.refusals import refusals
from bot.service.unit_of_work import Step, UnitOfWork, unit_of_work
from bot.store import cards, changes, outbox
from bot.store.cards import Card


async def move_card(context: ServiceContext, actor: Actor, change_id: int, channel_id: str) -> ChangeRequest:
    """Post the card of a change, and whatever waits for its thread, in another channel; in the same one, try again.

    Raises NotAllowed unless the requester asks for it and Slack takes nothing where the card is, UnknownChange. The
    caller has checked that the bot can post.
    """
    async with refusals(context, actor, Event.MOVE_REFUSED, change_id), unit_of_work(context, actor) as unit:
        change = await changes.lock(unit.tx, change_id, team_id=actor.team_id)
        if actor.user_id != change.requester_id:
            raise NotAllowed(f"Only <@{change.requester_id}>, who asked for {change.label}, can move its card.")
        card = await cards.lock(unit.tx, change_id)
        if channel_id == change.channel_id:
            unit.note(Event.CARD_TRIED_AGAIN, change_id=change_id, after={"channel_id": channel_id})
        elif card is None or card.problem is None:
            raise NotAllowed(
                f"The card of {change.label} can be posted in <#{change.channel_id}>, so that is where it stays."
            )
        else:
            change = await _move(context, unit, change, card, channel_id)
        await outbox.unpark(unit.tx, change_lane(change_id), unit.at)
    return change


async def follow_rules(context: ServiceContext, unit: UnitOfWork, change: ChangeRequest) -> ChangeRequest:
    """Move the card of a change whose rules, after an edit, ask for the approval in another channel.

    Rules that name no channel leave it where it is. Whoever looked up whether the edit may be asked has found that the
    bot can post there.
    """
    channel_id = change.policy.channel
    if channel_id in (None, change.channel_id):
        return change
    moved = await _move(context, unit, change, await cards.lock(unit.tx, change.id), channel_id)
    await outbox.unpark(unit.tx, change_lane(change.id), unit.at)
    return moved


async def follow_rules_of_all(
    context: ServiceContext, unit: UnitOfWork, bundle: Bundle, edited: Sequence[ChangeRequest]
) -> None:
    """Do the same for the card of a bundle, which is locked: the first channel that a rule of those edited names."""
    channel_id = next((each.policy.channel for each in edited if each.policy.channel), None)
    if channel_id in (None, bundle.lead.channel_id):
        return
    ids = {bundle.lead.id, *(each.id for each in edited)}
    steps = [_step_to(each, channel_id) for each in bundle.members if each.id in ids]
    moved, *_ = await unit.step_all(steps)
    await _take_along(context, unit, moved, await cards.lock(unit.tx, moved.id))
    await outbox.unpark(unit.tx, change_lane(moved.id), unit.at)


async def _move(
    context: ServiceContext, unit: UnitOfWork, change: ChangeRequest, card: Card | None, channel_id: str
) -> ChangeRequest:
    step = _step_to(change, channel_id)
    moved = await unit.step(step.old, step.new, step.event, step.after)
    await _take_along(context, unit, moved, card)
    return moved


def _step_to(change: ChangeRequest, channel_id: str) -> Step:
    after = {"from": change.channel_id, "channel_id": channel_id}
    return Step(change, change.move_to_channel(channel_id), Event.MOVED, after)


async def _take_along(context: ServiceContext, unit: UnitOfWork, moved: ChangeRequest, card: Card | None) -> None:
    """Let the card follow its change, if there is one."""
    if card is None:
        return
    await cards.save(unit.tx, card.anew(moved.channel_id), over=card)
    if card.is_posted or card.attempted_at is not None:
        # Whoever is about to post or update the old card has lost its lease by then, and cannot bring it back to life.
        await unit.tell(former_card(moved, card, unit.at + lease_for_calls(context)))
