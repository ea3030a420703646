"""The outbox: facts once, lanes in order, leases fenced."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.store import outbox, outbox_depth
from bot.store.database import Database
from bot.store.errors import LeaseLost, RefusedByDatabase
from bot.store.outbox import OutboxDraft, OutboxMessage, Posted
from tests.store.stored_changes import LEASE, NOW, TEAM, ask, run, updating

SECOND = timedelta(seconds=1)


def note(fact: str, lane: str = "a", *, due_at: datetime = NOW, change_id: int | None = None) -> OutboxDraft:
    return OutboxDraft(
        team_id=TEAM, lane=lane, kind="note", fact=fact, due_at=due_at, change_id=change_id, payload={"text": "ü"}
    )


async def enqueue(database: Database, *drafts: OutboxDraft) -> None:
    async with database.transaction() as tx:
        await outbox.enqueue(tx, drafts)


async def claim(
    database: Database,
    lease_id: str = "one",
    *,
    now: datetime = NOW,
    limit: int = 10,
) -> list[OutboxMessage]:
    async with database.transaction() as tx:
        return await outbox.claim(tx, now, lease_id=lease_id, until=now + LEASE, limit=limit)


async def complete(database: Database, message: OutboxMessage) -> None:
    async with database.transaction() as tx:
        await outbox.complete(tx, [Posted(message, "C1", "1.2")], NOW)


def facts(messages: list[OutboxMessage]) -> list[str]:
    return [message.fact for message in messages]


async def found(database: Database, fact: str) -> OutboxMessage:
    async with database.reading() as tx:
        message = await outbox.find(tx, fact)
    assert message is not None
    return message


async def test_g9_a_fact_is_recorded_once(database: Database) -> None:
    await enqueue(database, note("x"), note("x", "b"))
    [message] = await claim(database)
    await complete(database, message)
    await enqueue(database, note("x"), note("y"))
    assert facts(await claim(database)) == ["y"]
    assert (await found(database, "x")).posted_ts == "1.2"
    async with database.reading() as tx:
        assert await outbox.find(tx, "z") is None


async def test_a_message_comes_back_as_it_was_recorded(database: Database) -> None:
    change = await ask(database)
    draft = note("x", change_id=change.id)
    await enqueue(database, draft)
    [message] = await claim(database)
    assert (message.team_id, message.lane, message.kind, message.fact) == (TEAM, "a", "note", "x")
    assert (message.change_id, message.payload, message.due_at) == (change.id, {"text": "ü"}, NOW)
    assert (message.attempts, message.attempted_at, message.lease_id) == (1, None, "one")
    assert await found(database, "x") == message


async def test_nothing_overtakes_an_earlier_message_of_its_lane(database: Database) -> None:
    await enqueue(database, note("a1"), note("a2"), note("b1", "b"))
    first = await claim(database)
    assert facts(first) == ["a1", "a2", "b1"]
    await enqueue(database, note("a3"), note("c1", "c"))
    assert facts(await claim(database, "two")) == ["c1"]
    await complete(database, first[0])
    assert await claim(database, "two") == []
    await complete(database, first[1])
    assert facts(await claim(database, "two")) == ["a3"]


async def test_a_message_that_is_not_due_holds_its_lane(database: Database) -> None:
    await enqueue(database, note("a1", due_at=NOW + SECOND), note("a2"))
    assert await claim(database) == []
    assert facts(await claim(database, now=NOW + SECOND)) == ["a1", "a2"]


async def test_a_claim_takes_the_oldest_lanes_up_to_its_limit_and_each_up_to_what_is_not_due(
    database: Database,
) -> None:
    await enqueue(database, note("c", "c"), note("a1", "a", due_at=NOW - SECOND), note("a2", "a"), note("b", "b"))
    await enqueue(database, note("a3", "a", due_at=NOW + SECOND), note("a4", "a"))
    assert facts(await claim(database, limit=1)) == ["a1", "a2"]
    assert facts(await claim(database, limit=1)) == ["c"]
    assert facts(await claim(database)) == ["b"]


async def test_what_was_not_tried_is_given_back_as_it_was(database: Database) -> None:
    await enqueue(database, note("x"), note("y"))
    before = [await found(database, "x"), await found(database, "y")]
    claimed = await claim(database)
    async with database.transaction() as tx:
        await outbox.mark_attempted(tx, claimed[1:], NOW, channel="C1", thread_ts="1.2")
        await outbox.give_back(tx, claimed, unattempted=[claimed[1].id])
    x, y = await found(database, "x"), await found(database, "y")
    assert [x, replace(y, attempted_channel=None, attempted_thread=None)] == before


async def test_what_is_told_later_is_hurried_or_dropped_unless_it_was_claimed(database: Database) -> None:
    await enqueue(database, note("x", due_at=NOW + SECOND), note("y", "b", due_at=NOW + SECOND))
    async with database.transaction() as tx:
        await outbox.hurry(tx, "a", NOW)
        assert await outbox.drop_deferred(tx, "b", NOW) == [{"text": "ü"}]
    [x] = await claim(database)
    await _postpone(database, x, was_sent=False, due_at=NOW + SECOND)
    async with database.transaction() as tx:
        await outbox.hurry(tx, "a", NOW)
        assert await outbox.drop_deferred(tx, "a", NOW) == []
    assert (await found(database, "x")).due_at == NOW + SECOND


async def test_g2_a_dead_workers_message_is_taken_when_its_lease_ends(database: Database) -> None:
    await enqueue(database, note("x"))
    [dead] = await claim(database)
    async with database.transaction() as tx:
        await outbox.mark_attempted(tx, [dead], NOW, channel="C1", thread_ts="1.2")
    assert await claim(database, "two", now=NOW + LEASE - SECOND) == []
    [taken] = await claim(database, "two", now=NOW + LEASE)
    assert (taken.attempts, taken.attempted_at) == (2, NOW)
    assert (taken.attempted_channel, taken.attempted_thread) == ("C1", "1.2")
    with pytest.raises(LeaseLost):
        await complete(database, dead)
    await complete(database, taken)
    with pytest.raises(LeaseLost):
        await complete(database, taken)


async def test_g2_whoever_lost_the_lease_can_do_nothing(database: Database) -> None:
    await enqueue(database, note("x"))
    [dead] = await claim(database)
    [taken] = await claim(database, "two", now=NOW + LEASE)
    with pytest.raises(LeaseLost):
        await _mark_attempted(database, dead)
    with pytest.raises(LeaseLost):
        await _postpone(database, dead, was_sent=True)
    with pytest.raises(LeaseLost):
        await _park(database, dead)
    assert await found(database, "x") == taken


async def test_a_postponed_message_remembers_whether_it_may_have_been_sent(database: Database) -> None:
    await enqueue(database, note("x"))
    for was_sent in (True, False):
        [message] = await claim(database)
        await _mark_attempted(database, message)
        await _postpone(database, message, was_sent=was_sent)
        waiting = await found(database, "x")
        assert (waiting.attempted_at is not None) is was_sent
        assert (waiting.problem, waiting.lease_id, waiting.due_at) == ("busy", None, NOW)


async def test_a_parked_message_holds_its_lane_until_it_is_tried_again_or_unparked(database: Database) -> None:
    await enqueue(database, note("x"), note("y"))
    for unparks in (False, True):
        [message, other] = await claim(database)
        async with database.transaction() as tx:
            await outbox.give_back(tx, [other])
        await _park(database, message)
        assert await claim(database, now=NOW + SECOND) == []
        if unparks:
            async with database.transaction() as tx:
                assert await outbox.unpark(tx, "b", NOW) == 0
                assert await outbox.unpark(tx, "a", NOW) == 1
                assert await outbox.unpark(tx, "a", NOW) == 0
            assert facts(await claim(database)) == ["x", "y"]
        else:
            [again, other] = await claim(database, now=NOW + 2 * SECOND)
            async with database.transaction() as tx:
                await outbox.give_back(tx, [other])
            assert (again.fact, again.is_parked, again.problem) == ("x", True, "not in channel")
            await _postpone(database, again, was_sent=False)


async def test_g2_whoever_holds_a_message_for_longer_still_holds_it(database: Database) -> None:
    await enqueue(database, note("x"))
    [message] = await claim(database)
    async with database.transaction() as tx:
        await outbox.hold(tx, [message], until=NOW + 2 * LEASE)
    assert await claim(database, "two", now=NOW + LEASE) == []
    await claim(database, "two", now=NOW + 2 * LEASE)
    with pytest.raises(LeaseLost):
        async with database.transaction() as tx:
            await outbox.hold(tx, [message], until=NOW + 3 * LEASE)


async def test_the_depth_counts_what_waits(database: Database) -> None:
    await enqueue(database, note("x", due_at=NOW - SECOND), note("y", "b"), note("z", "c", due_at=NOW + SECOND))
    await enqueue(database, note("done", "d"), note("parked", "e"))
    claimed = {message.fact: message for message in await claim(database)}
    await complete(database, claimed["done"])
    await _park(database, claimed["parked"])
    async with database.reading() as tx:
        depth = await outbox_depth.depth(tx, NOW)
    assert depth == outbox_depth.Depth(undone=4, due=2, parked=1, oldest_due_at=NOW - SECOND)


async def test_g3_workers_at_the_same_instant_take_different_messages(database: Database) -> None:
    await enqueue(database, *(note(f"fact-{n}", f"lane-{n}") for n in range(12)))
    batches = await asyncio.gather(*(claim(database, f"worker-{n}", limit=3) for n in range(5)))
    taken = [fact for batch in batches for fact in facts(batch)]
    assert len(taken) == len(set(taken)) == 12


async def test_g9_what_is_done_stays_done(database: Database) -> None:
    await enqueue(database, note("x"))
    [message] = await claim(database)
    await complete(database, message)
    with pytest.raises(RefusedByDatabase, match="stays done"):
        await run(database, updating("outbox", "done_at = NULL"))
    with pytest.raises(RefusedByDatabase, match="cannot be altered"):
        await run(database, updating("outbox", "fact = 'y'"))


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_g9_a_recorded_message_cannot_be_replaced(database: Database) -> None:
    await enqueue(database, note("x"))
    [message] = await claim(database)
    await complete(database, message)
    done = await found(database, "x")
    columns = "team_id, lane, kind, fact, payload, due_at, attempts, is_parked"
    await run(database, f"INSERT OR REPLACE INTO outbox ({columns}) SELECT {columns} FROM outbox")  # noqa: S608 - see above.
    with pytest.raises(RefusedByDatabase, match="cannot be replaced"):
        await run(database, "INSERT OR REPLACE INTO outbox SELECT * FROM outbox")
    assert await found(database, "x") == done


async def _mark_attempted(database: Database, message: OutboxMessage) -> None:
    async with database.transaction() as tx:
        await outbox.mark_attempted(tx, [message], NOW, channel="C1")


async def _postpone(database: Database, message: OutboxMessage, *, was_sent: bool, due_at: datetime = NOW) -> None:
    async with database.transaction() as tx:
        await outbox.postpone(tx, message, due_at, problem="busy", was_sent=was_sent)


async def _park(database: Database, message: OutboxMessage) -> None:
    async with database.transaction() as tx:
        await outbox.park(tx, message, NOW + 2 * SECOND, problem="not in channel", was_sent=False)
