"""Keep the mirror of numbers and agents young: one worker of all reads at a time."""

from datetime import timedelta

from bot.service import lookup
from bot.service.context import ServiceContext
from bot.service.outside.telling import announce
from bot.store.mirror import reads as mirror_reads


async def refresh_due(context: ServiceContext) -> bool:
    """Refresh one list that is older than the operator's interval, unless another worker is at it; say if one was.

    The lease is as long as the interval and no shorter than four time-outs: a dead worker holds a refresh up once.
    Raises UponAIError when UponAI does not answer, after the reason has been recorded.
    """
    for scope, refresh in (
        (lookup.agents_scope(context), lookup.refresh_agents),
        (lookup.numbers_scope(context), lookup.refresh_numbers),
    ):
        async with context.database.transaction() as tx:
            now = await context.clock.read(tx)
            until = now + max(context.uponai_timeout * 4, timedelta(seconds=1))
            is_mine = await mirror_reads.claim(
                tx,
                scope,
                now,
                older_than=context.mirror_refresh,
                lease_id=context.new_id(),
                until=min(until, now + max(context.mirror_refresh, timedelta(seconds=1))),
            )
        if is_mine:
            try:
                await refresh(context)
            finally:
                if refresh is lookup.refresh_numbers:
                    # What a process found that died before it could tell; also when UponAI does not answer now.
                    await announce(context)
            return True
    return False
