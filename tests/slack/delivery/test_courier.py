"""The courier's hard cases: a lost answer, a failed look, a short lease, words that Slack never takes (G9)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING, SUPPORT_OPS
from bot.service.context import Actor
from bot.service.move_card import move_card
from bot.store.schema import outbox
from tests.slack.bot_harness import BotHarness
from tests.slack.delivery.lanes import courier_of

NUMBER = "+14155550123"


async def ask(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.rita, NUMBER)
    await bot_world.rita.fill("Time routing", "On")
    await bot_world.rita.fill("Reason", "Because")
    assert await bot_world.rita.submit() == {"ok": True}


async def deliver_for_minutes(bot_world: BotHarness, minutes: int) -> None:
    for _ in range(minutes):
        bot_world.clock.advance(minutes=1)
        await bot_world.post_cards()


async def rows(bot_world: BotHarness) -> list[dict[str, Any]]:
    async with bot_world.context.database.reading() as tx:
        return [dict(row) for row in (await tx.execute(select(outbox).order_by(outbox.c.id))).mappings()]


def cards(bot_world: BotHarness) -> list[Message]:
    return [m for m in bot_world.slack.world.messages[PHONE_ROUTING] if m.metadata and m.thread_ts in (None, m.ts)]


def lose_the_next_post(bot_world: BotHarness) -> None:
    bot_world.slack.faults.add(Fault("lost_answer", methods=["chat.postMessage"], times=1))


async def test_g9_a_card_that_was_found_is_brought_to_the_state_of_now(bot_world: BotHarness) -> None:
    await ask(bot_world)
    lose_the_next_post(bot_world)
    await bot_world.courier.deliver_due()
    await bot_world.rita.click("Cancel", cards(bot_world)[0])
    await deliver_for_minutes(bot_world, 3)
    (card,) = cards(bot_world)
    assert "State: canceled" in bot_world.alan.read(card)
    assert bot_world.alan.buttons(card) == ["Details"]


async def look_is_limited(bot_world: BotHarness) -> None:
    bot_world.slack.faults.add(Fault("rate_limit", methods=["conversations.history"], times=1, retry_after=1))
    await deliver_for_minutes(bot_world, 1)


async def look_is_refused(bot_world: BotHarness) -> None:
    bot_world.slack.faults.add(Fault("error", methods=["conversations.history"], times=1, code="channel_not_found_x"))
    await deliver_for_minutes(bot_world, 1)


async def slack_is_away(bot_world: BotHarness) -> None:
    address, bot_world.client.base_url = bot_world.client.base_url, "http://127.0.0.1:9/api/"
    await deliver_for_minutes(bot_world, 1)
    bot_world.client.base_url = address


@pytest.mark.parametrize("trouble", [look_is_limited, look_is_refused, slack_is_away])
async def test_g9_a_failed_look_does_not_forget_that_a_post_may_stand_there(
    bot_world: BotHarness, trouble: Callable[[BotHarness], Awaitable[None]]
) -> None:
    await ask(bot_world)
    lose_the_next_post(bot_world)
    await bot_world.courier.deliver_due()
    await trouble(bot_world)
    await deliver_for_minutes(bot_world, 4)
    assert len(cards(bot_world)) == 1
    assert all(row["done_at"] for row in await rows(bot_world) if row["kind"] != "reminder")


async def test_g9_a_lease_shorter_than_a_slow_call_posts_nothing_twice(bot_world: BotHarness) -> None:
    hasty = replace(bot_world.context, lease=timedelta(seconds=0.2))
    first, second = (courier_of(bot_world, hasty) for _ in range(2))
    await ask(bot_world)
    fault = bot_world.slack.faults.add(Fault("slow", methods=["chat.postMessage"], delay=1.5))
    slow = asyncio.create_task(first.deliver_due())
    await bot_world.slack.until(lambda: fault.hits == 1)
    bot_world.clock.advance(seconds=1)
    assert await second.deliver_due() == 0
    await slow
    assert len(cards(bot_world)) == 1


async def test_g9_what_slack_never_takes_is_shown_plainly_and_blocks_nothing(bot_world: BotHarness) -> None:
    await ask(bot_world)
    bot_world.slack.faults.add(Fault("error", methods=["chat.postMessage"], times=1, code="invalid_blocks"))
    await bot_world.post_cards()
    (card,) = cards(bot_world)
    assert "State: pending" in bot_world.alan.read(card).splitlines()
    assert card.text.startswith("RN-1 pending:")
    assert bot_world.alan.buttons(card) == ["Details"]
    assert all(row["done_at"] for row in await rows(bot_world) if row["kind"] != "reminder")


async def test_the_requester_is_told_again_when_the_next_channel_refuses_too(bot_world: BotHarness) -> None:
    for channel in (PHONE_ROUTING, SUPPORT_OPS):
        bot_world.slack.faults.add(
            Fault("error", methods=["chat.postMessage"], code="restricted_action", channel=channel)
        )
    await ask(bot_world)
    await deliver_for_minutes(bot_world, 2)
    rita = bot_world.rita
    await move_card(bot_world.context, Actor(rita.user.team_id, rita.id, "test"), 1, SUPPORT_OPS)
    await deliver_for_minutes(bot_world, 2)
    assert sum("cannot post its card" in rita.read(message) for message in rita.messages("app")) == 2


async def test_a_pause_in_a_channel_without_the_bot_is_told_to_whoever_paused(
    bot_world_without_channel: BotHarness,
) -> None:
    world = bot_world_without_channel
    await world.type(world.ada, "pause the line is down", "random")
    await world.post_cards()
    assert world.ada.find_message("app", "paused all sending")
    assert all(row["done_at"] for row in await rows(world))


async def test_the_worker_forgets_once_an_hour_what_was_delivered_long_ago(bot_world: BotHarness) -> None:
    for days in (31, 0):
        await bot_world.type(bot_world.ada, "pause the line is down" if days else "resume", "support-ops")
        await bot_world.post_cards()
        bot_world.clock.advance(days=days)
        await bot_world.worker._expire_once()
        assert len(await rows(bot_world)) == (0 if days else 1)
    bot_world.clock.advance(days=31)
    await bot_world.worker._expire_once()
    assert await rows(bot_world) == []
