"""Pausing and resuming: once, recorded, told once; who comes second is told who was first."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.errors import AlreadyDecided, WrongUsage
from bot.service import history
from bot.service.pause import TOLD_AT_MOST, pause, resume
from bot.service.review import approve
from bot.store import audit, pauses
from tests.service.service_harness import (
    ADA,
    ALAN,
    NUMBER,
    RITA,
    SPLIT_NUMBER,
    TEAM,
    ServiceHarness,
    time_routing,
    webhook,
)


async def events(bench: ServiceHarness) -> list[tuple[str, str]]:
    async with bench.context.database.reading() as tx:
        return [(event.event, event.actor_id) for event in await audit.read(tx, limit=100)]


async def test_g3_of_those_who_pause_at_once_one_does_and_the_others_read_who(bench: ServiceHarness) -> None:
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


async def test_g7_who_resumes_in_vain_is_in_the_record(bench: ServiceHarness) -> None:
    with pytest.raises(AlreadyDecided, match="nothing to resume"):
        await resume(bench.context, ADA, "C1")
    assert await events(bench) == [("resume.refused", "UADA")]


async def test_a_pause_says_why_and_what_it_holds_and_a_resume_what_goes_out(bench: ServiceHarness) -> None:
    numbers = (NUMBER, SPLIT_NUMBER)
    for number in numbers:
        change = await bench.ask(webhook("https://example.com/calls"), number=number)
        await approve(bench.context, ALAN, change.id)
    waiting = await bench.ask(webhook("https://example.com/in"))
    held = await pause(bench.context, ADA, "C1", "The line is down")
    assert (held.count, [each.key.number for each in held.first]) == (2, list(numbers))
    paused = await history.paused(bench.context, TEAM)
    assert paused is not None
    assert (paused.by, paused.reason, paused.channel_id, paused.held) == (ADA.user_id, "The line is down", "C1", 2)
    elsewhere = replace(bench.context, workspace_id=99)
    assert (await history.paused(elsewhere, TEAM) or paused).held == 0
    assert [each.id for each in (await resume(bench.context, ALAN, "C1")).first] == [1, 2]
    assert waiting.id not in [each.id for each in held.first]


async def test_a_long_queue_is_counted_whole_and_named_in_part(bench: ServiceHarness) -> None:
    for _ in range(TOLD_AT_MOST + 2):
        await approve(bench.context, ALAN, (await bench.ask(time_routing(True))).id)
    held = await pause(bench.context, ADA, "C1", "Why not")
    assert (held.count, len(held.first)) == (TOLD_AT_MOST + 2, TOLD_AT_MOST)


async def test_a_pause_of_the_release_before_has_no_reason(bench: ServiceHarness) -> None:
    async with bench.context.database.transaction() as tx:
        assert await pauses.pause(tx, TEAM, "UADA", bench.clock.now())
    paused = await history.paused(bench.context, TEAM)
    assert paused is not None
    assert (paused.reason, paused.channel_id) == (None, None)


async def test_a_reason_that_is_too_long_stops_nothing(bench: ServiceHarness) -> None:
    with pytest.raises(WrongUsage, match="up to 500"):
        await pause(bench.context, ADA, "C1", "x" * 501)
    assert await history.paused(bench.context, TEAM) is None
