"""Pausing and resuming: once, recorded, told once; who comes second is told who was first."""

import asyncio

import pytest

from bot.domain.errors import AlreadyDecided
from bot.service.pause import pause, resume
from bot.store import audit, pauses
from tests.service.service_harness import ADA, ALAN, RITA, TEAM, Bench


async def events(bench: Bench) -> list[tuple[str, str]]:
    async with bench.context.database.reading() as tx:
        return [(event.event, event.actor_id) for event in await audit.read(tx, limit=100)]


async def test_g3_of_those_who_pause_at_once_one_does_and_the_others_read_who(bench: Bench) -> None:
    people = (RITA, ALAN, ADA)
    outcomes = await asyncio.gather(*(pause(bench.context, each, "C1") for each in people), return_exceptions=True)
    async with bench.context.database.reading() as tx:
        first = await pauses.paused(tx, TEAM)
    assert first is not None
    refused = [outcome for outcome in outcomes if isinstance(outcome, AlreadyDecided)]
    assert len(refused) == 2
    assert all(f"by <@{first.by}>" in str(error) for error in refused)
    recorded = await events(bench)
    assert recorded.count(("sending.paused", first.by)) == 1
    assert sorted(event for event, _ in recorded) == ["pause.refused", "pause.refused", "sending.paused"]


async def test_g7_who_resumes_in_vain_is_in_the_record(bench: Bench) -> None:
    with pytest.raises(AlreadyDecided, match="nothing to resume"):
        await resume(bench.context, ADA, "C1")
    assert await events(bench) == [("resume.refused", "UADA")]
