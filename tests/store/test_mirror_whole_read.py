"""A whole read of a long list is stored beside everybody else's work, and confirms nothing but itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.account import ListedNumber
from bot.domain.assignment import Assignment, WeightedAgent
from bot.store import rate_limits
from bot.store.database import Database
from bot.store.mirror import numbers as mirror_numbers
from bot.store.mirror import reads as mirror_reads
from bot.store.mirror.numbers import MirroredNumber, MirroredNumbers
from bot.store.mirror.whole_read import WRITTEN_AT_ONCE, take_over
from tests.clock import StillClock
from tests.store.stored_changes import HOUR, NOW, key, run

SECOND = timedelta(seconds=1)
CLOCK = StillClock(NOW + 24 * HOUR)
OURS = MirroredNumbers("AC1", 7)
BERLIN, MUNICH = "+493012345678", "+498912345678"
MANY = 3 * WRITTEN_AT_ONCE


class WatchedDatabase(Database):
    """A database beside which something happens: right before its nth transaction that writes."""

    def __init__(self, healthy: Database, deeds: dict[int, Callable[[], Awaitable[None]]] | None = None) -> None:
        self.__dict__.update(vars(healthy))
        self._deeds = deeds or {}
        self.written: list[int] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        deed = self._deeds.get(len(self.written))
        if deed is not None:
            await deed()
        async with super().transaction() as tx:
            before = await _count(tx)
            yield tx
            self.written.append(await _count(tx) - before)


async def _count(tx: AsyncConnection) -> int:
    return int((await tx.execute(text("SELECT count(*) FROM numbers WHERE is_listed"))).scalar_one())


def listed(number: str, agent: str = "agent_1") -> ListedNumber:
    return ListedNumber(key(number), Assignment(inbound=(WeightedAgent(agent),)))


def many(agent: str = "agent_1") -> list[ListedNumber]:
    return [listed(f"+1415{n:07}", agent) for n in range(MANY)]


async def store(database: Database, *numbers: ListedNumber, as_of: datetime = NOW) -> None:
    await take_over(database, CLOCK, OURS, {one.key.number: one for one in numbers}, as_of)


async def find(database: Database, number: str) -> MirroredNumber | None:
    async with database.reading() as tx:
        return await mirror_numbers.find(tx, key(number))


async def last(database: Database) -> mirror_reads.Read | None:
    async with database.reading() as tx:
        return await mirror_reads.last(tx, OURS.scope)


async def put(database: Database, number: ListedNumber, as_of: datetime) -> None:
    async with database.transaction() as tx:
        await mirror_numbers.put(tx, number, as_of, CLOCK.at)


async def test_a_long_list_is_written_in_short_transactions(database: Database) -> None:
    watched = WatchedDatabase(database)
    await store(watched, *many())
    assert sum(watched.written) == MANY
    assert max(watched.written) == WRITTEN_AT_ONCE


async def test_an_unchanged_list_writes_no_number(database: Database) -> None:
    await store(database, *many())
    watched = WatchedDatabase(database)
    await store(watched, *many(), as_of=NOW + SECOND)
    assert watched.written == [0]
    assert await find(database, "+14150000000") == MirroredNumber(many()[0], NOW + SECOND)


async def test_others_write_between_the_batches(database: Database) -> None:
    done: list[str] = []

    async def press(name: str) -> None:
        async with database.transaction() as tx:
            await rate_limits.hold(tx, name, "", NOW)
        done.append(name)

    async def take() -> None:
        await store(database, *many())
        done.append("stored")

    async with asyncio.TaskGroup() as group:
        group.create_task(take())
        for n in range(3):
            group.create_task(press(f"press {n}"))
    assert sorted(done[:3]) == ["press 0", "press 1", "press 2"]


async def test_g5_what_is_read_by_itself_while_a_list_is_stored_stays_when_it_is_newer(database: Database) -> None:
    await store(database, listed(BERLIN), listed(MUNICH))

    async def own_put() -> None:
        await put(database, listed(BERLIN, "agent_2"), NOW + 2 * SECOND)

    for before in range(2):
        beside = WatchedDatabase(database, {before: own_put})
        await store(beside, listed(BERLIN), listed(MUNICH, f"agent_{before}"), as_of=NOW + SECOND)
        assert await find(database, BERLIN) == MirroredNumber(listed(BERLIN, "agent_2"), NOW + 2 * SECOND)


async def test_what_came_in_behind_the_comparison_is_not_confirmed_by_it(database: Database) -> None:
    await store(database, listed(BERLIN))

    async def older_put() -> None:
        await put(database, listed(BERLIN, "agent_old"), NOW + SECOND)

    beside = WatchedDatabase(database, {0: older_put})
    await store(beside, listed(BERLIN), as_of=NOW + 2 * SECOND)
    assert await find(database, BERLIN) == MirroredNumber(listed(BERLIN, "agent_old"), NOW + SECOND)
    await store(database, listed(BERLIN), as_of=NOW + 3 * SECOND)
    assert await find(database, BERLIN) == MirroredNumber(listed(BERLIN), NOW + 3 * SECOND)


async def test_a_store_that_died_stands_in_nobodys_way(database: Database) -> None:
    await store(database, listed(BERLIN))
    with pytest.raises(ZeroDivisionError):
        await store(WatchedDatabase(database, {1: _die}), *many(), as_of=NOW + HOUR)
    await put(database, listed(BERLIN, "agent_2"), NOW + SECOND)
    assert await find(database, BERLIN) == MirroredNumber(listed(BERLIN, "agent_2"), NOW + SECOND)
    await store(database, listed(BERLIN), listed(MUNICH), as_of=NOW + 2 * SECOND)
    assert await find(database, MUNICH) == MirroredNumber(listed(MUNICH), NOW + 2 * SECOND)
    assert await find(database, BERLIN) == MirroredNumber(listed(BERLIN), NOW + 2 * SECOND)


@pytest.mark.parametrize("before", [1, 2, 3, 4])
async def test_an_older_list_gives_up_as_soon_as_a_newer_one_is_stored(database: Database, before: int) -> None:
    async def newer() -> None:
        await store(database, *many("agent_new"), as_of=NOW + SECOND)

    beside = WatchedDatabase(database, {before: newer})
    await store(beside, *many("agent_old"), listed(BERLIN))
    assert await find(database, "+14150000000") == MirroredNumber(many("agent_new")[0], NOW + SECOND)
    assert await find(database, BERLIN) is None
    read = await last(database)
    assert read is not None
    assert read.as_of == NOW + SECOND


async def test_an_older_list_that_stopped_half_way_is_not_confirmed_by_a_newer_one(database: Database) -> None:
    await store(database, *many())
    older = WatchedDatabase(database, {2: _die})
    with pytest.raises(ZeroDivisionError):
        await store(older, *many("agent_old"), as_of=NOW + SECOND)
    half = await find(database, "+14150000000")
    assert half == MirroredNumber(many("agent_old")[0], NOW + SECOND)
    assert await find(database, many()[-1].key.number) == MirroredNumber(many()[-1], NOW)
    await store(database, *many(), as_of=NOW + 2 * SECOND)
    assert await find(database, "+14150000000") == MirroredNumber(many()[0], NOW + 2 * SECOND)


async def test_reads_that_are_stored_at_the_same_time_end_with_the_newest(database: Database) -> None:
    reads = [store(database, *many(f"agent_{n}"), as_of=NOW + n * SECOND) for n in range(4)]
    await asyncio.gather(*reads)
    assert await find(database, "+14150000000") == MirroredNumber(many("agent_3")[0], NOW + 3 * SECOND)
    assert await find(database, many()[-1].key.number) == MirroredNumber(many("agent_3")[-1], NOW + 3 * SECOND)


@pytest.mark.parametrize("agent", ["agent_old", "agent_1"])
async def test_a_time_in_the_future_does_not_freeze_the_mirror(database: Database, agent: str) -> None:
    ahead = StillClock(CLOCK.at + HOUR)
    await take_over(database, ahead, OURS, {BERLIN: listed(BERLIN, agent)}, ahead.at)
    await store(database, listed(BERLIN), as_of=NOW)
    assert await find(database, BERLIN) == MirroredNumber(listed(BERLIN), NOW)
    read = await last(database)
    assert read is not None
    assert (read.as_of, read.attempted_at) == (NOW, CLOCK.at)


async def test_a_single_number_of_the_future_is_overwritten_as_well(database: Database) -> None:
    await store(database, listed(BERLIN))
    await run(database, "UPDATE numbers SET as_of = :at", at=stored(database, CLOCK.at + HOUR))
    await put(database, listed(BERLIN, "agent_2"), NOW + SECOND)
    assert await find(database, BERLIN) == MirroredNumber(listed(BERLIN, "agent_2"), NOW + SECOND)


async def test_a_claim_of_the_future_stops_no_refresh(database: Database) -> None:
    async def claim(at: datetime) -> bool:
        async with database.transaction() as tx:
            until = at + 40 * SECOND
            return await mirror_reads.claim(tx, "numbers", at, older_than=60 * SECOND, lease_id="l", until=until)

    assert await claim(NOW + HOUR)
    assert await claim(NOW)
    assert not await claim(NOW + SECOND)
    assert await claim(NOW + 60 * SECOND)


def stored(database: Database, at: datetime) -> object:
    return at.isoformat(timespec="microseconds") if database.dialect == "sqlite" else at


async def _die() -> None:
    raise ZeroDivisionError
