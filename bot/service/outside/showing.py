"""What a message about changes that were made outside shows: read when it is shown, as a card is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.outside import OwnDeeds
from bot.service.context import ServiceContext
from bot.store import changes, outbox, outside
from bot.store.mirror import agents as mirror_agents
from bot.store.outbox import OutboxMessage
from bot.store.outside import Notice, OutsideChange

# A message holds some 13,000 characters and 50 blocks.
LISTED_AT_MOST = 20
EARLIER_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice with the first of its changes, and how many there are.

    `numbers` maps numbers to what people call them, `names` agents to theirs. `late` is a change of ours that wanted
    exactly this, and was sent: it may have landed late.
    """

    notice: Notice
    changes: Sequence[OutsideChange]
    count: int
    names: Mapping[str, str]
    numbers: Mapping[str, str]
    late: str | None = None


async def shown(context: ServiceContext, notice_id: int) -> Shown | None:
    """Return what a notice tells, None when it is forgotten."""
    async with context.database.reading() as tx:
        notice = await outside.notice_of(tx, notice_id)
        found = [] if notice is None else await outside.first_of(tx, notice, LISTED_AT_MOST)
        if notice is None or not found:
            return None
        ids = {
            agent.agent_id
            for each in found
            for side in (each.moved.before, each.moved.after)
            for agent in (*side.inbound, *side.outbound)
        }
        called = {each.moved.key.number: context.policy().name_of(each.moved.key.number) for each in found}
        return Shown(
            notice,
            found,
            await outside.count_of(tx, notice_id),
            await mirror_agents.names(tx, notice.workspace_id, ids),
            {number: name for number, name in called.items() if name},
            await _late(tx, notice, found[0]) if len(found) == 1 else None,
        )


async def post_of(context: ServiceContext, fact: str) -> OutboxMessage | None:
    """Return the message of a notice, with where it was posted."""
    async with context.database.reading() as tx:
        return await outbox.find(tx, fact)


async def _late(tx: AsyncConnection, notice: Notice, change: OutsideChange) -> str | None:
    moved = change.moved
    for earlier in await changes.recent(tx, notice.team_id, key=moved.key, limit=EARLIER_LOOKED_AT):
        sent = OwnDeeds(loose=(earlier.patch,))
        if earlier.looked and all(sent.explains(field, moved.before, moved.after) for field in moved.fields):
            return earlier.label
    return None
