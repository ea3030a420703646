"""Forget what was delivered long ago, and whatever else nobody asks for any more; the record stays."""

from datetime import timedelta

import structlog

from bot.domain.facts import Fact
from bot.service.context import ServiceContext
from bot.service.messages import Kind
from bot.store import outbox, outside, posts, rate_limits
from bot.store.given_up import delete_undeliverable
from bot.store.mirror.gone import delete_unlisted

# Far longer than an unclear post is looked for, than a change waits to be decided or applied, and than an operator asks
# where a message went. What an open change has told stays however old it is: it must not be told again.
KEEP_DELIVERED = timedelta(days=30)
KEEP_RATE_LIMITS = timedelta(days=1)
# A channel that takes nothing for so long after the change has ended will hardly take it any more.
KEEP_UNDELIVERABLE = timedelta(days=30)
# Who looks later finds it in the audit record; a former assignment can no longer be put back from its message.
KEEP_OUTSIDE = timedelta(days=90)
# A number that comes back later is a new one.
KEEP_UNLISTED = timedelta(days=90)
# Below these stand buttons, one post a change: it has to be found again when somebody uses them, however late.
_ENDS = (Fact.DENIED, Fact.CANCELED, Fact.EXPIRED, Fact.APPLIED, Fact.FAILED, Fact.STALE)
WITH_BUTTONS = (*_ENDS, Fact.OVERRIDDEN, Fact.OVERRIDE_UNREVIEWED, Fact.RESULTS)
# One short transaction: presses and submissions wait for it on SQLite.
BATCH = 200
LOGGED_AT_MOST = 20

log = structlog.get_logger(__name__)


async def forget_delivered(context: ServiceContext) -> bool:
    """Delete a batch of what was delivered long ago; say whether there may be more. Raises DatabaseUnavailable."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        gone = await delete_unlisted(tx, now - KEEP_UNLISTED, limit=BATCH)
        outdated = await outside.delete_before(tx, now - KEEP_OUTSIDE, limit=BATCH)
        kept = posts.tells_one_of(Kind.THREAD, WITH_BUTTONS)
        deleted = await outbox.delete_done(tx, now - KEEP_DELIVERED, limit=BATCH, except_if=kept)
        given_up = await delete_undeliverable(tx, now - KEEP_UNDELIVERABLE, now, limit=BATCH)
        await rate_limits.delete_over(tx, now - KEEP_RATE_LIMITS)
    if given_up:
        log.warning("outbox.given_up", count=len(given_up), facts=given_up[:LOGGED_AT_MOST])
    return BATCH in (deleted, len(given_up), outdated, gone)
