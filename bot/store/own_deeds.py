"""What was sent to some numbers by changes of ours, as far as it can explain how they look now."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import Assignment, AssignmentPatch, fields_to_bits
from bot.domain.change import ChangeRequest
from bot.domain.key import WorkspaceKey
from bot.domain.outside import AppliedLast, MovedOutside, OwnDeeds
from bot.domain.state import State
from bot.store.changes import from_row
from bot.store.schema import changes, is_unfinished


async def of_numbers(tx: AsyncConnection, workspace: WorkspaceKey, names: Collection[str]) -> dict[str, OwnDeeds]:
    """Return what explains the look of these numbers, by number; of the others nothing does.

    Read it under the lock of the mirror's writes: an applied change is known by its row there, and one that is not yet
    applied by what stands here.
    """
    is_sent = and_(changes.c.state == State.APPLYING, changes.c.sent_at.is_not(None))
    # It was sent once, found without effect and given back; what was sent may still land.
    may_be_late = and_(changes.c.state.in_([State.APPROVED, State.APPLYING]), changes.c.looked.is_not(None))
    query = select(changes.c.number, changes.c.patch, is_sent).where(
        *_of(workspace, names),
        is_unfinished(changes),
        or_(changes.c.state == State.UNCLEAR, is_sent, may_be_late),
    )
    loose: dict[str, list[AssignmentPatch]] = defaultdict(list)
    under_way: set[str] = set()
    for number, patch, is_under_way in await tx.execute(query):
        loose[number].append(AssignmentPatch.from_json(patch))
        under_way |= {number} if is_under_way else set()
    last = await _last_applied(tx, workspace, names)
    return {number: OwnDeeds(number in under_way, tuple(loose[number]), last.get(number)) for number in {*loose, *last}}


async def _last_applied(tx: AsyncConnection, workspace: WorkspaceKey, names: Collection[str]) -> dict[str, AppliedLast]:
    is_applied = (*_of(workspace, names), changes.c.state == State.APPLIED)
    newest = (
        select(changes.c.number, func.max(changes.c.finished_at).label("finished_at"))
        .where(*is_applied)
        .group_by(changes.c.number)
        .subquery()
    )
    is_newest = and_(changes.c.number == newest.c.number, changes.c.finished_at == newest.c.finished_at)
    query = select(changes.c.number, changes.c.patch, changes.c.before, changes.c.finished_at)
    rows = await tx.execute(query.join(newest, is_newest).where(*is_applied))
    return {
        number: AppliedLast(AssignmentPatch.from_json(patch), Assignment.from_json(before), at)
        for number, patch, before, at in rows
    }


async def count_open(tx: AsyncConnection, workspace: WorkspaceKey) -> Counter[str]:
    """Count the pending and approved changes of a workspace, by number."""
    # Of all workspaces: by the columns of this one SQLite would read the history of every number in it.
    query = select(changes.c.number, changes.c.account_sid, changes.c.workspace_id).where(
        is_unfinished(changes), changes.c.state.in_([State.PENDING, State.APPROVED])
    )
    found = await tx.execute(query)
    here = (workspace.account_sid, workspace.workspace_id)
    return Counter(number for number, *where in found if tuple(where) == here)


async def hold_open(tx: AsyncConnection, workspace: WorkspaceKey, names: Collection[str]) -> None:
    """Hold the pending and approved changes of these numbers, before the lock of the mirror's writes is taken.

    Who ends a change takes the two in this order. On SQLite there is nothing to be held.
    """
    if tx.dialect.name == "postgresql":
        is_open = (is_unfinished(changes), changes.c.state.in_([State.PENDING, State.APPROVED]))
        query = select(changes.c.id).where(*_of(workspace, names), *is_open)
        await tx.execute(query.order_by(changes.c.id).with_for_update(key_share=True))


async def lock_open(tx: AsyncConnection, workspace: WorkspaceKey, moved: Iterable[MovedOutside]) -> list[ChangeRequest]:
    """Lock and return the pending and approved changes that touch a moved field of one of these numbers.

    Hold those of the numbers from the start: what was asked since, and somebody else holds, is left out.
    """
    touched = {each.key.number: fields_to_bits(each.fields) for each in moved}
    query = (
        select(changes)
        .where(
            *_of(workspace, touched),
            is_unfinished(changes),
            changes.c.state.in_([State.PENDING, State.APPROVED]),
        )
        .order_by(changes.c.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    found = [from_row(row) for row in (await tx.execute(query)).mappings()]
    return [each for each in found if fields_to_bits(each.patch.fields) & touched[each.key.number]]


async def asked_last(
    tx: AsyncConnection, workspace: WorkspaceKey, names: Collection[str]
) -> dict[str, tuple[str, str]]:
    """Return by which team and in which channel the last change of each of these numbers was asked."""
    newest = select(func.max(changes.c.id)).where(*_of(workspace, names)).group_by(changes.c.number)
    query = select(changes.c.number, changes.c.team_id, changes.c.channel_id).where(changes.c.id.in_(newest))
    return {number: (team_id, channel_id) for number, team_id, channel_id in await tx.execute(query)}


def _of(workspace: WorkspaceKey, names: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return (
        changes.c.account_sid == workspace.account_sid,
        changes.c.workspace_id == workspace.workspace_id,
        changes.c.number.in_(list(names)),
    )
