"""An approval that is sent at once is told with its result when that comes soon, and by itself otherwise."""

import pytest

from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from bot.service.messages import TOLD_AFTER
from bot.service.review import cancel
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.delivery.lanes import REQUESTER, rows
from tests.slack.messages.test_card_truth import ask, cards, replies

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)


def updates(world: BotHarness) -> int:
    return sum(each.method == "chat.update" for each in world.slack.recorder.requests)


async def test_a_result_that_comes_soon_is_one_message_and_one_update_of_the_card(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.alan.click("Approve", card)
    assert await bot_world.courier.deliver_due() == 0
    change = await claim_next(bot_world.context)
    assert change is not None
    await apply(bot_world.context, change)
    await bot_world.post_cards()
    [said] = replies(bot_world)
    assert "approved; RN-1 is live" in said
    assert "State: applied" in bot_world.rita.read(cards(bot_world)[0])
    assert updates(bot_world) == 1
    assert await rows(bot_world, undone=True) == []


async def test_a_result_that_is_late_finds_the_approval_told(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.alan.click("Approve", card)
    change = await claim_next(bot_world.context)
    assert change is not None
    bot_world.clock.advance(TOLD_AFTER)
    await bot_world.courier.deliver_due()
    assert "State: applying" in bot_world.rita.read(cards(bot_world)[0])
    await apply(bot_world.context, change)
    await bot_world.post_cards()
    told, result = replies(bot_world)
    assert "Sending it to UponAI now." in told
    assert "approved" not in result
    assert "RN-1 is live" in result
    assert updates(bot_world) == 2


async def test_what_follows_an_approval_otherwise_tells_it_at_once(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    await bot_world.alan.click("Approve", card)
    await cancel(bot_world.context, REQUESTER, 1)
    await bot_world.courier.deliver_due()
    approved, canceled = replies(bot_world)
    assert "approved RN-1" in approved
    assert "canceled RN-1" in canceled
    assert updates(bot_world) == 1
