"""Stopping: what a worker holds is finished, and nothing more is taken."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from bot.domain.assignment import Assignment, Field
from bot.domain.change import ChangeRequest
from bot.domain.errors import OwnChange
from bot.domain.events import Event
from bot.domain.state import State
from bot.service import history
from bot.service.context import WORKER_ID, Actor
from bot.service.review import approve
from bot.service.submission import Submission
from bot.service.submit import submit
from bot.slack.delivery.courier import Courier
from bot.uponai.client import AgentList, NumberList, Reading, UponAIClient
from bot.worker.places import APPLY_AT_ONCE
from bot.worker.run import Worker
from tests.slack.bot_harness import BotHarness

KEYS = count(1)


class GatedUponAI(UponAIClient):
    """A client whose looks and reads of the agents wait at a gate.

    `is_full` is set once as many of the looks as a worker can hold stand there, or a read does.
    """

    def __init__(self, behind: UponAIClient) -> None:
        self.__dict__.update(vars(behind))
        self.is_full, self.gate = asyncio.Event(), asyncio.Event()
        self._arrived = 0
        self.lists = 0

    async def find_number(self, number: Any) -> Reading:
        self._arrived += 1
        if self._arrived == APPLY_AT_ONCE:
            self.is_full.set()
        await self.gate.wait()
        return await super().find_number(number)

    async def list_agents(self) -> AgentList:
        self.is_full.set()
        await self.gate.wait()
        return await super().list_agents()

    async def list_numbers(self) -> NumberList:
        self.lists += 1
        return await super().list_numbers()


def worker_of(world: BotHarness, uponai: UponAIClient) -> Worker:
    context = replace(world.context, uponai=uponai)
    return Worker(context=context, courier=Courier(context=context, client=world.client), poll=timedelta(seconds=60))


def wish(world: BotHarness, number: str) -> Submission:
    team = world.rita.user.team_id
    channel = next(each.id for each in world.slack.world.channels.values() if each.name == "phone-routing")
    is_on = world.uponai.account.numbers[number]["is_time_routing_enabled"]
    return Submission(
        actor=Actor(team, world.rita.id, "test"),
        channel_id=channel,
        number=number,
        patch=Assignment(is_time_routing_enabled=not is_on).patch_to([Field.TIME_ROUTING]),
        reason="Because",
        submission_key=f"form-{next(KEYS)}",
    )


async def approved(world: BotHarness, number: str) -> ChangeRequest:
    asked = await submit(world.context, wish(world, number))
    return await approve(world.context, Actor(asked.team_id, world.alan.id, "test"), asked.id)


async def test_g2_a_worker_with_all_slots_busy_takes_nothing_more_after_the_stop(bot_world: BotHarness) -> None:
    held = bot_world.uponai.account.numbers.items()
    numbers = [number for number, one in held if one["workspace_id"] == 1 and not one["platform_import_error"]]
    changes = [await approved(bot_world, number) for number in numbers[: APPLY_AT_ONCE + 1]]
    gated, stop = GatedUponAI(bot_world.context.uponai), asyncio.Event()
    working = asyncio.create_task(worker_of(bot_world, gated).run(stop))
    # The last look begins after the worker has gone on to wait for a free slot.
    await gated.is_full.wait()
    stop.set()
    gated.gate.set()
    await working
    states = [(await history.show(bot_world.context, change.team_id, change.id)).change.state for change in changes]
    assert states == [State.APPLIED] * APPLY_AT_ONCE + [State.APPROVED]


async def test_a_worker_that_is_stopped_while_it_reads_one_list_begins_no_other(bot_world: BotHarness) -> None:
    bot_world.clock.advance(bot_world.context.mirror_refresh)
    gated, stop = GatedUponAI(bot_world.context.uponai), asyncio.Event()
    working = asyncio.create_task(worker_of(bot_world, gated).run(stop))
    await gated.is_full.wait()
    stop.set()
    gated.gate.set()
    await working
    assert gated.lists == 0


async def test_g2_a_worker_finishes_what_was_claimed_as_it_was_approved(bot_world: BotHarness) -> None:
    context, number = bot_world.context, next(iter(bot_world.uponai.account.numbers))
    gated, stop = GatedUponAI(context.uponai), asyncio.Event()
    object.__setattr__(context, "uponai", gated)
    # The first pass reads the lists, and so shows that the worker runs.
    bot_world.clock.advance(context.mirror_refresh)
    worker = Worker(context=context, courier=bot_world.courier, poll=timedelta(seconds=60))
    working = asyncio.create_task(worker.run(stop))
    await gated.is_full.wait()
    team, asked = bot_world.rita.user.team_id, await submit(context, wish(bot_world, number))
    for _ in range(APPLY_AT_ONCE + 1):
        # A refused review gives its place back: otherwise none would be left.
        with pytest.raises(OwnChange):
            await approve(context, Actor(team, bot_world.rita.id, "test"), asked.id)
    change = await approve(context, Actor(team, bot_world.alan.id, "test"), asked.id)
    record = await history.show(context, change.team_id, change.id)
    claimed = next(each for each in record.events if each.event == Event.APPLYING)
    assert (record.change.state, claimed.actor_id, claimed.at) == (State.APPLYING, WORKER_ID, change.approved_at)
    stop.set()
    gated.gate.set()
    await working
    assert (await history.show(context, change.team_id, change.id)).change.state is State.APPLIED
    assert context.handing.reserve is None
