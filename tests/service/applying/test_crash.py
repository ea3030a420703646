"""A process that dies between any two steps of applying: whoever comes next finishes, once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.state import State
from bot.sandbox.uponai.seed import SUPPORT
from bot.service import lookup
from bot.store import audit
from bot.store.database import Database
from tests.chain import first_break
from tests.service.service_harness import LEASE, Bench, inbound


class Died(BaseException):
    """The process is gone: nothing of ours may catch this."""


class MortalDatabase(Database):
    """A database whose process dies before, or right after, the commit of its n-th transaction."""

    def __init__(self, healthy: Database, *, dies_at: int, after_commit: bool) -> None:
        self.__dict__.update(vars(healthy))
        self._left = dies_at
        self._after_commit = after_commit
        self.is_dead = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        self._left -= 1
        async with super().transaction() as tx:
            yield tx
            if self._left == 0 and not self._after_commit:
                self.is_dead = True
                raise Died
        if self._left == 0:
            self.is_dead = True
            raise Died


@pytest.mark.parametrize("after_commit", [False, True], ids=["before_commit", "after_commit"])
@pytest.mark.parametrize("fault", [None, "lost_answer", "lost_before"])
async def test_g2_a_crash_between_any_two_steps_applies_once(
    bench: Bench, fault: str | None, after_commit: bool
) -> None:
    former = bench.live()["inbound_agents"]
    for dies_at in range(1, 20):
        change = await bench.approved(inbound(SUPPORT))
        sent = len(bench.puts())
        if fault:
            bench.fault(fault, times=1)
        mortal = MortalDatabase(bench.context.database, dies_at=dies_at, after_commit=after_commit)
        try:
            await bench.work(bench.with_database(mortal))
        except Died:
            bench.clock.advance(LEASE)
        done = await bench.work_until_done(change)
        assert done.state is State.APPLIED
        assert (await bench.events(change)).count("change.applied") == 1
        landed = [put for put in bench.puts()[sent:] if put["status"] == 200]
        assert len(landed) <= 1
        assert bench.live()["inbound_agents"][0]["agent_id"] == SUPPORT
        async with bench.context.database.reading() as tx:
            assert first_break([event async for event in audit.stream(tx)]) is None
        if not mortal.is_dead:
            return
        bench.uponai.faults.clear()
        await put_back(bench, former)
    raise AssertionError("The flow never ended by itself.")


@pytest.mark.parametrize("after_commit", [False, True], ids=["before_commit", "after_commit"])
@pytest.mark.parametrize("is_back", [False, True], ids=["uponai_is_away", "uponai_is_back"])
async def test_g2_a_crash_between_any_two_steps_of_a_wait_applies_once(
    bench: Bench, is_back: bool, after_commit: bool
) -> None:
    former = bench.live()["inbound_agents"]
    for dies_at in range(1, 20):
        change = await bench.approved(inbound(SUPPORT))
        bench.fault("unauthorized")
        await bench.work()
        bench.clock.advance(LEASE)
        bench.fault("unauthorized", on=not is_back)
        sent = len(bench.puts())
        mortal = MortalDatabase(bench.context.database, dies_at=dies_at, after_commit=after_commit)
        try:
            await bench.work(bench.with_database(mortal))
        except Died:
            bench.clock.advance(LEASE)
        bench.fault("unauthorized", on=False)
        assert (await bench.work_until_done(change)).state is State.APPLIED
        assert (await bench.events(change)).count("change.applied") == 1
        assert len([put for put in bench.puts()[sent:] if put["status"] == 200]) == 1
        if not mortal.is_dead:
            return
        await put_back(bench, former)
    raise AssertionError("The flow never ended by itself.")


async def put_back(bench: Bench, former: list[dict[str, object]]) -> None:
    """Restore the number as it was, as a change of its own would."""
    bench.dashboard(inbound_agents=former)
    await lookup.refresh_numbers(bench.context)
