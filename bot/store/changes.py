"""Changes: stored as they are asked, saved step by step."""

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Update,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy import insert as insert_into
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import Assignment, AssignmentPatch, fields_to_bits
from bot.domain.change import ChangeRequest
from bot.domain.draft import ChangeDraft
from bot.domain.errors import UnknownChange
from bot.domain.key import NumberKey
from bot.domain.label import format_label
from bot.domain.rules.policy import HeldPolicy
from bot.domain.state import FollowUp, Origin, State, WaitCause
from bot.store import turns
from bot.store.errors import StaleVersion
from bot.store.schema import UNFINISHED, changes, is_unfinished

_STORED = tuple(f.name for f in fields(ChangeRequest) if f.name not in ("key", "number_name"))
_COLUMNS = tuple((name, changes.c[name].name) for name in _STORED)
# Everything but what the draft said and the reviewers saw. The database refuses the rest.
_STEPS = set(_STORED) - {f.name for f in fields(ChangeDraft)} - {"id"}
# Only an approved put-back can be made due earlier.
MUTABLE = _STEPS | {"channel_id", "due_at"}
_INSERT = insert_into(changes).returning(changes.c.id)
SAVE = (
    update(changes)
    .where(changes.c.id == bindparam("of_id"), changes.c.version == bindparam("of_version"))
    .values({name: bindparam(name) for name in MUTABLE})
    .returning(changes.c.approval_order)
)
_earlier = changes.alias("earlier")
# Behind all changes of its number that were approved before.
NEXT_APPROVAL_ORDER = (
    select(func.coalesce(func.max(_earlier.c.approval_order), 0) + 1)
    .where(
        _earlier.c.account_sid == bindparam("of_sid"),
        _earlier.c.workspace_id == bindparam("of_workspace"),
        _earlier.c.number == bindparam("of_number"),
    )
    .scalar_subquery()
)
_SAVE_FIRST_APPROVED = SAVE.values(approval_order=NEXT_APPROVAL_ORDER)
_GET_ALL = select(changes).where(changes.c.id.in_(bindparam("ids", expanding=True)))
_BY_SUBMISSION = select(changes).where(
    changes.c.team_id == bindparam("of_team"), changes.c.submission_key == bindparam("of_key")
)
# By `key_values`.
IS_OF_NUMBER = (
    changes.c.account_sid == bindparam("of_sid"),
    changes.c.workspace_id == bindparam("of_workspace"),
    changes.c.number == bindparam("of_number"),
)
# Not the plain id: few are open, and along the index that has their order lies the history of the number.
OLDEST_OPEN_FIRST = changes.c.id + literal_column("0")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked: this person, or with `is_other` anybody else."""

    user_id: str
    is_other: bool = False

    def holds(self) -> ColumnElement[bool]:
        """Say it of a row."""
        own: ColumnElement[bool] = changes.c.requester_id == self.user_id
        return ~own if self.is_other else own


async def insert(tx: AsyncConnection, draft: ChangeDraft) -> ChangeRequest:
    """Store what somebody asks for as a pending change; its audit event has to follow in this transaction.

    The database refuses a second change of one submission: lock it and look for its change first.
    """
    request = as_asked(draft)
    row = {name: value for name, value in to_row(request).items() if name != "id"}
    return replace(request, id=(await tx.execute(_INSERT, row)).scalar_one())


def as_asked(draft: ChangeDraft) -> ChangeRequest:
    """Return what is asked as the change that it becomes, without its id."""
    return ChangeRequest(id=0, **{f.name: getattr(draft, f.name) for f in fields(ChangeDraft)})


async def find_by_submission(tx: AsyncConnection, team_id: str, submission_key: str) -> ChangeRequest | None:
    """Return the change that this submission of the form has made, None when it is the first."""
    found = await _all(tx, _BY_SUBMISSION, of_team=team_id, of_key=submission_key)
    return found[0] if found else None


async def get(tx: AsyncConnection, change_id: int, *, team_id: str | None = None) -> ChangeRequest:
    """Return one change, of one team when `team_id` is given.

    Raises:
        UnknownChange: There is none.
    """
    return await _one(tx, _by_id(change_id, team_id), change_id)


async def get_all(tx: AsyncConnection, change_ids: Collection[int]) -> dict[int, ChangeRequest]:
    """Return some changes, by id; of ids that nobody has nothing."""
    rows = (await tx.execute(_GET_ALL, {"ids": list(change_ids)})).mappings()
    return {row["id"]: from_row(row) for row in rows}


async def lock(tx: AsyncConnection, change_id: int, *, team_id: str | None = None) -> ChangeRequest:
    """Return one change and hold its row until the transaction ends; messages about it can be recorded meanwhile.

    Raises:
        UnknownChange: There is none.
    """
    return await _one(tx, _by_id(change_id, team_id).with_for_update(key_share=True), change_id)


async def save(tx: AsyncConnection, change: ChangeRequest, statement: Update = SAVE, /, **given: Any) -> ChangeRequest:
    """Save one step of a change; its audit event has to follow in this transaction.

    `statement` saves it only where more holds of the stored change, which is told with the values `given` to it.

    Returns the change as it is stored: a newly approved one gets its `approval_order` here, behind all changes of
    its number that were approved before.

    Raises:
        StaleVersion: The stored change is not at the version before this one, or what more has to hold does not.
    """
    row = to_row(change)
    values = {name: row[name] for name in MUTABLE} | {"of_id": change.id, "of_version": change.version - 1}
    if change.state is State.APPROVED and change.approval_order is None:
        await turns.to_approve(tx, [change.key])
        del values["approval_order"]
        saved = await tx.execute(_SAVE_FIRST_APPROVED, values | key_values(change.key))
    else:
        saved = await tx.execute(statement, values | given)
    stored = saved.one_or_none()
    if stored is None:
        raise StaleVersion(f"{change.label} moved on while it was being changed.")
    return replace(change, approval_order=stored.approval_order)


async def pending(
    tx: AsyncConnection, team_id: str, limit: int, *, asked: Asked | None = None, after_id: int = 0
) -> list[ChangeRequest]:
    """Return a team's undecided changes behind `after_id`, oldest first; `asked` tells whose.

    Of those that were asked together the first stands for all.
    """
    query = _unfinished(team_id, State.PENDING).where(changes.c.id > after_id, is_first(State.PENDING))
    if asked is not None:
        query = query.where(asked.holds())
    return await _all(tx, query.order_by(changes.c.id).limit(limit))


async def open_of(tx: AsyncConnection, team_id: str, requester_id: str, limit: int) -> list[ChangeRequest]:
    """Return a person's changes that have not ended, newest first; of those asked together the first of these."""
    query = _unfinished(team_id, *UNFINISHED).where(changes.c.requester_id == requester_id, is_first(*UNFINISHED))
    return await _all(tx, query.order_by(changes.c.id.desc()).limit(limit))


async def open_of_number(tx: AsyncConnection, team_id: str, key: NumberKey, limit: int) -> list[ChangeRequest]:
    """Return a team's changes of a number that have not ended, oldest first."""
    query = _unfinished(team_id, *UNFINISHED).where(*_of_number(key))
    return await _all(tx, query.order_by(OLDEST_OPEN_FIRST).limit(limit))


async def recent(
    tx: AsyncConnection, team_id: str, *, key: NumberKey | None = None, before_id: int | None = None, limit: int
) -> list[ChangeRequest]:
    """Return a team's changes older than `before_id`, newest first: of one number when `key` is given, else of all.

    Of all, those that were asked together are one, their lead.
    """
    query = select(changes).where(changes.c.team_id == team_id)
    is_alone = or_(changes.c.bundle_id.is_(None), changes.c.bundle_id == changes.c.id)
    query = query.where(is_alone) if key is None else query.where(*_of_number(key))
    if before_id is not None:
        query = query.where(changes.c.id < before_id)
    return await _all(tx, query.order_by(changes.c.id.desc()).limit(limit))


async def open_ids(tx: AsyncConnection, team_id: str) -> list[int]:
    """Return a team's pending and approved changes, oldest first; of those that were asked together their lead."""
    query = select(func.coalesce(changes.c.bundle_id, changes.c.id)).where(
        changes.c.team_id == team_id, is_unfinished(changes), changes.c.state.in_([State.PENDING, State.APPROVED])
    )
    return list(dict.fromkeys((await tx.scalars(query.order_by(changes.c.id))).all()))


def key_values(key: NumberKey) -> dict[str, Any]:
    """Return the values by which what is about a number is found."""
    return {"of_sid": key.account_sid, "of_workspace": key.workspace_id, "of_number": key.number}


def _unfinished(team_id: str, *states: str) -> Select[Any]:
    return select(changes).where(changes.c.team_id == team_id, is_unfinished(changes), changes.c.state.in_(states))


def is_first(*states: str) -> ColumnElement[bool]:
    """Require that no other one in these states was asked before it, and together with it."""
    before = changes.alias("before")
    return ~exists().where(
        before.c.bundle_id == changes.c.bundle_id, before.c.id < changes.c.id, before.c.state.in_(states)
    )


def _by_id(change_id: int, team_id: str | None) -> Select[Any]:
    query = select(changes).where(changes.c.id == change_id)
    return query if team_id is None else query.where(changes.c.team_id == team_id)


def _of_number(key: NumberKey) -> tuple[Any, ...]:
    return (
        changes.c.account_sid == key.account_sid,
        changes.c.workspace_id == key.workspace_id,
        changes.c.number == key.number,
    )


async def _all(tx: AsyncConnection, query: Select[Any], **values: Any) -> list[ChangeRequest]:
    return [from_row(row) for row in (await tx.execute(query, values)).mappings()]


async def _one(tx: AsyncConnection, query: Select[Any], change_id: int) -> ChangeRequest:
    found = await _all(tx, query)
    if not found:
        raise UnknownChange(f"There is no change {format_label(change_id)}.")
    return found[0]


def from_row(row: RowMapping) -> ChangeRequest:
    """Read a row of the table."""
    return ChangeRequest(
        **{
            **{name: row[column] for name, column in _COLUMNS},
            "key": NumberKey(row["account_sid"], row["workspace_id"], row["number"]),
            "before": Assignment.from_json(row["before"]),
            "patch": AssignmentPatch.from_json(row["patch"]),
            "policy": HeldPolicy.from_json(row["policy"]),
            "state": State(row["state"]),
            "origin": None if row["origin"] is None else Origin(row["origin"]),
            "follow_up": None if row["errand"] is None else FollowUp(row["errand"]),
            "wait_cause": None if row["wait_cause"] is None else WaitCause(row["wait_cause"]),
            "looked": None if row["looked"] is None else Assignment.from_json(row["looked"]),
            "result": None if row["result"] is None else Assignment.from_json(row["result"]),
        }
    )


def to_row(change: ChangeRequest) -> dict[str, Any]:
    """Return the row of a change."""
    values = {name: getattr(change, name) for name in _STORED}
    return values | {
        "account_sid": change.key.account_sid,
        "workspace_id": change.key.workspace_id,
        "number": change.key.number,
        "before": change.before.to_json(),
        "patch": change.patch.to_json(),
        "touched": fields_to_bits(change.patch.fields),
        "agent_names": dict(change.agent_names),
        "policy": change.policy.to_json(),
        "quorum": change.policy.quorum,
        "looked": None if change.looked is None else change.looked.to_json(),
        "result": None if change.result is None else change.result.to_json(),
    }
