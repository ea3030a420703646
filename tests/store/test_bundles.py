"""What is asked together: the database keeps it together, of one requester, team and account, fifty at most."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.draft import ChangeDraft
from bot.domain.key import NumberKey
from bot.domain.policy import Review, Verdict
from bot.domain.state import State
from bot.store import audit, bundles, reviews
from bot.store.database import Database
from bot.store.errors import RefusedByDatabase
from tests.store.stored_changes import ALAN, HOUR, NOW, ask, draft, event_of, key, run
from tests.store.test_two_people import refuses

MOVE = "UPDATE changes SET bundle_id = :to WHERE id = :id"
NUMBERS = [f"+1415555{at:04}" for at in range(51)]


def drafts(count: int = 3) -> list[ChangeDraft]:
    first = draft(NUMBERS[0])
    return [replace(first, key=key(number)) for number in NUMBERS[:count]]


async def ask_together(database: Database, wishes: Sequence[ChangeDraft]) -> Bundle:
    async with database.transaction() as tx:
        bundle = await bundles.insert_all(tx, wishes)
        await audit.append(tx, [event_of(each) for each in bundle.members])
    return bundle


async def test_what_is_asked_together_carries_the_id_of_the_first(database: Database) -> None:
    bundle = await ask_together(database, drafts())
    assert {each.bundle_id for each in bundle.members} == {bundle.lead.id}
    async with database.reading() as tx:
        assert await bundles.get(tx, bundle.lead.id) == bundle


@pytest.mark.parametrize(
    "other",
    [
        {"requester_id": "UOTHER"},
        {"team_id": "T2"},
        {"key": NumberKey("AC2", 7, NUMBERS[2])},
        {"key": NumberKey("AC1", 8, NUMBERS[2])},
        {"key": key(NUMBERS[1])},
    ],
)
async def test_g1_a_bundle_takes_no_change_of_anybody_or_anything_else(
    database: Database, other: dict[str, Any]
) -> None:
    *wishes, last = drafts()
    with pytest.raises(RefusedByDatabase):
        await ask_together(database, [*wishes, replace(last, **other)])


async def test_a_bundle_takes_fifty_changes_and_no_more(database: Database) -> None:
    assert len((await ask_together(database, drafts(50))).members) == 50
    with pytest.raises(RefusedByDatabase):
        await ask_together(database, drafts(51))


async def test_a_change_does_not_leave_its_bundle(database: Database) -> None:
    bundle, alone = await ask_together(database, drafts()), await ask(database)
    for to in (None, alone.id):
        await refuses(run(database, MOVE, id=bundle.members[1].id, to=to), "cannot leave its bundle")


async def test_a_change_joins_no_bundle_later(database: Database) -> None:
    bundle, alone = await ask_together(database, drafts()), await ask(database)
    await refuses(run(database, MOVE, id=alone.id, to=bundle.lead.id), "nor join one later")


async def approve(database: Database, bundle: Bundle, reviewed: Sequence[ChangeRequest]) -> list[ChangeRequest]:
    review = Review(ALAN, Verdict.APPROVE, 1, NOW)
    approved = [each.review(review, [], apply_within=HOUR) for each in bundle.members]
    async with database.transaction() as tx:
        await bundles.lock(tx, bundle.lead.id)
        await reviews.add_all(tx, {each.id: review for each in reviewed})
        saved = await bundles.save_all(tx, approved)
        await audit.append(tx, [event_of(each) for each in saved])
    return saved


async def test_g1_an_approval_of_one_counts_for_no_other_of_its_bundle(database: Database) -> None:
    bundle = await ask_together(database, drafts())
    await refuses(approve(database, bundle, bundle.members[:2]), "approvals")
    saved = await approve(database, bundle, bundle.members)
    assert [(each.state, each.approval_order) for each in saved] == [(State.APPROVED, 1)] * 3
