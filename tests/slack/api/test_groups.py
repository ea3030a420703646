"""G10: who is in a group or a channel, page by page, looked up at most a minute ago."""

import asyncio
from typing import Any

import pytest

from bot.domain.errors import CannotCheck
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.seed import ADA, ALAN, BOT, PHONE_ROUTING, RANDOM
from bot.slack.api.groups import PAGE, Groups
from tests.slack.bot_harness import BotHarness

GROUP = "S07APPROVER"


def groups_of(bot_world: BotHarness) -> Groups:
    return Groups(bot_world.client, bot_user_id=BOT, now=bot_world.clock.now)


async def test_g10_a_group_has_its_active_people(bot_world: BotHarness) -> None:
    assert await groups_of(bot_world).members(GROUP) == {ALAN, ADA}
    bot_world.ada.user.deleted = True
    assert await groups_of(bot_world).members(GROUP) == {ALAN}


async def test_g10_a_channel_is_read_to_its_last_page_and_the_bot_is_nobody(bot_world: BotHarness) -> None:
    channel = bot_world.slack.world.channels[PHONE_ROUTING]
    channel.members += [f"U{number:06d}" for number in range(PAGE)]
    found = await groups_of(bot_world).members(PHONE_ROUTING)
    assert found == set(channel.members) - {BOT}


async def test_g10_a_group_is_known_for_a_minute_and_no_longer(bot_world: BotHarness) -> None:
    groups = groups_of(bot_world)
    await groups.members(GROUP)
    bot_world.slack.world.usergroups[GROUP].users.remove(ADA)
    bot_world.clock.advance(seconds=59)
    assert ADA in await groups.members(GROUP)
    bot_world.clock.advance(seconds=2)
    assert ADA not in await groups.members(GROUP)


async def test_of_many_who_ask_at_once_one_looks(bot_world: BotHarness) -> None:
    groups = groups_of(bot_world)
    bot_world.slack.faults.add(Fault("error", methods=["usergroups.users.list"], times=1))
    outcomes = await asyncio.gather(*(groups.members(GROUP) for _ in range(5)), return_exceptions=True)
    assert [isinstance(each, CannotCheck) for each in outcomes] == [True, False, False, False, False]


@pytest.mark.parametrize("kind", ["down", "rate_limit", "error"])
async def test_g10_a_failed_look_up_refuses_and_is_not_remembered(bot_world: BotHarness, kind: Any) -> None:
    groups = groups_of(bot_world)
    fault = bot_world.slack.faults.add(Fault(kind, methods=["usergroups.users.list"]))
    with pytest.raises(CannotCheck, match="could not check with Slack who is in <!subteam"):
        await groups.members(GROUP)
    bot_world.slack.faults.clear()
    assert ALAN in await groups.members(GROUP)
    assert fault


@pytest.mark.parametrize("unknown", ["S0NOBODY00", "C0NOWHERE0"])
async def test_g10_what_does_not_exist_refuses(bot_world: BotHarness, unknown: str) -> None:
    with pytest.raises(CannotCheck):
        await groups_of(bot_world).members(unknown)
    assert await groups_of(bot_world).members(RANDOM)
