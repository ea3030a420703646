"""Which messages of the outbox are due, as conditions and as the statement that claims them."""

from sqlalchemy import ColumnElement, Executable, FromClause, Integer, bindparam, exists, or_, select, update

from bot.store.columns import UtcDateTime
from bot.store.schema import outbox

_NOW = bindparam("now", type_=UtcDateTime)


def _is_first_and_due(one: FromClause) -> tuple[ColumnElement[bool], ...]:
    earlier = outbox.alias("before")
    return (
        one.c.done_at.is_(None),
        one.c.due_at <= _NOW,
        or_(one.c.leased_until.is_(None), one.c.leased_until <= _NOW),
        ~exists().where(earlier.c.lane == one.c.lane, earlier.c.id < one.c.id, earlier.c.done_at.is_(None)),
    )


# Requires of a message that a claim would take it as the first of its lane.
HAS_DUE = _is_first_and_due(outbox)


def _claim() -> Executable:
    earlier, first, free = outbox.alias("earlier"), outbox.alias("first"), outbox.alias("free")
    # Through a CTE so that LIMIT holds, and SKIP LOCKED counts what was locked here alone.
    lanes = (
        select(first.c.lane)
        .where(*_is_first_and_due(first))
        .order_by(first.c.due_at, first.c.id)
        .limit(bindparam("lanes", type_=Integer))
        .with_for_update(of=first, skip_locked=True)
        .cte("lanes")
    )
    # What somebody holds at this moment is not waited for either: it holds up what comes behind it. So whoever claims,
    # who locks messages before anything else, is never part of a circle.
    takeable = (
        select(free.c.id)
        .where(
            free.c.lane.in_(select(lanes.c.lane)),
            free.c.done_at.is_(None),
            free.c.due_at <= _NOW,
            or_(free.c.leased_until.is_(None), free.c.leased_until <= _NOW),
        )
        .with_for_update(of=free, skip_locked=True)
        .cte("takeable")
    )
    is_held_up = exists().where(
        earlier.c.lane == outbox.c.lane,
        earlier.c.id < outbox.c.id,
        earlier.c.done_at.is_(None),
        earlier.c.id.not_in(select(takeable.c.id)),
    )
    return (
        update(outbox)
        .where(outbox.c.id.in_(select(takeable.c.id)), ~is_held_up)
        .values(
            lease_id=bindparam("lease"),
            leased_until=bindparam("until", type_=UtcDateTime),
            attempts=outbox.c.attempts + 1,
        )
        .returning(outbox)
    )


CLAIM = _claim()
