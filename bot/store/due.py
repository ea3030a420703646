"""What a worker may take: one change at a time, locked, so that no two workers take the same one.

On PostgreSQL rows that others hold are skipped; on SQLite the transaction holds the only write lock, and SQLAlchemy
leaves FOR UPDATE out.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.policy import Verdict
from bot.domain.state import Errand, State
from bot.store.changes import from_row
from bot.store.schema import changes, is_unfinished, pauses, reviews

_other = changes.alias("other")


async def next_to_apply(tx: AsyncConnection, now: datetime) -> ChangeRequest | None:
    """Lock the approved change that is to be applied next, None when there is none.

    It waits while another change of its number is being applied, was approved before it and is due, is unclear about
    the same fields, or is unclear and looked at; and while its team has paused the sending.
    """
    in_the_way = exists().where(
        _is_same_number(),
        is_unfinished(_other),
        or_(
            _other.c.state == State.APPLYING,
            and_(
                _other.c.state == State.APPROVED,
                _other.c.due_at <= now,
                _other.c.approval_order < changes.c.approval_order,
            ),
            and_(
                _other.c.state == State.UNCLEAR,
                or_(_other.c.touched.bitwise_and(changes.c.touched) != 0, _other.c.leased_until > now),
            ),
        ),
    )
    return await _first(
        tx,
        # Of those that are due the one that is so for longest; the index holds none that is not due yet.
        changes.c.due_at,
        changes.c.state == State.APPROVED,
        changes.c.due_at <= now,
        or_(changes.c.not_before.is_(None), changes.c.not_before <= now),
        changes.c.apply_before > now,
        _is_approved(),
        ~_is_paused(),
        ~in_the_way,
    )


async def next_abandoned(tx: AsyncConnection, now: datetime) -> ChangeRequest | None:
    """Lock a change that is being applied under a lease that ran out, None when there is none."""
    return await _first(tx, changes.c.leased_until, changes.c.state == State.APPLYING, changes.c.leased_until <= now)


async def next_errand(tx: AsyncConnection, now: datetime) -> ChangeRequest | None:
    """Lock an unclear change that a person sent a worker to, None when there is none.

    It waits while another change of its number is being applied; Try again also while its team has paused the
    sending.
    """
    return await _first(
        tx,
        changes.c.id,
        changes.c.state == State.UNCLEAR,
        changes.c.errand.is_not(None),
        or_(changes.c.leased_until.is_(None), changes.c.leased_until <= now),
        or_(changes.c.errand != Errand.TRY_AGAIN, ~_is_paused()),
        ~exists().where(_is_same_number(), is_unfinished(_other), _other.c.state == State.APPLYING),
    )


async def next_expired(tx: AsyncConnection, now: datetime) -> ChangeRequest | None:
    """Lock a change whose time to decide, or to apply what was approved, is over; None when there is none."""
    # Two looks, each along an index of its own: for both at once the databases read all changes there ever were.
    for state, end in ((State.PENDING, changes.c.expires_at), (State.APPROVED, changes.c.apply_before)):
        expired = await _first(tx, end, changes.c.state == state, end <= now)
        if expired is not None:
            return expired
    return None


def _is_same_number() -> ColumnElement[bool]:
    return and_(
        _other.c.account_sid == changes.c.account_sid,
        _other.c.workspace_id == changes.c.workspace_id,
        _other.c.number == changes.c.number,
        _other.c.id != changes.c.id,
    )


def _is_approved() -> ColumnElement[bool]:
    """Require what the trigger of the step requires: one change that lost its approvals must not stop the others."""
    live = and_(
        reviews.c.change_id == changes.c.id,
        reviews.c.revision == changes.c.revision,
        reviews.c.withdrawn_at.is_(None),
        reviews.c.reviewer_id != changes.c.requester_id,
    )
    approvals = select(func.count(reviews.c.reviewer_id.distinct())).where(live, reviews.c.verdict == Verdict.APPROVE)
    return and_(
        approvals.correlate(changes).scalar_subquery() >= changes.c.quorum,
        ~exists().where(live, reviews.c.verdict == Verdict.DENY),
    )


def _is_paused() -> ColumnElement[bool]:
    return exists().where(pauses.c.team_id == changes.c.team_id)


async def _first(
    tx: AsyncConnection, oldest_first: ColumnElement[Any], *is_due: ColumnElement[bool]
) -> ChangeRequest | None:
    query = (
        select(changes)
        .where(*is_due)
        .order_by(oldest_first, changes.c.id)
        .limit(1)
        .with_for_update(of=changes, skip_locked=True)
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else from_row(row)
