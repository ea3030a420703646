"""What there is to do now: asked once a poll, and after what may have left something to do."""

from collections import Counter

from bot.service import lookup
from bot.service.context import ServiceContext
from bot.store import due


async def look(context: ServiceContext, most: int) -> Counter[str]:
    """Return how much of each kind is due, without taking any of it. Raises DatabaseUnavailable."""
    scopes = [lookup.agents_scope(context), lookup.numbers_scope(context)]
    async with context.database.reading() as tx:
        return await due.look(
            tx, context.now(), context.workspace, most=most, scopes=scopes, refresh_every=context.mirror_refresh
        )
