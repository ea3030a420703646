"""Whatever the settings allow can send: the commit before it may be as slow as the margin is wide."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.state import State
from bot.sandbox.uponai.seed import SUPPORT
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from bot.settings import Settings, SettingsError, read_settings, sending_margin, setting_names
from bot.store.errors import LeaseLost
from tests.clock import Clock
from tests.service.service_harness import LEASE, ServiceHarness, SleepyDatabase, inbound
from tests.test_settings import NEEDED

MOMENT = timedelta(microseconds=1)


class StillClock(Clock):
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        super().__init__()
        self._at = datetime.now(UTC)

    def now(self) -> datetime:
        return self._at

    async def read(self, tx: AsyncConnection) -> datetime:
        _ = tx
        return self._at

    def elapsed(self) -> float:
        return self._at.timestamp()

    def advance(self, by: timedelta = timedelta(0), **more: float) -> None:
        self._at += by + timedelta(**more)


def are_allowed(monkeypatch: pytest.MonkeyPatch, timeout: timedelta, lease: timedelta) -> bool:
    for name in setting_names():
        monkeypatch.delenv(name, raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("UPONAI_TIMEOUT_SECONDS", f"{timeout.total_seconds():.6f}")
    monkeypatch.setenv("WORKER_LEASE_SECONDS", f"{lease.total_seconds():.6f}")
    try:
        read_settings(Settings)
    except SettingsError:
        return False
    return True


async def applied_with_a_commit_of(
    bench: ServiceHarness, lease: timedelta, time_out: timedelta, slow: timedelta
) -> State:
    """Apply a change whose commit before the PUT takes so long, by a clock that nothing else moves."""
    clock = StillClock()
    context = replace(bench.context, clock=clock, elapsed=clock.elapsed, lease=lease, uponai_timeout=time_out)
    still = ServiceHarness(context, bench.uponai, clock)
    change = await still.approved(inbound(SUPPORT))
    claimed = await claim_next(context)
    assert claimed is not None
    await apply(still.with_database(SleepyDatabase(context.database, lambda: clock.advance(slow))), claimed)
    return (await still.read(change)).state


@pytest.mark.parametrize("lease", [timedelta(seconds=s) for s in (1, 3, 10, 30, 120)], ids=str)
async def test_g2_the_longest_time_out_that_a_lease_allows_leaves_time_for_a_slow_commit(
    bench: ServiceHarness, monkeypatch: pytest.MonkeyPatch, lease: timedelta
) -> None:
    margin = sending_margin(lease)
    timeout = (lease - margin) / 2
    assert are_allowed(monkeypatch, timeout, lease)
    assert not are_allowed(monkeypatch, timeout + MOMENT, lease)
    assert await applied_with_a_commit_of(bench, lease, timeout, margin) is State.APPLIED
    assert len(bench.puts()) == 1


async def test_g2_a_commit_that_is_slower_than_the_margin_sends_nothing(bench: ServiceHarness) -> None:
    margin = sending_margin(LEASE)
    with pytest.raises(LeaseLost, match="too little"):
        await applied_with_a_commit_of(bench, LEASE, (LEASE - margin) / 2, margin + MOMENT)
    assert bench.puts() == []
