"""Forget what was delivered long ago; the record stays."""

from datetime import timedelta

from bot.service.context import ServiceContext
from bot.store import outbox, rate_limits

# Far longer than an unclear post is looked for, than a change waits to be decided or applied, and than an operator asks
# where a message went. What an open change has told stays however old it is: it must not be told again.
KEEP_DELIVERED = timedelta(days=30)
KEEP_RATE_LIMITS = timedelta(days=1)
# One short transaction: presses and submissions wait for it on SQLite.
BATCH = 200


async def forget_delivered(context: ServiceContext) -> bool:
    """Delete a batch of what was delivered long ago; say whether there may be more. Raises DatabaseUnavailable."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        deleted = await outbox.delete_done(tx, now - KEEP_DELIVERED, limit=BATCH)
        await rate_limits.delete_over(tx, now - KEEP_RATE_LIMITS)
    return deleted == BATCH
