"""Where the approval card of a change stands, and which version of the change it shows."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.label import format_label
from bot.domain.state import State
from bot.store import pauses as pause_store
from bot.store.changes import from_row
from bot.store.errors import StaleCard
from bot.store.pauses import Pause
from bot.store.schema import cards, changes, is_unfinished, pauses
from bot.store.upsert import of_each_dialect

_other = changes.alias("other")
_HAS_OTHERS = exists().where(
    _other.c.account_sid == changes.c.account_sid,
    _other.c.workspace_id == changes.c.workspace_id,
    _other.c.number == changes.c.number,
    is_unfinished(_other),
    _other.c.id != changes.c.id,
)
_WITH_CHANGES = (
    select(
        changes,
        *(column.label(f"card_{column.name}") for column in cards.c),
        *pause_store.COLUMNS,
        _HAS_OTHERS.label("has_others"),
    )
    .outerjoin(cards, cards.c.change_id == func.coalesce(changes.c.bundle_id, changes.c.id))
    .outerjoin(pauses, pauses.c.team_id == changes.c.team_id)
    .where(changes.c.id.in_(bindparam("ids", expanding=True)))
)
_ADD = of_each_dialect(cards, lambda insert: insert.on_conflict_do_nothing(index_elements=["change_id"]))
_IS_AS_READ = tuple(
    cards.c[name] == bindparam(f"of_{name}") for name in ("change_id", "generation", "message_ts", "shown_version")
)
_SAVE = update(cards).where(*_IS_AS_READ)
_free = select(cards.c.change_id).where(*_IS_AS_READ).with_for_update(skip_locked=True).cte("free")
_SAVE_IF_FREE = _SAVE.where(cards.c.change_id.in_(select(_free.c.change_id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A posted card, or the one that is to be posted next: without `message_ts` nobody knows of a post.

    `generation` counts the cards of a change, for one that had to be posted anew. `attempted_at` is set, and
    committed, before a post leaves: with it, the card may stand in the channel. `problem` says why Slack takes nothing
    in this channel, since `problem_at`.
    """

    change_id: int
    channel_id: str
    message_ts: str = ""
    generation: int = 1
    shown_version: int = 0
    attempted_at: datetime | None = None
    problem: str | None = None
    problem_at: datetime | None = None

    @property
    def is_posted(self) -> bool:
        """Say whether the card is known to stand in its channel."""
        return bool(self.message_ts)

    def anew(self, channel_id: str) -> "Card":
        """Return the card that takes the place of this one."""
        return Card(change_id=self.change_id, channel_id=channel_id, generation=self.generation + 1)


async def get(tx: AsyncConnection, change_id: int) -> Card | None:
    """Return the card of a change, None before anybody tried to post it."""
    row = (await tx.execute(select(cards).where(cards.c.change_id == change_id))).mappings().one_or_none()
    return None if row is None else Card(**row)


async def lock(tx: AsyncConnection, change_id: int) -> Card | None:
    """Do as `get` does, and hold the card until the transaction ends: whoever just delivers to it is waited for."""
    query = select(cards).where(cards.c.change_id == change_id).with_for_update()
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else Card(**row)


@dataclass(frozen=True, slots=True)
class Shown:
    """A change with what its card shows beside it: whether sending is paused, and whether its number has open others.

    The card is None before anybody tried to post it; of changes that were asked together it is that of all.
    """

    change: ChangeRequest
    card: Card | None
    pause: Pause | None
    has_others: bool


async def with_changes(tx: AsyncConnection, change_ids: Collection[int]) -> dict[int, Shown]:
    """Return some changes by id, each with its card."""
    rows = (await tx.execute(_WITH_CHANGES, {"ids": list(change_ids)})).mappings()
    return {
        row["id"]: Shown(from_row(row), _joined(row), pause_store.joined(row), bool(row["has_others"])) for row in rows
    }


def _joined(row: RowMapping) -> Card | None:
    if row["card_change_id"] is None:
        return None
    return Card(**{each.name: row[f"card_{each.name}"] for each in fields(Card)})


async def posted(tx: AsyncConnection, change_ids: Collection[int]) -> dict[int, Card]:
    """Return the cards that are known to stand in their channel, of as many of these changes as have one."""
    if not change_ids:
        return {}
    query = select(cards).where(cards.c.change_id.in_(change_ids), cards.c.message_ts != "")
    return {row["change_id"]: Card(**row) for row in (await tx.execute(query)).mappings()}


async def of_open_changes(tx: AsyncConnection, *, after: int, limit: int) -> list[Card]:
    """Return cards that stand somewhere, of undecided and approved changes behind `after`, in the order of the ids."""
    query = (
        select(cards)
        .join(changes, changes.c.id == cards.c.change_id)
        .where(
            is_unfinished(changes),
            changes.c.state.in_([State.PENDING, State.APPROVED]),
            changes.c.id > after,
            cards.c.message_ts != "",
            cards.c.problem.is_(None),
        )
        .order_by(changes.c.id)
        .limit(limit)
    )
    return [Card(**row) for row in (await tx.execute(query)).mappings()]


async def save(tx: AsyncConnection, card: Card, *, over: Card | None, may_wait: bool = True) -> None:
    """Record where the card stands now, in the place of what was read before.

    Whoever holds what others take behind the card must not wait for it: `may_wait` False takes a card that somebody
    else holds for one that was moved.

    Raises:
        StaleCard: It was moved, or posted anew, or marked as dirty meanwhile. Nothing was saved.
    """
    values = asdict(card)
    if over is None:
        result = await tx.execute(_ADD[tx.dialect.name], values)
    else:
        former = {f"of_{name}": value for name, value in asdict(over).items()}
        result = await tx.execute(_SAVE if may_wait else _SAVE_IF_FREE, values | former)
    if result.rowcount == 0:
        raise StaleCard(f"The card of {format_label(card.change_id)} is no longer as it was read.")


async def require(tx: AsyncConnection, card: Card) -> None:
    """Hold a card's row until the transaction ends, provided that it is still the card that was read.

    Raises:
        StaleCard: It was moved, or posted anew, meanwhile.
    """
    row = (
        (await tx.execute(select(cards).where(cards.c.change_id == card.change_id).with_for_update())).mappings().one()
    )
    if (row["generation"], row["message_ts"]) != (card.generation, card.message_ts):
        raise StaleCard(f"The card of {format_label(card.change_id)} is no longer as it was read.")


async def mark_dirty(tx: AsyncConnection, change_id: int) -> None:
    """Record that the card may show anything: whoever delivers to it next shows the stored state."""
    await tx.execute(update(cards).where(cards.c.change_id == change_id).values(shown_version=0))
