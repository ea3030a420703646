"""What a worker may take: one change at a time, locked, so that no two workers take the same one; and its leases.

On PostgreSQL rows that others hold are skipped; on SQLite the transaction holds the only write lock, and SQLAlchemy
leaves FOR UPDATE out. What needs UponAI is taken for one workspace alone, the one that this process can reach.

A lease ends by fencing: whoever completes names the lease it holds, and finds out there that it was lost. Taking one is
no step of the change's life.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.key import WorkspaceKey
from bot.domain.policy import Verdict
from bot.domain.state import FollowUp, Origin, State
from bot.store.changes import from_row
from bot.store.columns import UtcDateTime
from bot.store.errors import LeaseLost
from bot.store.rule_tables import change_rules, review_rules
from bot.store.schema import changes, is_in_state, is_the_word, is_unfinished, pauses, reviews

_other = changes.alias("other")
_parent = changes.alias("parent")
_NOW = bindparam("now", type_=UtcDateTime)
_IS_OF_WORKSPACE = and_(
    changes.c.account_sid == bindparam("of_sid"), changes.c.workspace_id == bindparam("of_workspace")
)
_IS_SAME_NUMBER = and_(
    _other.c.account_sid == changes.c.account_sid,
    _other.c.workspace_id == changes.c.workspace_id,
    _other.c.number == changes.c.number,
    _other.c.id != changes.c.id,
)
_PARENT_COVERS = and_(
    is_the_word(changes.c.origin, Origin.PUT_BACK),
    exists().where(
        _parent.c.id == changes.c.parent_id,
        is_in_state(_parent, State.APPLIED),
        _parent.c.number == changes.c.number,
        _parent.c.touched == changes.c.touched,
    ),
)
_IS_PAUSED = exists().where(pauses.c.team_id == changes.c.team_id)


def _is_approved() -> ColumnElement[bool]:
    """Require what the trigger of the step requires: one change that lost its approvals must not stop the others."""
    live = and_(
        reviews.c.change_id == changes.c.id,
        reviews.c.revision == changes.c.revision,
        reviews.c.withdrawn_at.is_(None),
        reviews.c.reviewer_id != changes.c.requester_id,
    )
    approvals = select(func.count(reviews.c.reviewer_id.distinct())).where(live, reviews.c.verdict == Verdict.APPROVE)
    return or_(
        changes.c.overridden_at.is_not(None),
        _PARENT_COVERS,
        and_(
            approvals.correlate(changes).scalar_subquery() >= changes.c.quorum,
            ~exists().where(live, reviews.c.verdict == Verdict.DENY),
            ~_lacks_approvals(live),
        ),
    )


def _is_closed(table: FromClause) -> ColumnElement[bool]:
    """Say of a change that its rules let it be sent only later: it holds up no other one."""
    return and_(table.c.opens_at.is_not(None), table.c.opens_at > _NOW)


def _lacks_approvals(live: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say of a change that one of its rules has fewer approvals than its quorum."""
    counted = (
        select(func.count(reviews.c.reviewer_id.distinct()))
        .join(review_rules, review_rules.c.review_id == reviews.c.id)
        .where(
            live,
            reviews.c.verdict == Verdict.APPROVE,
            review_rules.c.name == change_rules.c.name,
            review_rules.c.lost_at.is_(None),
        )
        .correlate(changes, change_rules)
    )
    return exists().where(
        change_rules.c.change_id == changes.c.id,
        change_rules.c.revision == changes.c.revision,
        counted.scalar_subquery() < change_rules.c.quorum,
    )


# An approved change could not be sent while its rules are closed, or another change of its number is being applied, was
# approved before it and could be sent, is unclear about the same fields, or is unclear and looked at; nor while its
# team has paused the sending.
MAY_BE_SENT = (
    is_in_state(changes, State.APPROVED),
    _IS_OF_WORKSPACE,
    changes.c.due_at <= _NOW,
    ~_is_closed(changes),
    changes.c.apply_before > _NOW,
    _is_approved(),
    ~_IS_PAUSED,
    ~exists().where(
        _IS_SAME_NUMBER,
        is_unfinished(_other),
        or_(
            is_in_state(_other, State.APPLYING),
            and_(
                is_in_state(_other, State.APPROVED),
                # By the clock, or by what it was when it was approved, should the clock have been set back since.
                or_(_other.c.due_at <= _NOW, _other.c.due_at <= _other.c.approved_at),
                ~_is_closed(_other),
                _other.c.approval_order < changes.c.approval_order,
            ),
            and_(
                is_in_state(_other, State.UNCLEAR),
                or_(_other.c.touched.bitwise_and(changes.c.touched) != 0, _other.c.leased_until > _NOW),
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """Which changes are wanted, and in which order."""

    oldest_first: ColumnElement[Any]
    conditions: tuple[ColumnElement[bool], ...]

    def one(self) -> Select[Any]:
        """Lock the first one."""
        query = select(changes).where(*self.conditions).order_by(self.oldest_first, changes.c.id)
        return query.limit(1).with_for_update(of=changes, skip_locked=True, key_share=True)

    def some(self, kind: str) -> Select[Any]:
        """Name the kind once for each of the first ones."""
        query = select(changes.c.id).where(*self.conditions).order_by(self.oldest_first, changes.c.id)
        return select(literal(kind).label("kind")).select_from(query.limit(bindparam("most", type_=Integer)).subquery())


_BY_ID = _Look(changes.c.id, (changes.c.id == bindparam("waiting_id"), *MAY_BE_SENT))
_TO_APPLY = _Look(
    # Of those that are due the one that is so for longest; the index holds none that is not due yet.
    changes.c.due_at,
    (changes.c.wait_cause.is_(None), or_(changes.c.not_before.is_(None), changes.c.not_before <= _NOW), *MAY_BE_SENT),
)
_WAITING = _Look(
    # Whose look is due for longest comes first: many old ones must not starve the young.
    changes.c.not_before,
    (changes.c.wait_cause.is_not(None), changes.c.not_before <= _NOW, *MAY_BE_SENT),
)
_ABANDONED = _Look(
    changes.c.leased_until,
    (
        is_in_state(changes, State.APPLYING),
        changes.c.leased_until <= _NOW,
        or_(_IS_OF_WORKSPACE, changes.c.sent_at.is_(None), changes.c.apply_before <= _NOW),
    ),
)
_FOLLOW_UP = _Look(
    changes.c.id,
    (
        is_in_state(changes, State.UNCLEAR),
        _IS_OF_WORKSPACE,
        changes.c.follow_up.is_not(None),
        or_(changes.c.leased_until.is_(None), changes.c.leased_until <= _NOW),
        or_(changes.c.follow_up != FollowUp.TRY_AGAIN, ~_IS_PAUSED),
        ~exists().where(_IS_SAME_NUMBER, is_unfinished(_other), is_in_state(_other, State.APPLYING)),
    ),
)
# Two looks, each along an index of its own: for both at once the databases read all changes there ever were.
_EXPIRED = tuple(
    _Look(end, (is_in_state(changes, state), end <= _NOW))
    for state, end in ((State.PENDING, changes.c.expires_at), (State.APPROVED, changes.c.apply_before))
)
_FIRST = {look: look.one() for look in (_BY_ID, _TO_APPLY, _WAITING, _ABANDONED, _FOLLOW_UP, *_EXPIRED)}


class Due(StrEnum):
    """A kind of work about changes, in the order in which it is taken."""

    ABANDONED = "abandoned"
    FOLLOW_UP = "follow_up"
    TO_APPLY = "to_apply"
    WAITING = "waiting"
    EXPIRED = "expired"


# To be asked together with other looks; takes `now`, `of_sid`, `of_workspace`, and how many at the `most`.
DUE = (
    _ABANDONED.some(Due.ABANDONED),
    _FOLLOW_UP.some(Due.FOLLOW_UP),
    _TO_APPLY.some(Due.TO_APPLY),
    _WAITING.some(Due.WAITING),
    *(look.some(Due.EXPIRED) for look in _EXPIRED),
)


async def next_to_apply(
    tx: AsyncConnection, now: datetime, workspace: WorkspaceKey, *, waiting_id: int | None = None
) -> ChangeRequest | None:
    """Lock the approved change of a workspace that is to be applied next, None when there is none.

    One that waits for UponAI is taken only by its id, as `waiting_id`, when a look has shown that the wait is over.
    """
    if waiting_id is not None:
        return await _first(tx, _BY_ID, now, workspace, waiting_id=waiting_id)
    return await _first(tx, _TO_APPLY, now, workspace)


async def next_waiting(tx: AsyncConnection, now: datetime, workspace: WorkspaceKey) -> ChangeRequest | None:
    """Lock the change that waits for UponAI and is to be looked at next, None when there is none."""
    return await _first(tx, _WAITING, now, workspace)


async def take(tx: AsyncConnection, change: ChangeRequest, lease_id: str, until: datetime) -> ChangeRequest:
    """Put a change that was locked in this transaction under a new lease, and return it so."""
    await tx.execute(
        update(changes)
        .where(changes.c.id == change.id, changes.c.state.in_([State.APPLYING, State.UNCLEAR]))
        .values(lease_id=lease_id, leased_until=until)
    )
    return replace(change, lease_id=lease_id, leased_until=until)


async def let_go(tx: AsyncConnection, change: ChangeRequest, *, until: datetime) -> None:
    """Give a leased change back; nobody takes it before `until`. Raises LeaseLost."""
    result = await tx.execute(
        update(changes)
        .where(changes.c.id == change.id, changes.c.lease_id == change.lease_id)
        .values(lease_id=None, leased_until=until)
    )
    if result.rowcount == 0:
        raise LeaseLost(f"{change.label} is held by another worker")


async def postpone(tx: AsyncConnection, change: ChangeRequest, until: datetime) -> ChangeRequest:
    """Let a waiting change, which was locked in this transaction, be looked at again only from then on."""
    await tx.execute(
        update(changes)
        .where(changes.c.id == change.id, changes.c.state == State.APPROVED, changes.c.wait_cause.is_not(None))
        .values(not_before=until)
    )
    return replace(change, not_before=until)


async def next_abandoned(tx: AsyncConnection, now: datetime, workspace: WorkspaceKey) -> ChangeRequest | None:
    """Lock a change that is being applied under a lease that ran out, None when there is none.

    Of another workspace it is one that needs no look there: nothing was sent, or its approval has lapsed.
    """
    return await _first(tx, _ABANDONED, now, workspace)


async def next_follow_up(tx: AsyncConnection, now: datetime, workspace: WorkspaceKey) -> ChangeRequest | None:
    """Lock an unclear change of a workspace that a person sent a worker to, None when there is none.

    It waits while another change of its number is being applied; Try again also while its team has paused the
    sending.
    """
    return await _first(tx, _FOLLOW_UP, now, workspace)


async def next_expired(tx: AsyncConnection, now: datetime) -> ChangeRequest | None:
    """Lock a change of any workspace whose time to decide, or to apply what was approved, is over, else None."""
    for look in _EXPIRED:
        expired = await _first(tx, look, now)
        if expired is not None:
            return expired
    return None


async def _first(
    tx: AsyncConnection, look: _Look, now: datetime, workspace: WorkspaceKey | None = None, **values: Any
) -> ChangeRequest | None:
    if workspace is not None:
        values |= {"of_sid": workspace.account_sid, "of_workspace": workspace.workspace_id}
    row = (await tx.execute(_FIRST[look], {"now": now, **values})).mappings().one_or_none()
    return None if row is None else from_row(row)
