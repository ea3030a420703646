"""A process that stands still before a call: what it held is somebody else's by then (G9)."""

from collections.abc import Awaitable, Callable

import pytest

from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.service.pause import pause
from bot.service.review import approve, cancel
from tests.slack.bot_harness import BotHarness
from tests.slack.delivery.lanes import (
    REQUESTER,
    REVIEWER,
    asked,
    card_posts,
    deliver_for,
    interrupted,
    lose_the_next,
    rows,
    thread_facts,
)

both_databases = pytest.mark.parametrize("dialect", ["sqlite", "postgresql"], indirect=True)


def taken_over(world: BotHarness) -> Callable[[], Awaitable[None]]:
    """Stand still for a minute, in which another courier does everything."""

    async def stand_still() -> None:
        world.clock.advance(minutes=1)
        await world.post_cards()

    return stand_still


def alone(world: BotHarness) -> Callable[[], Awaitable[None]]:
    """Stand still for a minute, in which nobody does anything."""

    async def stand_still() -> None:
        world.clock.advance(minutes=1)

    return stand_still


@both_databases
@pytest.mark.parametrize("stall", [taken_over, alone])
@pytest.mark.parametrize("after", [1, 2, 3])
async def test_g9_a_stall_before_a_post_posts_nothing_twice(
    bot_world: BotHarness, stall: Callable[[BotHarness], Callable[[], Awaitable[None]]], after: int
) -> None:
    change = await asked(bot_world)
    await interrupted(bot_world, stall(bot_world), after=after).deliver_due()
    await deliver_for(bot_world, 2)
    assert len(card_posts(bot_world, change)) == 1
    await approve(bot_world.context, REVIEWER, change.id)
    await interrupted(bot_world, stall(bot_world), after=after).deliver_due()
    await deliver_for(bot_world, 2)
    assert thread_facts(bot_world, change) == ["approved"]
    # The pause alone is told then, and no card with it: the clock is not to jump while the other's call is on its way.
    await cancel(bot_world.context, REQUESTER, change.id)
    await deliver_for(bot_world, 2)
    await pause(bot_world.context, REQUESTER, PHONE_ROUTING)
    await interrupted(bot_world, stall(bot_world), after=after).deliver_due()
    await deliver_for(bot_world, 2)
    said = [m.text for m in bot_world.slack.world.messages[PHONE_ROUTING] if "paused all sending" in m.text]
    assert len(said) == 1
    assert await rows(bot_world, undone=True) == []


@both_databases
async def test_g9_a_stall_before_an_update_shows_nothing_older(bot_world: BotHarness) -> None:
    change = await asked(bot_world)
    await bot_world.post_cards()
    await approve(bot_world.context, REVIEWER, change.id)

    async def somebody_goes_on() -> None:
        bot_world.clock.advance(minutes=1)
        await cancel(bot_world.context, REQUESTER, change.id)
        await bot_world.post_cards()

    updates = [each for each in bot_world.slack.recorder.requests if each.method == "chat.update"]
    await interrupted(bot_world, somebody_goes_on, after=1).deliver_due()
    [card] = card_posts(bot_world, change)
    assert "State: canceled" in bot_world.rita.read(card)
    assert len([each for each in bot_world.slack.recorder.requests if each.method == "chat.update"]) - len(updates) == 1
    assert await rows(bot_world, undone=True) == []


@both_databases
async def test_g9_a_post_is_found_whatever_the_clocks_say(bot_world: BotHarness) -> None:
    for days in (-40, 3, 40):
        bot_world.clock.advance(days=days)
        change = await asked(bot_world)
        lose_the_next(bot_world)
        await deliver_for(bot_world, 1)
        assert len(card_posts(bot_world, change)) == 1
    # Somebody sets the clock right in between.
    change = await asked(bot_world)
    lose_the_next(bot_world)
    await bot_world.post_cards()
    bot_world.clock.advance(days=-3)
    await deliver_for(bot_world, 4 * 24 * 60)
    assert len(card_posts(bot_world, change)) == 1
