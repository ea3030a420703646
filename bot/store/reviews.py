"""Reviews: added, never altered; taken back once, and no longer counted for what their reviewers may not."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.policy import Review, Verdict
from bot.store.rule_tables import change_rules, review_rules
from bot.store.schema import reviews

_OF_CHANGES = (
    select(reviews, review_rules.c.name, review_rules.c.lost_at)
    .outerjoin(review_rules, review_rules.c.review_id == reviews.c.id)
    .where(reviews.c.change_id.in_(bindparam("ids", expanding=True)))
    .order_by(reviews.c.id)
)
_ADD = insert(reviews).returning(reviews.c.id)


async def add(tx: AsyncConnection, change_id: int, review: Review) -> None:
    """Record a review. Lock the change first, and save the step that the review makes in the same transaction.

    The database refuses the requester, a change that is not pending, and a second live review of one person. It lets
    the review count for the rules that are for all by itself.
    """
    added = await tx.execute(_ADD, _to_row(change_id, review))
    if not review.rules:
        return
    counted = select(literal(added.scalar_one()), change_rules.c.name).where(
        change_rules.c.change_id == change_id,
        change_rules.c.revision == review.revision,
        change_rules.c.name.in_(review.rules),
        ~change_rules.c.is_for_all,
    )
    await tx.execute(insert(review_rules).from_select(["review_id", "name"], counted))


async def add_all(tx: AsyncConnection, added: Mapping[int, Review]) -> None:
    """Do as `add` does with one person's reviews of several changes, by change."""
    rows = [_to_row(change_id, review) for change_id, review in added.items()]
    inserted = await tx.execute(insert(reviews).returning(reviews.c.change_id, reviews.c.id), rows)
    ids = {row.change_id: row.id for row in inserted}
    for rules in {review.rules for review in added.values() if review.rules}:
        of_rules = [ids[change_id] for change_id, review in added.items() if review.rules == rules]
        counted = (
            select(reviews.c.id, change_rules.c.name)
            .join(
                change_rules,
                and_(change_rules.c.change_id == reviews.c.change_id, change_rules.c.revision == reviews.c.revision),
            )
            .where(reviews.c.id.in_(of_rules), change_rules.c.name.in_(rules), ~change_rules.c.is_for_all)
        )
        await tx.execute(insert(review_rules).from_select(["review_id", "name"], counted))


async def take_back_all(tx: AsyncConnection, taken: Mapping[int, Review], at: datetime) -> None:
    """Do as `take_back` does with one person's reviews of several changes, by change."""
    for reviewer_id, revision in {(review.reviewer_id, review.revision) for review in taken.values()}:
        await tx.execute(
            update(reviews)
            .where(
                reviews.c.change_id.in_(list(taken)),
                reviews.c.revision == revision,
                reviews.c.reviewer_id == reviewer_id,
                reviews.c.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=at)
        )


async def take_back(tx: AsyncConnection, change_id: int, review: Review, at: datetime) -> None:
    """Withdraw a person's live review. Lock the change first; it must not be applied yet."""
    await tx.execute(
        update(reviews)
        .where(*_of_reviewer(change_id, review), reviews.c.withdrawn_at.is_(None))
        .values(withdrawn_at=at)
    )


async def lose(tx: AsyncConnection, change_id: int, review: Review, rules: Collection[str], at: datetime) -> None:
    """Let a live review no longer count for some rules. Lock the change first; it must be pending."""
    of_review = select(reviews.c.id).where(*_of_reviewer(change_id, review), reviews.c.withdrawn_at.is_(None))
    await tx.execute(
        update(review_rules)
        .where(
            review_rules.c.review_id.in_(of_review),
            review_rules.c.name.in_(rules),
            review_rules.c.lost_at.is_(None),
        )
        .values(lost_at=at)
    )


def _to_row(change_id: int, review: Review) -> dict[str, Any]:
    return {
        "change_id": change_id,
        "revision": review.revision,
        "reviewer_id": review.reviewer_id,
        "verdict": review.verdict,
        "reason": review.reason,
        "at": review.at,
        "withdrawn_at": review.withdrawn_at,
    }


def _of_reviewer(change_id: int, review: Review) -> tuple[ColumnElement[bool], ...]:
    return (
        reviews.c.change_id == change_id,
        reviews.c.revision == review.revision,
        reviews.c.reviewer_id == review.reviewer_id,
    )


async def of_change(tx: AsyncConnection, change_id: int) -> list[Review]:
    """Return every review of a change, withdrawn ones too, in the order in which they came."""
    return (await of_changes(tx, [change_id])).get(change_id, [])


async def of_changes(tx: AsyncConnection, change_ids: Collection[int]) -> dict[int, list[Review]]:
    """Return every review of some changes, by change, as `of_change` does."""
    found: dict[int, dict[int, Review]] = {}
    if not change_ids:
        return {}
    for row in (await tx.execute(_OF_CHANGES, {"ids": list(change_ids)})).mappings():
        of_one = found.setdefault(row["change_id"], {})
        review = of_one.get(row["id"]) or Review(
            reviewer_id=row["reviewer_id"],
            verdict=Verdict(row["verdict"]),
            revision=row["revision"],
            at=row["at"],
            reason=row["reason"],
            withdrawn_at=row["withdrawn_at"],
        )
        names = frozenset() if row["name"] is None else frozenset({row["name"]})
        lost = frozenset() if row["lost_at"] is None else names
        of_one[row["id"]] = replace(review, rules=review.rules | names, lost=review.lost | lost)
    return {change_id: list(of_one.values()) for change_id, of_one in found.items()}
