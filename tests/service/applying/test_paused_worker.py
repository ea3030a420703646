"""A worker that stood still between its last look at the lease and its PUT sends nothing any more."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import httpx
import pytest

from bot.domain.state import State
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from bot.store.errors import LeaseLost
from bot.uponai.reading import Progress, exchange
from tests.service.service_harness import LEASE, ServiceHarness, webhook

# Of the looks at the clock: before the commit, before the call, before the head and before the body are written.
BEFORE_THE_HEAD, BEFORE_THE_BODY = 2, 3


def stands_still_at(nth: int) -> Callable[[], float]:
    """Return a clock that goes on by a lease right before it is looked at for the nth time (from 0)."""
    looks = count()
    return lambda: LEASE.total_seconds() if next(looks) >= nth else 0.0


@pytest.mark.parametrize("nth", [1, BEFORE_THE_HEAD, BEFORE_THE_BODY])
async def test_g4_a_worker_that_stood_still_right_before_it_sends_sends_nothing(
    bench: ServiceHarness, nth: int
) -> None:
    change = await bench.approved(webhook("https://hooks.example.com/ours"))
    claimed = await claim_next(bench.context)
    assert claimed is not None
    with pytest.raises(LeaseLost, match="too little"):
        await apply(replace(bench.context, elapsed=stands_still_at(nth)), claimed)
    assert bench.live()["inbound_webhook_url"] is None
    assert (await bench.read(change)).state is State.APPLYING
    bench.clock.advance(LEASE)
    assert (await bench.work_until_done(change)).state is State.APPLIED
    assert bench.live()["inbound_webhook_url"] == "https://hooks.example.com/ours"


async def test_g4_a_worker_that_did_not_stand_still_sends(bench: ServiceHarness) -> None:
    change = await bench.approved(webhook("https://hooks.example.com/ours"))
    claimed = await claim_next(bench.context)
    assert claimed is not None
    await apply(replace(bench.context, elapsed=stands_still_at(BEFORE_THE_BODY + 1)), claimed)
    assert (await bench.read(change)).state is State.APPLIED


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system has no such limit")
async def test_g4_the_machine_gives_up_sending_within_the_time_out(bench: ServiceHarness) -> None:
    connected: list[socket.socket] = []

    class Watching(Progress):
        async def note(self, event: str, info: object) -> None:
            await super().note(event, info)  # type: ignore[arg-type]  # httpcore hands on a mapping.
            if event.endswith("connect_tcp.complete"):
                connected.append(info["return_value"].get_extra_info("socket"))  # type: ignore[index]

    progress = Watching(lives=timedelta(seconds=7))
    async with httpx.AsyncClient() as http, asyncio.timeout(10):
        request = http.build_request("GET", bench.context.uponai._calls._base_url)
        await exchange(http, request, within=timedelta(seconds=5), largest=1000, progress=progress)
        [one] = connected
        assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7000
