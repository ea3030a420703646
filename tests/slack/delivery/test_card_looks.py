"""The card of an open change that somebody deleted is back with the next pass, though nobody does anything."""

import pytest

from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.service.review import cancel
from bot.slack.delivery.card_looks import CardLooks
from tests.slack.bot_harness import BotHarness
from tests.slack.delivery.lanes import REQUESTER, archive, asked, card_posts, rows


async def pass_by(bot_world: BotHarness) -> None:
    """Let the worker's next pass come, and deliver what it leaves."""
    bot_world.clock.advance(bot_world.context.mirror_refresh)
    await bot_world.courier.look_at_cards()
    await bot_world.post_cards()


async def posted(bot_world: BotHarness) -> Message:
    change = await asked(bot_world)
    await bot_world.post_cards()
    return card_posts(bot_world, change)[0]


@pytest.mark.parametrize("may_read", [True, False])
@pytest.mark.parametrize("has_replies", [True, False])
async def test_g9_a_card_that_was_deleted_while_the_change_is_pending_is_back_with_the_next_pass(
    bot_world: BotHarness, may_read: bool, has_replies: bool
) -> None:
    if not may_read:
        bot_world.slack.faults.add(Fault("error", methods=["conversations.history"], code="missing_scope"))
    first = await posted(bot_world)
    if has_replies:
        await bot_world.alan.say("phone-routing", "Why?", thread_ts=first.ts)
    await pass_by(bot_world)
    bot_world.slack.world.delete_message(first)
    await pass_by(bot_world)
    cards = [m for m in bot_world.slack.world.messages[PHONE_ROUTING] if m.text.startswith("RN-1 pending:")]
    [second] = [card for card in cards if card.ts != first.ts]
    assert bot_world.alan.buttons(second) == ["Approve", "Deny", "Edit", "Cancel", "Details"]
    await pass_by(bot_world)
    assert bot_world.slack.world.message(PHONE_ROUTING, second.ts) is not None
    await bot_world.alan.click("Approve", second)


async def test_cards_that_stand_well_cost_one_call_a_channel_and_a_pass(bot_world: BotHarness) -> None:
    for _ in range(3):
        await posted(bot_world)
    before = await rows(bot_world)
    bot_world.clock.advance(bot_world.context.mirror_refresh)
    asked_before = len(bot_world.slack.recorder.requests)
    for _ in range(3):
        await bot_world.courier.look_at_cards()
    calls = [record.method for record in list(bot_world.slack.recorder.requests)[asked_before:]]
    assert calls == ["conversations.history"]
    assert await rows(bot_world) == before


async def test_what_has_ended_is_left_alone(bot_world: BotHarness) -> None:
    first = await posted(bot_world)
    await cancel(bot_world.context, REQUESTER, 1)
    await bot_world.post_cards()
    bot_world.slack.world.delete_message(first)
    await pass_by(bot_world)
    assert not any("RN-1 canceled:" in m.text for m in bot_world.slack.world.messages[PHONE_ROUTING])


async def test_a_channel_that_cannot_be_looked_at_holds_nothing_up(bot_world: BotHarness) -> None:
    await posted(bot_world)
    archive(bot_world, PHONE_ROUTING)
    await pass_by(bot_world)
    bot_world.slack.faults.add(Fault("rate_limit", methods=["conversations.history"], times=1))
    await pass_by(bot_world)


async def test_in_a_busy_channel_what_was_not_seen_counts_as_standing(
    bot_world: BotHarness,
) -> None:
    first = await posted(bot_world)
    for at in range(4):
        await bot_world.alan.say("phone-routing", f"Hello {at}")
    last = await posted(bot_world)
    for card in (first, last):
        bot_world.slack.world.delete_message(card)
    bot_world.clock.advance(bot_world.context.mirror_refresh)
    await CardLooks(bot_world.context, bot_world.client, page=3, pages=1).look()
    await bot_world.post_cards()
    shown = [m.text for m in bot_world.slack.world.messages[PHONE_ROUTING] if " pending:" in m.text]
    assert len(shown) == 1
    assert shown[0].startswith("RN-2 pending:")
