"""Read what was asked together, with all reviews."""

from bot.domain.bundle import Bundle
from bot.domain.errors import AlreadyDecided, UnknownChange
from bot.domain.label import format_label
from bot.domain.state import State
from bot.service import since
from bot.service.context import ServiceContext
from bot.service.delivery.lane import BundleShown
from bot.store import bundles, changes, posts, reviews


async def show_bundle(context: ServiceContext, team_id: str, change_id: int) -> BundleShown:
    """Return a change with all that were asked together with it, perhaps none. Raises UnknownChange."""
    async with context.database.reading() as tx:
        change = await changes.get(tx, change_id, team_id=team_id)
        bundle = Bundle((change,)) if change.bundle_id is None else await bundles.get(tx, change.bundle_id)
        bundle = Bundle(tuple(context.named(each) for each in bundle.members))
        return BundleShown(bundle, await reviews.of_changes(tx, [each.id for each in bundle.members]))


async def wishing_bundle(context: ServiceContext, team_id: str, change_id: int) -> Bundle:
    """Return changes that all ask for the same. Raises UnknownChange for others, which no form can hold."""
    bundle = (await show_bundle(context, team_id, change_id)).of
    if bundle.wish is None:
        raise UnknownChange(f"Each of {format_label(change_id)} and the others asks for something of its own.")
    return bundle


async def revertible_bundle(context: ServiceContext, team_id: str, change_id: int) -> Bundle:
    """Return those of the changes that were asked together which went live and were not put back since.

    Raises UnknownChange, and AlreadyDecided where there are none.
    """
    async with context.database.reading() as tx:
        change = await changes.get(tx, change_id, team_id=team_id)
        bundle = Bundle((change,)) if change.bundle_id is None else await bundles.get(tx, change.bundle_id)
        children = await posts.children_of_all(tx, bundle.members)
    reverted = since.reverts_of(children)
    left = [each for each in bundle.those(State.APPLIED) if each.id not in reverted]
    if not left:
        raise AlreadyDecided(f"Nothing of {bundle.label} is left to revert: only what went live can be.")
    return Bundle(tuple(left))
