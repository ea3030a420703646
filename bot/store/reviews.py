"""Reviews: added, never altered."""

from collections.abc import Collection

from sqlalchemy import and_, bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.policy import Review, Verdict
from bot.store.schema import changes, reviews

_OF_CHANGES = select(reviews).where(reviews.c.change_id.in_(bindparam("ids", expanding=True))).order_by(reviews.c.id)


async def add(tx: AsyncConnection, change_id: int, review: Review) -> None:
    """Record a review. Lock the change first, and save the step that the review makes in the same transaction.

    The database refuses the requester, a change that is not pending, and a second live review of one person.
    """
    await tx.execute(
        insert(reviews).values(
            change_id=change_id,
            revision=review.revision,
            reviewer_id=review.reviewer_id,
            verdict=review.verdict,
            reason=review.reason,
            at=review.at,
            withdrawn_at=review.withdrawn_at,
        )
    )


async def decided_by(tx: AsyncConnection, reviewer_id: str, change_ids: Collection[int]) -> set[int]:
    """Return those of these changes about which a person has decided, in the revision that stands."""
    if not change_ids:
        return set()
    query = (
        select(reviews.c.change_id)
        .join(changes, and_(changes.c.id == reviews.c.change_id, changes.c.revision == reviews.c.revision))
        .where(
            reviews.c.change_id.in_(change_ids),
            reviews.c.reviewer_id == reviewer_id,
            reviews.c.withdrawn_at.is_(None),
        )
    )
    return set(await tx.scalars(query))


async def of_change(tx: AsyncConnection, change_id: int) -> list[Review]:
    """Return every review of a change, withdrawn ones too, in the order in which they came."""
    return (await of_changes(tx, [change_id])).get(change_id, [])


async def of_changes(tx: AsyncConnection, change_ids: Collection[int]) -> dict[int, list[Review]]:
    """Return every review of some changes, by change, as `of_change` does."""
    found: dict[int, list[Review]] = {}
    if not change_ids:
        return found
    for row in (await tx.execute(_OF_CHANGES, {"ids": list(change_ids)})).mappings():
        review = Review(
            reviewer_id=row["reviewer_id"],
            verdict=Verdict(row["verdict"]),
            revision=row["revision"],
            at=row["at"],
            reason=row["reason"],
            withdrawn_at=row["withdrawn_at"],
        )
        found.setdefault(row["change_id"], []).append(review)
    return found
