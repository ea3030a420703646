"""What the messages of a delivery are about, read in the transaction that claims them."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.bundle import Bundle
from bot.domain.state import State
from bot.domain.warnings import Standstill
from bot.service import picture
from bot.service.context import ServiceContext
from bot.service.delivery.lane import BundleShown, Delivery
from bot.service.messages import Kind
from bot.store import bundles, cards, overlaps, reviews
from bot.store.cards import Card

_WITH_CARD = (Kind.CARD, Kind.THREAD)


async def read_subjects(tx: AsyncConnection, deliveries: list[Delivery]) -> None:
    """Read the changes that the messages are about, and their cards."""
    about = [(delivery, change_id) for delivery in deliveries if (change_id := delivery.messages[0].change_id)]
    if not about:
        return
    found = await cards.with_changes(tx, [change_id for _, change_id in about])
    standing = {each.card.change_id: each.card for each in found.values() if each.card is not None}
    known_bundles = await bundles.get_all(
        tx, {each.change.bundle_id for each in found.values() if each.change.bundle_id}
    )
    for delivery, change_id in about:
        delivery.change = found[change_id].change
        if delivery.change.bundle_id is not None:
            bundle = known_bundles[delivery.change.bundle_id]
            delivery.bundle, delivery.change = BundleShown(bundle), bundle.lead
    await picture.read_beside(tx, [delivery for delivery, _ in about], standing)
    with_card = [delivery for delivery, _ in about if any(one.kind in _WITH_CARD for one in delivery.messages)]
    if not with_card:
        return
    # The first version of a change is the one that was asked: nobody has reviewed it.
    known_reviews = await reviews.of_changes(tx, [one.of.id for one in with_card if one.of.version > 1])
    for delivery in with_card:
        change = delivery.of
        shown = found[delivery.messages[0].change_id or change.id]
        delivery.reviews = known_reviews.get(change.id, [])
        delivery.stored = standing.get(change.id)
        if delivery.bundle is not None:
            delivery.bundle = await _read_bundle(tx, delivery.bundle.of)
        elif change.state.is_open and shown.has_others:
            delivery.overlaps = await overlaps.of_change(tx, change)
        if change.state.is_open or delivery.bundle is not None:
            delivery.standstill = None if shown.pause is None else Standstill(shown.pause.by, shown.pause.at)
        card = delivery.stored or Card(change_id=change.id, channel_id=change.channel_id)
        message = delivery.message
        if message.kind == Kind.CARD and message.attempted_at and not card.is_posted and card.attempted_at is None:
            # An early release noted the attempt at the message.
            card = replace(card, attempted_at=message.attempted_at)
        delivery.card = card


def name_numbers(context: ServiceContext, deliveries: list[Delivery]) -> None:
    """Give the numbers of what was read the names that they have now."""
    for delivery in deliveries:
        delivery.change = None if delivery.change is None else context.named(delivery.change)
        if delivery.bundle is not None:
            members = tuple(context.named(each) for each in delivery.bundle.of.members)
            delivery.bundle = replace(delivery.bundle, of=Bundle(members))


async def _read_bundle(tx: AsyncConnection, bundle: Bundle) -> BundleShown:
    found = await reviews.of_changes(tx, [each.id for each in bundle.members if each.version > 1])
    return BundleShown(bundle, found, await overlaps.of_changes(tx, bundle.those(State.PENDING, State.APPROVED)))
