"""Where the approval card of a change stands, and which version of the change it shows."""

from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.schema import cards
from bot.store.upsert import insert_or


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One posted card; `generation` counts the posts of a change's card, for one that had to be posted anew."""

    change_id: int
    channel_id: str
    message_ts: str
    generation: int = 1
    shown_version: int


async def get(tx: AsyncConnection, change_id: int) -> Card | None:
    """Return the card of a change, None before it was posted."""
    row = (await tx.execute(select(cards).where(cards.c.change_id == change_id))).mappings().one_or_none()
    return None if row is None else Card(**row)


async def save(tx: AsyncConnection, card: Card) -> None:
    """Record where the card stands now."""
    values = asdict(card)
    await tx.execute(
        insert_or(tx, cards).values(values).on_conflict_do_update(index_elements=["change_id"], set_=values)
    )
