"""Changes: what comes out is what went in, and a step is saved once."""

from dataclasses import replace

import pytest

from bot.domain.errors import UnknownChange
from bot.domain.policy import Verdict
from bot.domain.state import Origin, State
from bot.store import changes, overlaps, reviews
from bot.store.database import Database
from bot.store.errors import RefusedByDatabase, StaleVersion
from tests.store.stored_changes import (
    ADA,
    ALAN,
    HOUR,
    INBOUND,
    NOW,
    TEAM,
    WEBHOOK,
    applied,
    applying,
    approved,
    ask,
    draft,
    key,
    review,
    step,
    stored,
    unclear,
)


async def test_a_change_comes_back_as_it_was_asked(database: Database) -> None:
    parent = await ask(database)
    change = await ask(database, replace(draft(), parent_id=parent.id, origin=Origin.REVERT))
    assert await stored(database, change.id) == change


async def test_a_change_comes_back_as_it_was_saved(database: Database) -> None:
    change = await applied(database)
    assert change.result is not None
    assert await stored(database, change.id) == change


async def test_ids_are_never_given_out_again(database: Database) -> None:
    first = await ask(database)
    with pytest.raises(RefusedByDatabase):
        async with database.transaction() as tx:
            await changes.insert(tx, draft())
    second = await ask(database)
    assert second.id > first.id == 1


async def test_a_form_that_arrives_twice_makes_one_change(database: Database) -> None:
    wish = draft()
    first = await ask(database, wish)
    with pytest.raises(RefusedByDatabase):
        await ask(database, wish)
    async with database.reading() as tx:
        assert await changes.find_by_submission(tx, TEAM, wish.submission_key) == first
        assert await changes.find_by_submission(tx, "T2", wish.submission_key) is None


async def test_a_change_of_another_team_does_not_exist(database: Database) -> None:
    change = await ask(database)
    async with database.reading() as tx:
        assert await changes.get(tx, change.id, team_id=TEAM) == change
        with pytest.raises(UnknownChange, match=f"RN-{change.id}"):
            await changes.get(tx, change.id, team_id="T2")
        with pytest.raises(UnknownChange, match="RN-77"):
            await changes.get(tx, 77)


async def test_g3_a_step_from_a_version_that_is_gone_is_not_saved(database: Database) -> None:
    change = await ask(database)
    await step(database, change.cancel(change.requester_id, NOW))
    with pytest.raises(StaleVersion):
        await step(database, change.expire(change.expires_at))
    assert (await stored(database, change.id)).state is State.CANCELED


async def test_g4_approvals_of_a_number_are_numbered_in_their_order(database: Database) -> None:
    first, second, third = [await ask(database) for _ in range(3)]
    elsewhere = await approved(database, draft("+14155550199"))
    assert (await review(database, second.id)).approval_order == 1
    assert (await review(database, first.id)).approval_order == 2
    assert (await review(database, third.id)).approval_order == 3
    assert elsewhere.approval_order == 1


async def test_g4_a_change_that_goes_back_keeps_its_place(database: Database) -> None:
    change = await applying(database)
    released = await step(database, change.release(NOW + HOUR))
    assert released.approval_order == change.approval_order == 1


async def test_undecided_changes_are_listed_oldest_first(database: Database) -> None:
    first, second, third = [await ask(database) for _ in range(3)]
    await review(database, second.id, verdict=Verdict.DENY)
    async with database.reading() as tx:
        assert [change.id for change in await changes.pending(tx, TEAM, 10)] == [first.id, third.id]
        assert [change.id for change in await changes.pending(tx, TEAM, 1)] == [first.id]
        assert await changes.pending(tx, "T2", 10) == []


async def test_recent_changes_are_listed_newest_first(database: Database) -> None:
    here, elsewhere, again = [await ask(database, draft(number)) for number in ("+1", "+2", "+1")]
    async with database.reading() as tx:
        assert [c.id for c in await changes.recent(tx, TEAM, limit=2)] == [again.id, elsewhere.id]
        assert [c.id for c in await changes.recent(tx, TEAM, key=key("+1"), limit=9)] == [again.id, here.id]


async def test_open_changes_of_the_same_fields_are_found(database: Database) -> None:
    mine, pending, other_field, ready = [
        await ask(database, draft(fields=f)) for f in (INBOUND, INBOUND, WEBHOOK, INBOUND)
    ]
    await review(database, ready.id)
    await ask(database, draft("+14155550199"))
    await unclear(database)
    async with database.transaction() as tx:
        found = await overlaps.lock_open_touching(tx, key(), 1, except_id=mine.id)
        everything = await overlaps.lock_open_touching(tx, key(), 1 | 4, except_id=mine.id)
    assert [change.id for change in found] == [pending.id, ready.id]
    assert [change.id for change in everything] == [pending.id, other_field.id, ready.id]


async def test_reviews_come_back_in_their_order(database: Database) -> None:
    change = await ask(database, draft(quorum=2))
    await review(database, change.id)
    await review(database, change.id, by=ADA)
    async with database.reading() as tx:
        assert [given.reviewer_id for given in await reviews.of_change(tx, change.id)] == [ALAN, ADA]
