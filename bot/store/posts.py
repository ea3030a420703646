"""Where facts of a thread stand, and what became of the changes that they tell the end of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.label import format_label
from bot.domain.state import Origin, State
from bot.store import outbox
from bot.store.columns import UtcDateTime
from bot.store.outbox import OutboxMessage
from bot.store.schema import changes
from bot.store.schema import outbox as messages


@dataclass(frozen=True, slots=True)
class Child:
    """A change of the same number whose form was filled from another one."""

    id: int
    requester_id: str
    origin: Origin | None
    state: State
    sent_from: datetime
    bundle_id: int | None = None
    decided_by: str | None = None
    problem: str | None = None

    @property
    def label(self) -> str:
        """The name that people use."""
        return format_label(self.id)


async def of_fact(tx: AsyncConnection, change_ids: Collection[int], kind: str, name: str) -> list[OutboxMessage]:
    """Return the messages that tell a fact of one of these changes, oldest first, posted or not."""
    query = select(messages).where(messages.c.change_id.in_(change_ids), messages.c.kind == kind)
    rows = (await tx.execute(query.order_by(messages.c.id))).mappings()
    return [post for post in map(outbox.from_row, rows) if post.payload["name"] == name]


async def children(tx: AsyncConnection, change: ChangeRequest) -> list[Child]:
    """Return the changes that were asked from a change, oldest first."""
    return (await children_of_all(tx, [change])).get(change.id, [])


async def children_of_all(tx: AsyncConnection, members: Sequence[ChangeRequest]) -> dict[int, list[Child]]:
    """Do as `children` does for several changes of an account, by change."""
    key = members[0].key
    sent_from = func.coalesce(changes.c.opens_at, changes.c.due_at, type_=UtcDateTime)
    of_child = (changes.c.id, changes.c.requester_id, changes.c.origin, changes.c.state, sent_from)
    of_put_back = (changes.c.bundle_id, changes.c.decided_by, changes.c.problem)
    query = select(changes.c.parent_id, *of_child, *of_put_back).where(
        changes.c.account_sid == key.account_sid,
        changes.c.workspace_id == key.workspace_id,
        changes.c.number.in_([each.key.number for each in members]),
        changes.c.id > members[0].id,
        changes.c.parent_id.in_([each.id for each in members]),
    )
    found: dict[int, list[Child]] = {}
    for parent_id, id_, by, origin, state, *rest in await tx.execute(query.order_by(changes.c.id)):
        child = Child(id_, by, Origin(origin) if origin else None, State(state), *rest)
        found.setdefault(parent_id, []).append(child)
    return found


def tells_one_of(kind: str, names: Collection[str]) -> ColumnElement[bool]:
    """Say of messages that they tell one of these facts of a change."""
    return and_(messages.c.kind == kind, or_(*(messages.c.fact.like(f"RN-%/{name}/%") for name in names)))
