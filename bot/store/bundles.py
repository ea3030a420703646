"""Bundles: the changes that were asked together, stored, locked and saved all at once.

A step of all of them takes as many statements as a step of one. Whoever locks them does so in the order of their ids,
the lead first.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, func, insert, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.draft import ChangeDraft
from bot.domain.state import State
from bot.store import turns
from bot.store.changes import (
    MUTABLE,
    NEXT_APPROVAL_ORDER,
    as_asked,
    from_row,
    key_values,
    to_row,
)
from bot.store.changes import insert as insert_change
from bot.store.edits import EDITED
from bot.store.schema import changes

_OF_BUNDLES = select(changes).where(changes.c.bundle_id.in_(bindparam("ids", expanding=True))).order_by(changes.c.id)
_IS_AS_READ = (changes.c.id == bindparam("of_id"), changes.c.version == bindparam("of_version"))
_SAVE = update(changes).where(*_IS_AS_READ).values({name: bindparam(name) for name in MUTABLE})
_SAVE_FIRST_APPROVED = _SAVE.values(approval_order=NEXT_APPROVAL_ORDER)
_SAVE_EDITED = update(changes).where(*_IS_AS_READ).values({name: bindparam(name) for name in EDITED})

_parent = changes.alias("parent")
# The index holds put-backs alone: SQLite has to read that in the query.
_PUT_BACKS_OF = (
    select(func.min(changes.c.bundle_id))
    .join(_parent, changes.c.parent_id == _parent.c.id)
    .where(_parent.c.bundle_id == bindparam("of_bundle"), changes.c.origin == literal_column("'put_back'"))
)


async def insert_all(tx: AsyncConnection, drafts: Sequence[ChangeDraft]) -> Bundle:
    """Store what somebody asks for as one bundle of pending changes; their audit events follow in this transaction.

    Each has a number of its own; the submission keys of all but the first follow from that one's.
    """
    lead = await insert_change(tx, drafts[0])
    await tx.execute(update(changes).where(changes.c.id == lead.id).values(bundle_id=lead.id))
    others = [
        as_asked(replace(draft, bundle_id=lead.id, submission_key=f"{draft.submission_key}#{position}"))
        for position, draft in enumerate(drafts[1:], start=2)
    ]
    rows = [{name: value for name, value in to_row(each).items() if name != "id"} for each in others]
    added = await tx.execute(insert(changes).returning(changes.c.number, changes.c.id), rows)
    ids = {row.number: row.id for row in added}
    members = [replace(lead, bundle_id=lead.id), *(replace(each, id=ids[each.key.number]) for each in others)]
    return Bundle(tuple(sorted(members, key=lambda each: each.id)))


async def find_put_backs(tx: AsyncConnection, of_bundle: int) -> int | None:
    """Return the bundle of the put-backs of a bundle, None while there is none."""
    found: int | None = await tx.scalar(_PUT_BACKS_OF, {"of_bundle": of_bundle})
    return found


async def add_put_back(tx: AsyncConnection, draft: ChangeDraft, of_bundle: int) -> ChangeRequest:
    """Store the put-back of one of the changes of a bundle, as one of theirs: the first one leads them.

    Its audit event has to follow in this transaction.
    """
    await turns.to_put_back(tx, of_bundle)
    lead_id = await find_put_backs(tx, of_bundle)
    added = await insert_change(tx, replace(draft, bundle_id=lead_id))
    if lead_id is None:
        await tx.execute(update(changes).where(changes.c.id == added.id).values(bundle_id=added.id))
    return added if lead_id is not None else replace(added, bundle_id=added.id)


async def get(tx: AsyncConnection, bundle_id: int) -> Bundle:
    """Return a bundle."""
    return (await get_all(tx, [bundle_id]))[bundle_id]


async def get_all(tx: AsyncConnection, bundle_ids: Collection[int]) -> dict[int, Bundle]:
    """Return some bundles, by id."""
    if not bundle_ids:
        return {}
    members: dict[int, list[ChangeRequest]] = {}
    for row in (await tx.execute(_OF_BUNDLES, {"ids": list(bundle_ids)})).mappings():
        members.setdefault(row["bundle_id"], []).append(from_row(row))
    return {bundle_id: Bundle(tuple(found)) for bundle_id, found in members.items()}


async def counts(tx: AsyncConnection, bundle_ids: Collection[int]) -> dict[int, Counter[State]]:
    """Count the changes of some bundles by their states."""
    query = select(changes.c.bundle_id, changes.c.state, func.count()).where(changes.c.bundle_id.in_(bundle_ids))
    found: dict[int, Counter[State]] = {}
    if bundle_ids:
        for bundle_id, state, count in await tx.execute(query.group_by(changes.c.bundle_id, changes.c.state)):
            found.setdefault(bundle_id, Counter())[State(state)] = count
    return found


async def lock(tx: AsyncConnection, bundle_id: int) -> Bundle:
    """Return a bundle and hold all of its changes until the transaction ends. Hold none but its lead before."""
    rows = (await tx.execute(_OF_BUNDLES.with_for_update(key_share=True), {"ids": [bundle_id]})).mappings()
    return Bundle(tuple(from_row(row) for row in rows))


async def lock_free(tx: AsyncConnection, bundle_id: int, state: State) -> list[ChangeRequest]:
    """Hold those changes of a bundle in a state that nobody else holds, whatever is held already; return them."""
    query = _OF_BUNDLES.where(changes.c.state == state).with_for_update(skip_locked=True, key_share=True)
    return [from_row(row) for row in (await tx.execute(query, {"ids": [bundle_id]})).mappings()]


async def save_all(tx: AsyncConnection, stepped: Sequence[ChangeRequest]) -> list[ChangeRequest]:
    """Save one step of each of these changes, as `changes.save` does; all of them were locked in this transaction."""
    newly_approved = [each for each in stepped if each.state is State.APPROVED and each.approval_order is None]
    others = [each for each in stepped if each not in newly_approved]
    if others:
        await tx.execute(_SAVE, [_values(each, MUTABLE) for each in others])
    if not newly_approved:
        return list(stepped)
    await turns.to_approve(tx, [each.key for each in newly_approved])
    values = [_values(each, MUTABLE - {"approval_order"}) | key_values(each.key) for each in newly_approved]
    await tx.execute(_SAVE_FIRST_APPROVED, values)
    ids = [each.id for each in newly_approved]
    found = await tx.execute(select(changes.c.id, changes.c.approval_order).where(changes.c.id.in_(ids)))
    orders = {row.id: row.approval_order for row in found}
    return [replace(each, approval_order=orders.get(each.id, each.approval_order)) for each in stepped]


async def edit_all(tx: AsyncConnection, revised: Sequence[ChangeRequest]) -> list[ChangeRequest]:
    """Save a revision of each of these changes, as `edits.save` does; all of them were locked in this transaction."""
    await tx.execute(_SAVE_EDITED, [_values(each, EDITED) for each in revised])
    return list(revised)


def _values(change: ChangeRequest, names: Collection[str]) -> dict[str, Any]:
    row = to_row(change)
    return {name: row[name] for name in names} | {"of_id": change.id, "of_version": change.version - 1}
