"""G7: the record is chained, append-only, and explains every step; held by the database itself."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.domain.audit import GENESIS, AuditEvent, Verifier, chain
from bot.store import audit, changes
from bot.store.database import Database
from bot.store.errors import RefusedByDatabase
from tests.chain import first_break
from tests.store.stored_changes import (
    HOUR,
    LEASE,
    NOW,
    RITA,
    TEAM,
    applied,
    approved,
    ask,
    draft,
    event_of,
    key,
    run,
    updating,
)

INSERT = (
    "INSERT INTO audit_events "
    "(id, at, team_id, actor_id, event, origin, change_id, change_version, previous_hash, hash) "
    "VALUES (:id, CURRENT_TIMESTAMP, 'T1', 'U1', 'forged', 'x', :change, :step, :previous, :own)"
)
OWN = "f" * 64


async def refuses(work: Awaitable[object], sentence: str) -> None:
    with pytest.raises(RefusedByDatabase, match=sentence):
        await work


async def head_of(database: Database) -> audit.Head:
    async with database.reading() as tx:
        return await audit.read_head(tx)


def refusal(**values: object) -> AuditEvent:
    given: dict[str, object] = {
        "at": NOW,
        "team_id": TEAM,
        "actor_id": RITA,
        "event": "change.refused",
        "origin": "test",
    }
    return AuditEvent(**(given | values))  # type: ignore[arg-type]  # The tests' own values.


async def test_g7_the_stored_chain_verifies(database: Database) -> None:
    await applied(database)
    async with database.reading() as tx:
        events = [event async for event in audit.stream(tx)]
        head = await audit.read_head(tx)
    assert first_break(events) is None
    assert [event.event for event in events] == [f"change.{s}" for s in ("pending", "approved", "applying", "applied")]
    assert (head.event_id, head.hash) == (4, events[-1].hash)


async def test_g7_any_json_and_any_time_hash_to_the_same_when_read_back(database: Database) -> None:
    odd = {"weights": [0.1, 1e-7, 1e22, 3], "text": '\u0000 \u2028 ü 🌴 \\ "', "none": None, "b": {"z": True, "a": []}}
    written = [
        refusal(before=odd, after={}),
        refusal(at=NOW.replace(microsecond=0)),
        refusal(at=NOW + timedelta(microseconds=1), change_id=12),
    ]
    async with database.transaction() as tx:
        chained = await audit.append(tx, written)
    async with database.reading() as tx:
        read = await audit.read(tx, limit=10)
    assert read == chained
    assert first_break(read) is None


async def test_g7_an_empty_record_has_the_first_head(database: Database) -> None:
    assert await head_of(database) == audit.Head(0, GENESIS)
    async with database.transaction() as tx:
        assert await audit.append(tx, []) == []


async def test_g7_writers_at_the_same_instant_make_one_chain(database: Database) -> None:
    await asyncio.gather(*(ask(database, draft(f"+{n}")) for n in range(8)))
    async with database.reading() as tx:
        assert first_break([event async for event in audit.stream(tx)]) is None
    assert (await head_of(database)).event_id == 8


@pytest.mark.parametrize(
    "assignment",
    ["actor_id = 'UADA'", "before = NULL", "id = id + 1", "hash = previous_hash", "at = at", "event = 'x'"],
)
async def test_g7_an_event_cannot_be_altered(database: Database, assignment: str) -> None:
    await ask(database)
    await refuses(run(database, updating("audit_events", assignment)), "append-only")


async def test_g7_the_chain_has_no_gap_and_no_fork(database: Database) -> None:
    await ask(database)
    await ask(database)
    head = await head_of(database)
    async with database.reading() as tx:
        first, _second = await audit.read(tx, limit=2)
    for number, previous in (
        (head.event_id + 2, head.hash),
        (head.event_id, head.hash),
        (head.event_id + 1, first.hash),
        (head.event_id + 1, OWN),
        (2, first.hash),
        (0, GENESIS),
        (-1, head.hash),
    ):
        forged = run(database, INSERT, id=number, change=None, step=None, previous=previous, own=OWN)
        await refuses(forged, "right behind the head")
    assert await head_of(database) == head


async def test_g7_a_hash_cannot_be_used_twice(database: Database) -> None:
    await ask(database)
    head = await head_of(database)
    await refuses(
        run(database, INSERT, id=2, change=None, step=None, previous=head.hash, own=head.hash), "recorded already"
    )


@pytest.mark.parametrize(
    "assignment", ["event_id = 0", "event_id = event_id + 1", "hash = 'x'", "id = 2", "event_id = 1, hash = :first"]
)
async def test_g7_the_head_cannot_be_moved(database: Database, assignment: str) -> None:
    await ask(database)
    await ask(database)
    async with database.reading() as tx:
        first = (await audit.read(tx, limit=1))[0].hash
    await refuses(
        run(database, updating("audit_head", assignment), first=first), "follows its last event|ck_audit_head_id"
    )


async def test_g7_there_is_no_second_head(database: Database) -> None:
    await refuses(run(database, "INSERT INTO audit_head (id, event_id, hash) VALUES (2, 0, 'x')"), "one head")


async def test_g7_a_change_without_its_event_fails_at_commit(database: Database) -> None:
    async def ask_silently() -> None:
        async with database.transaction() as tx:
            await changes.insert(tx, draft())

    await refuses(ask_silently(), "(?i)foreign key")
    assert (await head_of(database)).event_id == 0


async def test_g7_a_step_without_its_event_fails_at_commit(database: Database) -> None:
    change = await approved(database)

    async def step_silently() -> None:
        async with database.transaction() as tx:
            await changes.save(tx, change.claim("lease-1", NOW, LEASE))

    await refuses(step_silently(), "(?i)foreign key")


async def test_g7_of_two_steps_in_one_transaction_each_has_its_event(database: Database) -> None:
    change = await approved(database)
    first = change.claim("lease-1", NOW, LEASE)
    second = first.release(NOW + HOUR)

    async def step_twice(events: list[AuditEvent]) -> None:
        async with database.transaction() as tx:
            await changes.save(tx, first)
            await changes.save(tx, second)
            await audit.append(tx, events)

    await refuses(step_twice([event_of(second)]), "one after the other")
    await refuses(step_twice([event_of(first)]), "(?i)foreign key")
    await step_twice([event_of(first), event_of(second)])


async def test_g7_an_event_cannot_be_placed_before_its_step(database: Database) -> None:
    change = await ask(database)

    async def foretell(event: AuditEvent) -> None:
        async with database.transaction() as tx:
            await audit.append(tx, [event])

    await refuses(foretell(replace(event_of(change), change_version=2)), "has reached")
    await refuses(foretell(replace(event_of(change), change_id=77)), "has reached")
    await refuses(foretell(event_of(change)), "recorded already")


async def test_g7_a_state_cannot_change_without_a_version(database: Database) -> None:
    await approved(database)
    for assignment in (
        "state = 'canceled'",
        "channel_id = 'C2'",
        "problem = 'x'",
        "lease_id = 'x'",
        "attempts = 0 + 9",
    ):
        await refuses(run(database, updating("changes", assignment)), "needs a new version")
    for jump in ("version + 2", "version - 1", "NULL"):
        await refuses(run(database, updating("changes", f"version = {jump}")), "goes up by one")


async def test_the_record_can_be_filtered(database: Database) -> None:
    here, elsewhere = await ask(database), await ask(database, draft("+2"))
    async with database.transaction() as tx:
        await audit.append(tx, [refusal(at=NOW + HOUR, actor_id="UADA"), refusal(at=NOW + 2 * HOUR, change_id=here.id)])
    async with database.reading() as tx:

        async def ids(after_id: int = 0, **wanted: Any) -> list[int]:
            read = await audit.read(tx, audit.Filter(**wanted), after_id=after_id, limit=10)
            return [event.id for event in read]

        assert await ids() == [1, 2, 3, 4]
        assert await ids(change_id=here.id) == [1, 4]
        assert await ids(number=key().number) == [1, 4]
        assert await ids(number="+2") == [elsewhere.id] == [2]
        assert await ids(actor_id="UADA") == [3]
        assert await ids(since=NOW + HOUR) == [3, 4]
        assert await ids(until=NOW + HOUR) == [1, 2]
        assert await ids(after_id=2, since=NOW) == [3, 4]
        assert [event.id for event in await audit.latest(tx, limit=2)] == [4, 3]
        assert [event.id for event in await audit.latest(tx, audit.Filter(change_id=here.id), limit=1)] == [4]

        async def streamed(wanted: audit.Filter) -> list[int]:
            return [event.id async for event in audit.stream(tx, wanted)]

        assert await streamed(audit.Filter(number="+2")) == [2]
        assert await streamed(audit.Filter(since=NOW + HOUR)) == [3, 4]
        assert await streamed(audit.Filter(since=NOW + HOUR, until=NOW + 2 * HOUR, actor_id="UADA")) == [3]
        assert await streamed(audit.Filter(since=NOW + 3 * HOUR)) == []


async def test_g7_a_record_longer_than_a_batch_streams_whole(database: Database) -> None:
    for _ in range(3):
        async with database.transaction() as tx:
            await audit.append(tx, [refusal() for _ in range(401)])
    verifier = Verifier()
    async with database.reading() as tx:
        async for event in audit.stream(tx):
            assert verifier.check(event.link) is None
    assert verifier.count == 1203


async def test_g7_a_link_of_our_own_code_is_what_the_trigger_takes(database: Database) -> None:
    link = chain(refusal(), id=1, previous_hash=GENESIS)
    values = {"id": 1, "change": None, "step": None, "previous": GENESIS, "own": link.hash}
    async with database.transaction() as tx:
        await tx.execute(text(INSERT), values)
    assert await head_of(database) == audit.Head(1, link.hash)
