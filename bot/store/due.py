"""What there is to do for a worker, in one statement: a look that takes nothing, and locks nothing."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.key import WorkspaceKey
from bot.store.claims import DUE
from bot.store.columns import UtcDateTime
from bot.store.due_messages import HAS_DUE
from bot.store.mirror.schema import mirror_reads
from bot.store.overrides import HAS_DUE as HAS_REMINDER
from bot.store.schema import outbox

MESSAGES, REFRESH, REMINDER = "messages", "refresh", "reminder"

_NOW = bindparam("now", type_=UtcDateTime)
_ATTEMPTED, _LEASED = mirror_reads.c.attempted_at, mirror_reads.c.leased_until
_IS_YOUNG = (
    mirror_reads.c.scope.in_(bindparam("scopes", expanding=True)),
    _ATTEMPTED <= _NOW,
    or_(bindparam("refreshed_before", type_=UtcDateTime) < _ATTEMPTED, _LEASED > _NOW),
)
_LOOK = union_all(
    *DUE,
    select(literal(MESSAGES)).where(exists(select(outbox.c.id).where(*HAS_DUE))),
    select(literal(REMINDER)).where(HAS_REMINDER),
    select(literal(REFRESH)).where(
        select(func.count()).where(*_IS_YOUNG).scalar_subquery() < bindparam("scope_count", type_=func.count().type)
    ),
)


async def look(
    tx: AsyncConnection,
    now: datetime,
    workspace: WorkspaceKey,
    *,
    most: int,
    scopes: Collection[str],
    refresh_every: timedelta,
) -> Counter[str]:
    """Return how much of each kind is due, up to `most` of each kind of a change, and 1 of the others."""
    values = {
        "now": now,
        "of_sid": workspace.account_sid,
        "of_workspace": workspace.workspace_id,
        "most": most,
        "scopes": list(scopes),
        "scope_count": len(scopes),
        "refreshed_before": now - refresh_every,
    }
    return Counter((await tx.execute(_LOOK, values)).scalars())
