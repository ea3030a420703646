"""Workers whose own clocks differ share one time, the database's."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.uponai.seed import FRONT_DESK
from bot.service.applying.claim import claim_next, expire_next, take_abandoned
from bot.service.context import ServiceContext
from bot.service.submit import submit
from bot.store.clock import DatabaseClock
from tests.service.service_harness import LEASE, ServiceHarness, inbound

# SQLite is of one machine, which has one clock.
pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

DAY = timedelta(days=1)


def on_a_machine(bench: ServiceHarness, *, ahead: timedelta) -> ServiceContext:
    """Return the surroundings of a process whose own clock is off."""
    return replace(bench.context, clock=DatabaseClock(wall=lambda: datetime.now(UTC) + ahead))


async def test_g2_a_worker_whose_clock_is_ahead_does_not_take_over_what_another_one_holds(
    bench: ServiceHarness,
) -> None:
    await bench.approved(inbound(FRONT_DESK))
    claimed = await claim_next(on_a_machine(bench, ahead=timedelta(0)))
    assert claimed is not None
    assert await take_abandoned(on_a_machine(bench, ahead=LEASE + timedelta(seconds=1))) is None


async def test_g2_a_worker_whose_clock_is_behind_takes_over_what_was_left(bench: ServiceHarness) -> None:
    change = await bench.approved(inbound(FRONT_DESK))
    await claim_next(replace(on_a_machine(bench, ahead=timedelta(0)), lease=timedelta(0)))
    taken = await take_abandoned(on_a_machine(bench, ahead=-DAY))
    assert taken is not None
    assert taken.id == change.id


async def test_nothing_expires_because_the_clock_of_a_worker_is_ahead(bench: ServiceHarness) -> None:
    await bench.ask(inbound(FRONT_DESK))
    assert await expire_next(on_a_machine(bench, ahead=2 * DAY)) is None


async def test_a_change_is_asked_at_the_time_of_the_database(bench: ServiceHarness) -> None:
    before = datetime.now(UTC)
    ahead = on_a_machine(bench, ahead=DAY)
    submission = bench.submission(inbound(FRONT_DESK))
    change = await submit(ahead, submission)
    assert before <= change.created_at <= datetime.now(UTC)
    assert change.expires_at == change.created_at + ahead.change_ttl
