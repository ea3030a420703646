"""Which cards are to be looked at, whether somebody has deleted one, and that it comes back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from bot.service.context import ServiceContext, Work
from bot.service.messages import card_anyway
from bot.store import cards, changes, outbox
from bot.store.mirror import reads as mirror_reads

SCOPE = "cards"
# So many a pass; of more, the next ones are looked at in the next pass.
LOOKED_AT_ONCE = 200
# No pass takes longer; whoever died in one holds the looks up for so long, once.
HELD_FOR = timedelta(seconds=30)


class OpenCard(NamedTuple):
    """Where the card of an open change stands, as far as is known."""

    change_id: int
    generation: int
    channel_id: str
    ts: str


async def to_look_at(context: ServiceContext, after: int) -> list[OpenCard] | None:
    """Return the cards of open changes behind a change that stand somewhere; None unless this process is to look now.

    One process looks at a time, as often as the mirror is refreshed.
    """
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        is_mine = await mirror_reads.claim(
            tx,
            SCOPE,
            now,
            older_than=context.mirror_refresh,
            lease_id=context.new_id(),
            until=now + min(HELD_FOR, max(context.mirror_refresh, timedelta(seconds=1))),
        )
        if not is_mine:
            return None
        found = await cards.of_open_changes(tx, after=after, limit=LOOKED_AT_ONCE)
    return [OpenCard(each.change_id, each.generation, each.channel_id, each.message_ts) for each in found]


async def bring_back(context: ServiceContext, gone: Sequence[OpenCard]) -> None:
    """Have cards shown anew that somebody deleted: whoever delivers finds them gone, and posts others."""
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        known = await changes.get_all(tx, [card.change_id for card in gone])
        drafts = [
            # Once an hour: what is looked for in vain, and stands there, is not shown anew all the time.
            card_anyway(known[card.change_id].team_id, card.change_id, now, f"gone/{card.generation}/{now:%Y%m%d%H}")
            for card in gone
        ]
        await outbox.enqueue(tx, drafts)
    context.wake(Work.DELIVER)
