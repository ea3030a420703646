"""Two people, two connections, one instant: the database keeps the count."""

import asyncio

import pytest
from sqlalchemy import text

from bot.domain.policy import Verdict
from bot.store.database import Database
from bot.store.errors import DatabaseUnavailable
from tests.store.stored_changes import (
    ADA,
    ALAN,
    LEASE,
    NOW,
    approved,
    ask,
    review,
    run,
    save,
    stored,
)
from tests.store.test_two_people import APPLY, APPROVE, REVIEW, refuses


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g1_a_withdrawal_cannot_slip_between_count_and_step(database: Database) -> None:
    change = await approved(database)
    async with database.transaction() as withdrawing:
        await withdrawing.execute(text("UPDATE reviews SET withdrawn_at = at"))
        applying_it = asyncio.create_task(run(database, APPLY, id=change.id))
        await _wait_until_blocked(database)
    await refuses(applying_it, "are missing")


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g1_a_withdrawal_that_comes_after_the_step_is_refused(database: Database) -> None:
    change = await approved(database)
    async with database.transaction() as tx:
        await save(tx, change.claim("lease-1", NOW, LEASE))
        withdrawal = asyncio.create_task(run(database, "UPDATE reviews SET withdrawn_at = at"))
        await _wait_until_blocked(database)
    await refuses(withdrawal, "too late")


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g1_a_temporary_table_cannot_stand_in_for_the_reviews(database: Database) -> None:
    change = await ask(database)
    forging = (
        "CREATE TEMPORARY TABLE reviews AS SELECT * FROM reviews",
        REVIEW.replace("reviews", "pg_temp.reviews"),
        APPROVE,
    )
    await refuses(
        run(database, *forging, change_id=change.id, id=change.id, revision=1, reviewer_id=ALAN), "are missing"
    )


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g1_an_old_snapshot_cannot_count_the_approvals(database: Database) -> None:
    change = await approved(database)
    older = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
    await refuses(run(database, older, APPLY, id=change.id), "read committed")


async def test_g3_two_reviewers_at_the_same_instant_make_one_decision(database: Database) -> None:
    change = await ask(database)
    outcomes = await asyncio.gather(
        review(database, change.id, by=ALAN),
        review(database, change.id, by=ADA, verdict=Verdict.DENY),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Exception) for outcome in outcomes) == 1
    assert not any(isinstance(outcome, DatabaseUnavailable) for outcome in outcomes)
    assert (await stored(database, change.id)).version == 2


async def _wait_until_blocked(database: Database) -> None:
    async with asyncio.timeout(30):
        while True:
            async with database.reading() as tx:
                if await tx.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                    return
