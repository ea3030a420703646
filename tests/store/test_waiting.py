"""What the database allows of a change that waits for UponAI: the time of its next look moves without a step."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ChangeRequest
from bot.domain.state import State, WaitCause
from bot.store import claims, token_refusals
from bot.store.database import Database
from bot.store.errors import RefusedByDatabase
from bot.store.token_refusals import Call
from tests.store.stored_changes import (
    HOUR,
    LEASE,
    NOW,
    applied,
    applying,
    approved,
    ask,
    key,
    run,
    save,
    step,
    stored,
    updating,
)

HERE = key().workspace
LATER = NOW + timedelta(seconds=5)


async def waiting(database: Database) -> ChangeRequest:
    change = await applying(database)
    return await step(database, change.wait(WaitCause.UNAVAILABLE, NOW, NOW, "UponAI cannot be reached."))


async def test_the_next_look_of_a_waiting_change_moves_without_a_step(database: Database) -> None:
    change = await waiting(database)
    async with database.transaction() as tx:
        moved = await claims.postpone(tx, change, LATER)
    assert await stored(database, change.id) == moved == replace(change, not_before=LATER)


@pytest.mark.parametrize(
    "assignment",
    [
        "wait_cause = 'refused'",
        "wait_cause = NULL",
        "waiting_since = NULL",
        "problem = 'x'",
        "attempts = 9",
        "lease_id = 'x'",
        "state = 'applying', leased_until = not_before",
    ],
)
async def test_g7_nothing_else_of_a_waiting_change_moves_without_a_step(database: Database, assignment: str) -> None:
    await waiting(database)
    with pytest.raises(RefusedByDatabase, match="needs a new version"):
        await run(database, updating("changes", assignment))


@pytest.mark.parametrize("make", [ask, applying, applied])
async def test_g7_the_next_look_of_no_other_change_moves(database: Database, make: object) -> None:
    assert callable(make)
    await make(database)
    with pytest.raises(RefusedByDatabase, match="needs a new version"):
        await run(database, updating("changes", "not_before = created_at"))


async def test_a_change_that_has_ended_keeps_no_wait(database: Database) -> None:
    change = await waiting(database)
    done = await step(database, change.cancel(change.requester_id, NOW))
    assert (done.wait_cause, done.waiting_since) == (None, None)
    with pytest.raises(RefusedByDatabase, match="stays as it is"):
        await run(database, updating("changes", "version = version + 1, wait_cause = 'refused'"))


async def test_a_waiting_change_is_taken_for_a_look_and_claimed_only_by_its_id(database: Database) -> None:
    change = await waiting(database)
    async with database.transaction() as tx:
        assert await claims.next_to_apply(tx, NOW, HERE) is None
        found = await claims.next_waiting(tx, NOW, HERE)
        assert found == change
        postponed = await claims.postpone(tx, change, LATER)
        assert await claims.next_waiting(tx, NOW, HERE) is None
        claimed = await claims.next_to_apply(tx, NOW, HERE, waiting_id=change.id)
        assert claimed == postponed
        running = await save(tx, postponed.claim("lease-2", NOW, LEASE))
        assert await claims.next_to_apply(tx, NOW, HERE, waiting_id=change.id) is None
    # A second failure of the same kind is known as such.
    assert (running.state, running.wait_cause) == (State.APPLYING, WaitCause.UNAVAILABLE)


async def test_a_change_that_waits_is_not_looked_for_when_it_could_not_be_sent(database: Database) -> None:
    await waiting(database)
    newer = await approved(database)
    async with database.transaction() as tx:
        assert await claims.next_waiting(tx, NOW + HOUR, HERE) is None
        assert await claims.next_to_apply(tx, NOW, HERE) is None
        assert await claims.next_to_apply(tx, NOW, HERE, waiting_id=newer.id) is None


async def test_the_former_release_goes_on_with_a_waiting_change(database: Database) -> None:
    change = await waiting(database)
    # It knows nothing of the wait: it claims the change as any other, and leaves the new columns as they are.
    async with database.transaction() as tx:
        blind = await save(tx, change.claim("old", NOW, LEASE))
        done = replace(
            blind.finish(State.FAILED, NOW), wait_cause=change.wait_cause, waiting_since=change.waiting_since
        )
        await save(tx, done)
    assert (await stored(database, change.id)).state is State.FAILED


async def test_an_outage_of_the_token_is_one_until_it_ends(database: Database) -> None:
    async with database.transaction() as tx:
        assert await token_refusals.since(tx, HERE) is None
        assert await token_refusals.begin(tx, HERE, Call.READ, NOW, "one") == ("one", True)
        assert await token_refusals.begin(tx, HERE, Call.READ, LATER, "two") == ("one", False)
        assert await token_refusals.begin(tx, HERE, Call.WRITE, LATER, "three") == ("three", True)
        assert await token_refusals.since(tx, HERE) == NOW
        await token_refusals.end(tx, HERE, Call.READ)
        await token_refusals.end(tx, HERE, Call.WRITE)
        assert await token_refusals.since(tx, HERE) is None
        assert await token_refusals.begin(tx, HERE, Call.READ, LATER, "four") == ("four", True)


async def test_a_refused_put_is_a_warning_as_long_as_its_change_waits(database: Database) -> None:
    change = await applying(database)
    change = await step(database, change.wait(WaitCause.UNAUTHORIZED, NOW, NOW, "401"))
    async with database.transaction() as tx:
        await token_refusals.begin(tx, HERE, Call.WRITE, LATER, "one")
        assert await token_refusals.since(tx, HERE) == LATER
    await step(database, change.cancel(change.requester_id, LATER))
    async with database.reading() as tx:
        assert await token_refusals.since(tx, HERE) is None
