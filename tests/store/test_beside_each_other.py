"""Changes that are stepped at the same time, and told of meanwhile: nobody waits in a circle for somebody else."""

import asyncio

import pytest
from sqlalchemy import text

from bot.domain.change import ChangeRequest
from bot.domain.policy import Review, Verdict
from bot.domain.state import State
from bot.service.messages import card_beside, card_is_dirty
from bot.store import changes, outbox, reviews
from bot.store.database import Database
from bot.store.edits import EDITED
from tests.store.stored_changes import ALAN, LEASE, NOW, applying, ask, save

# What PostgreSQL takes for a key of a table that others refer to: unique, of all rows, of plain columns.
KEYS_OF_REFERRED = """
SELECT c.relname, a.attname FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indrelid
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
WHERE i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
    AND c.relnamespace = current_schema()::regnamespace
    AND c.oid IN (SELECT confrelid FROM pg_constraint WHERE contype = 'f')
"""


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g3_two_reviews_at_once_do_not_wait_in_a_circle_for_each_others_cards(database: Database) -> None:
    one, other = await ask(database), await ask(database)
    both_have_reviewed = asyncio.Barrier(2)

    async def step(mine: ChangeRequest, theirs: ChangeRequest) -> None:
        async with database.transaction() as tx:
            held = await changes.lock(tx, mine.id)
            await reviews.add(tx, held.id, Review(ALAN, Verdict.APPROVE, held.revision, NOW))
            await both_have_reviewed.wait()
            await outbox.enqueue(tx, [card_beside(theirs.id, theirs.id, held, NOW)])

    # Whoever waits in a circle is turned away with an error.
    await asyncio.gather(step(one, other), step(other, one))


@pytest.mark.locks_by_hand
@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_g2_a_worker_that_ends_a_change_and_a_courier_that_tells_of_it_do_not_wait_in_a_circle(
    database: Database,
) -> None:
    change = await applying(database)
    async with database.transaction() as tx:
        await outbox.enqueue(tx, [card_is_dirty(change, NOW)])
    is_claimed, is_ended = asyncio.Event(), asyncio.Event()

    async def tell() -> None:
        async with database.transaction() as tx:
            messages = await outbox.claim(tx, NOW, lease_id="mine", until=NOW + LEASE, limit=1)
            is_claimed.set()
            await is_ended.wait()
            # A row that is written twice in one transaction has its references checked anew.
            await outbox.mark_attempted(tx, messages, NOW, channel="C1")

    async def end() -> None:
        await is_claimed.wait()
        async with database.transaction() as tx:
            await save(tx, change.finish(State.FAILED, NOW))
            is_ended.set()
            await outbox.drop_deferred(tx, card_is_dirty(change, NOW).lane, NOW - LEASE)

    await asyncio.gather(tell(), end())


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_no_step_writes_a_column_of_a_key_so_that_others_may_refer_to_what_is_stepped(database: Database) -> None:
    written = {
        "changes": {*changes.MUTABLE, *EDITED, "bundle_id"},
        "reviews": {"withdrawn_at"},
        "outside_notices": {"channel_id", "announced_at", "kept_by", "kept_at"},
        "audit_events": set(),
    }
    async with database.reading() as tx:
        keys = {(row.relname, row.attname) for row in await tx.execute(text(KEYS_OF_REFERRED))}
    assert {table for table, _ in keys} == set(written)
    assert [(table, column) for table, column in sorted(keys) if column in written[table]] == []
