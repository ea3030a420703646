"""What a worker may take: G4's order, pauses, leases; several workers at once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.change import ChangeRequest
from bot.domain.state import FollowUp, State
from bot.store import audit, changes, claimed, claims, pauses
from bot.store.database import Database
from bot.store.errors import LeaseLost, StaleVersion
from tests.store.stored_changes import (
    ADA,
    HOUR,
    LEASE,
    NOW,
    TEAM,
    WEBHOOK,
    applying,
    approved,
    ask,
    draft,
    event_of,
    key,
    review,
    save,
    sent_to_look,
    step,
    stored,
    unclear,
)

SECOND = timedelta(seconds=1)
OTHER_NUMBER = "+14155550199"
HERE = key().workspace
Finder = Callable[..., Awaitable[ChangeRequest | None]]


async def first(database: Database, find: Finder, now: datetime = NOW) -> int | None:
    async with database.transaction() as tx:
        found = await (find(tx, now) if find is claims.next_expired else find(tx, now, HERE))
    return None if found is None else found.id


async def claim(database: Database, lease_id: str) -> int | None:
    async with database.transaction() as tx:
        change = await claims.next_to_apply(tx, NOW, HERE)
        if change is None:
            return None
        await save(tx, change.claim(lease_id, NOW, LEASE))
        return change.id


async def test_nothing_is_due_in_an_empty_database(database: Database) -> None:
    for find in (claims.next_to_apply, claims.next_abandoned, claims.next_follow_up, claims.next_expired):
        assert await first(database, find) is None


async def test_g4_changes_of_a_number_are_taken_one_at_a_time_in_the_order_of_their_approval(
    database: Database,
) -> None:
    older, newer = await ask(database), await ask(database)
    await review(database, newer.id)
    await review(database, older.id, at=NOW - HOUR)
    assert await claim(database, "one") == newer.id
    assert await claim(database, "two") is None
    running = await stored(database, newer.id)
    await step(database, running.finish(State.FAILED, NOW))
    assert await claim(database, "two") == older.id


async def claim_at_once(database: Database, change: ChangeRequest) -> None:
    async with database.transaction() as tx:
        taken = await claimed.save_if_next(tx, change.claim("at once", NOW, LEASE), now=NOW, workspace=HERE)
        await audit.append(tx, [event_of(taken)])


async def test_g4_a_change_is_claimed_as_it_is_approved_where_none_comes_before_it(database: Database) -> None:
    older, newer = await approved(database), await approved(database)
    with pytest.raises(StaleVersion):
        await claim_at_once(database, newer)
    await claim_at_once(database, older)
    assert [(await stored(database, each.id)).state for each in (older, newer)] == [State.APPLYING, State.APPROVED]


async def test_g4_numbers_do_not_wait_for_each_other(database: Database) -> None:
    await applying(database)
    elsewhere = await approved(database, draft(OTHER_NUMBER))
    assert await first(database, claims.next_to_apply) == elsewhere.id


async def test_g4_an_earlier_change_that_waits_holds_the_later_ones(database: Database) -> None:
    running = await applying(database)
    await approved(database)
    await step(database, running.release(NOW + HOUR))
    assert await first(database, claims.next_to_apply) is None
    assert await first(database, claims.next_to_apply, NOW + HOUR - SECOND) is None


async def test_g4_a_later_change_does_not_wait_for_one_that_is_not_due(database: Database) -> None:
    planned = await approved(database, replace(draft(), due_at=NOW + HOUR))
    now = await approved(database)
    assert await first(database, claims.next_to_apply) == now.id
    assert planned.approval_order == 1


async def test_g4_the_order_holds_when_the_clock_is_set_back(database: Database) -> None:
    younger = await approved(database, replace(draft(), due_at=NOW))
    await approved(database, replace(draft(), due_at=NOW - HOUR))
    assert await first(database, claims.next_to_apply, NOW - SECOND) is None
    assert await first(database, claims.next_to_apply) == younger.id


async def test_a_change_is_taken_from_its_due_time_until_its_approval_lapses(database: Database) -> None:
    change = await approved(database, replace(draft(), due_at=NOW + HOUR))
    times = (NOW + HOUR - SECOND, NOW + HOUR, NOW + 2 * HOUR - SECOND, NOW + 2 * HOUR)
    assert [await first(database, claims.next_to_apply, now) for now in times] == [None, change.id, change.id, None]
    assert [await first(database, claims.next_expired, now) for now in times] == [None, None, None, change.id]


async def test_while_a_team_is_paused_nothing_is_taken_to_be_sent(database: Database) -> None:
    change = await approved(database)
    async with database.transaction() as tx:
        assert await pauses.pause(tx, TEAM, ADA, NOW)
        assert not await pauses.pause(tx, TEAM, ADA, NOW)
        assert await pauses.paused(tx, TEAM) == pauses.Pause(ADA, NOW)
        assert await pauses.paused(tx, "T2") is None
    assert await first(database, claims.next_to_apply) is None
    async with database.transaction() as tx:
        assert await pauses.resume(tx, TEAM)
        assert not await pauses.resume(tx, TEAM)
    assert await first(database, claims.next_to_apply) == change.id


async def test_while_a_team_is_paused_try_again_waits_and_resolving_goes_on(database: Database) -> None:
    change = await sent_to_look(database, FollowUp.TRY_AGAIN)
    async with database.transaction() as tx:
        await pauses.pause(tx, "T2", ADA, NOW)
    assert await first(database, claims.next_follow_up) == change.id
    async with database.transaction() as tx:
        await pauses.pause(tx, TEAM, ADA, NOW)
    assert await first(database, claims.next_follow_up) is None


async def test_g6_an_unclear_change_holds_later_changes_of_the_same_fields_alone(database: Database) -> None:
    await unclear(database)
    await approved(database)
    assert await first(database, claims.next_to_apply, NOW + SECOND) is None
    other_field = await approved(database, draft(fields=WEBHOOK))
    # It was approved behind one that is held; an order of all fields of a number is the price of one rule.
    assert await first(database, claims.next_to_apply, NOW + SECOND) is None
    assert other_field.approval_order == 3


async def test_g6_an_unclear_change_lets_changes_of_other_fields_pass(database: Database) -> None:
    await unclear(database)
    other_field = await approved(database, draft(fields=WEBHOOK))
    assert await first(database, claims.next_to_apply, NOW + SECOND) == other_field.id


async def test_g4_a_number_whose_outcome_is_being_looked_at_waits(database: Database) -> None:
    change = await sent_to_look(database)
    async with database.transaction() as tx:
        await claims.take(tx, change, "looking", NOW + LEASE)
    other_field = await approved(database, draft(fields=WEBHOOK))
    assert await first(database, claims.next_to_apply, NOW + LEASE - SECOND) is None
    assert await first(database, claims.next_to_apply, NOW + LEASE) == other_field.id


async def test_g2_a_change_whose_worker_died_is_found_when_its_lease_ends(database: Database) -> None:
    change = await applying(database)
    assert await first(database, claims.next_abandoned, NOW + LEASE - SECOND) is None
    assert await first(database, claims.next_abandoned, NOW + LEASE) == change.id
    async with database.transaction() as tx:
        taken = await claims.take(tx, change, "lease-2", NOW + 2 * LEASE)
    assert await stored(database, change.id) == taken
    assert await first(database, claims.next_abandoned, NOW + LEASE) is None


async def test_g2_a_lease_that_was_lost_is_not_let_go(database: Database) -> None:
    change = await applying(database)
    async with database.transaction() as tx:
        taken = await claims.take(tx, change, "lease-2", NOW + 2 * LEASE)
    with pytest.raises(LeaseLost):
        await _let_go(database, change)
    await _let_go(database, taken)
    assert (await stored(database, change.id)).lease_id is None


async def test_an_errand_is_found_until_somebody_is_at_it(database: Database) -> None:
    change = await sent_to_look(database)
    assert await first(database, claims.next_follow_up) == change.id
    async with database.transaction() as tx:
        await claims.take(tx, change, "looking", NOW + LEASE)
    assert await first(database, claims.next_follow_up) is None
    assert await first(database, claims.next_follow_up, NOW + LEASE) == change.id


async def test_g4_an_errand_waits_while_its_number_is_being_changed(database: Database) -> None:
    await sent_to_look(database)
    running = await applying(database, draft(fields=WEBHOOK))
    assert await first(database, claims.next_follow_up) is None
    await step(database, running.finish(State.FAILED, NOW))
    assert await first(database, claims.next_follow_up) == 1


async def test_an_undecided_change_expires(database: Database) -> None:
    change = await ask(database)
    assert await first(database, claims.next_expired, change.expires_at - SECOND) is None
    assert await first(database, claims.next_expired, change.expires_at) == change.id


async def test_g3_workers_at_the_same_instant_take_different_changes(database: Database) -> None:
    expected = {(await approved(database, draft(f"+{n}"))).id for n in range(6)}
    claimed = await asyncio.gather(*(claim(database, f"worker-{n}") for n in range(9)))
    taken = [change_id for change_id in claimed if change_id is not None]
    assert len(taken) == len(set(taken))
    while (late := await claim(database, "late")) is not None:
        taken.append(late)
    assert set(taken) == expected


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g4_a_change_that_somebody_holds_is_skipped(database: Database) -> None:
    held, free = await approved(database), await approved(database, draft(OTHER_NUMBER))
    async with database.transaction() as holding:
        await changes.lock(holding, held.id)
        assert await first(database, claims.next_to_apply) == free.id
        assert await first(database, claims.next_expired, NOW + 9 * HOUR) == free.id


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g4_two_approvals_of_a_number_at_the_same_instant_get_their_order_one_after_the_other(
    database: Database,
) -> None:
    wishes = [await ask(database) for _ in range(5)]
    done = await asyncio.gather(*(review(database, wish.id) for wish in wishes))
    assert sorted(change.approval_order or 0 for change in done) == [1, 2, 3, 4, 5]


async def _let_go(database: Database, change: ChangeRequest) -> None:
    async with database.transaction() as tx:
        await claims.let_go(tx, change, until=NOW + HOUR)
