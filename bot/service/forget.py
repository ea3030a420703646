"""Forget what was delivered long ago; the record stays."""

from datetime import timedelta

from bot.domain.facts import Fact
from bot.service.context import ServiceContext
from bot.service.messages import Kind
from bot.store import outbox, posts, rate_limits

# Far longer than an unclear post is looked for, than a change waits to be decided or applied, and than an operator asks
# where a message went. What an open change has told stays however old it is: it must not be told again.
KEEP_DELIVERED = timedelta(days=30)
KEEP_RATE_LIMITS = timedelta(days=1)
# Below these stand buttons, one post a change: it has to be found again when somebody uses them, however late.
_ENDS = (Fact.DENIED, Fact.CANCELED, Fact.EXPIRED, Fact.APPLIED, Fact.FAILED, Fact.STALE)
WITH_BUTTONS = (*_ENDS, Fact.OVERRIDDEN, Fact.OVERRIDE_UNREVIEWED)
# One short transaction: presses and submissions wait for it on SQLite.
BATCH = 200


async def forget_delivered(context: ServiceContext) -> bool:
    """Delete a batch of what was delivered long ago; say whether there may be more. Raises DatabaseUnavailable."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        kept = posts.tells_one_of(Kind.THREAD, WITH_BUTTONS)
        deleted = await outbox.delete_done(tx, now - KEEP_DELIVERED, limit=BATCH, except_if=kept)
        await rate_limits.delete_over(tx, now - KEEP_RATE_LIMITS)
    return deleted == BATCH
