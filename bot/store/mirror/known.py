"""What the mirror last knew of some numbers, listed or not: what a newer reading is compared with."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import Assignment
from bot.domain.key import WorkspaceKey
from bot.store.mirror.schema import numbers


@dataclass(frozen=True, slots=True)
class Known:
    """The last known assignment of a number, and the number of the write that it came with."""

    assignment: Assignment
    written: int


async def of_numbers(tx: AsyncConnection, workspace: WorkspaceKey, names: Collection[str]) -> dict[str, Known]:
    """Return what is known of these numbers, by number; a number that was never read is not among them."""
    query = select(numbers.c.number, numbers.c.assignment, numbers.c.written).where(
        numbers.c.account_sid == workspace.account_sid,
        numbers.c.workspace_id == workspace.workspace_id,
        numbers.c.number.in_(names),
    )
    return {
        number: Known(Assignment.from_json(assignment), written)
        for number, assignment, written in await tx.execute(query)
    }


async def leave_unconfirmed(tx: AsyncConnection, workspace: WorkspaceKey, names: Collection[str], write: int) -> None:
    """Keep a reading that shows these numbers otherwise from confirming what is known of them."""
    await tx.execute(
        update(numbers)
        .where(
            numbers.c.account_sid == workspace.account_sid,
            numbers.c.workspace_id == workspace.workspace_id,
            numbers.c.number.in_(names),
        )
        .values(written=write)
    )
