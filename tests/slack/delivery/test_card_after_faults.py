"""Card and thread come to the truth whatever Slack did meanwhile."""

from datetime import timedelta

import pytest

from bot.sandbox.slack.block_kit.entries import Spot
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING, SUPPORT_OPS
from bot.service.applying.claim import expire_next, take_abandoned
from bot.service.applying.recover import recover
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import NUMBER, ask, cards, refusal, replies, work


async def test_g9_a_lost_answer_to_a_post_is_looked_for_before_it_is_repeated(bot_world: BotHarness) -> None:
    bot_world.slack.faults.add(Fault("lost_answer", methods=["chat.postMessage"], times=1))
    await ask(bot_world)
    bot_world.clock.advance(seconds=60)
    await bot_world.post_cards()
    assert len(cards(bot_world)) == 1
    await bot_world.alan.click("Approve", cards(bot_world)[0])
    await work(bot_world)
    assert "State: applied" in bot_world.rita.read(cards(bot_world)[0])


async def test_g9_without_the_history_scopes_an_unclear_post_is_repeated_and_says_so(bot_world: BotHarness) -> None:
    for scope in ("channels:history", "groups:history"):
        bot_world.slack.world.app.scopes.remove(scope)
    bot_world.slack.faults.add(Fault("lost_answer", methods=["chat.postMessage"], times=1))
    await ask(bot_world)
    bot_world.clock.advance(seconds=60)
    await bot_world.post_cards()
    first, second = cards(bot_world)
    assert "may repeat" not in first.text
    assert "may repeat" in second.text
    assert "may repeat" in bot_world.rita.read(second)


@pytest.mark.parametrize("kind", ["down", "error_before", "rate_limit"])
async def test_g9_after_slack_was_down_card_and_thread_come_to_show_the_stored_state(
    bot_world: BotHarness, kind: str
) -> None:
    card = await ask(bot_world)
    bot_world.slack.faults.add(Fault(kind, methods=["chat.postMessage", "chat.update"]))  # type: ignore[arg-type]  # one of the kinds
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    assert "State: pending" in bot_world.rita.read(cards(bot_world)[0])
    bot_world.slack.faults.clear()
    for _ in range(4):
        bot_world.clock.advance(seconds=60)
        await bot_world.post_cards()
    assert "State: applied" in bot_world.rita.read(cards(bot_world)[0])
    [result] = replies(bot_world)
    assert "approved; RN-1 is live" in result
    assert len(cards(bot_world)) == 1


async def test_g9_a_deleted_card_is_posted_anew_with_the_stored_state(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    bot_world.slack.world.delete_message(card)
    bot_world.clock.advance(days=2)
    assert await expire_next(bot_world.context) is not None
    await bot_world.post_cards()
    (again,) = cards(bot_world)
    assert again.ts != card.ts
    assert "State: expired" in bot_world.rita.read(again)
    assert len(replies(bot_world)) == 1


async def test_a_card_that_cannot_be_posted_is_offered_to_the_requester_for_another_channel(
    bot_world: BotHarness,
) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Because")
    await rita.submit()
    bot_world.slack.world.channels[PHONE_ROUTING].is_archived = True
    await bot_world.post_cards()
    told = rita.find_message("app", "cannot post its card")
    assert "that channel is archived. Pick another one." in rita.read(told)
    await rita.press("app", told.ts, "direct:move", SUPPORT_OPS)
    await bot_world.post_cards()
    card = rita.find_message("support-ops", "State: pending")
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    assert rita.find_message("support-ops", "State: applied").ts == card.ts


async def test_pause_and_resume_are_told_in_the_approval_channel(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.ada, "pause the line is down", "support-ops")
    await bot_world.post_cards()
    assert bot_world.rita.find_message("phone-routing", "paused all sending")
    await bot_world.alan.click("Approve", await ask(bot_world))
    await work(bot_world)
    assert "State: approved" in bot_world.rita.read(cards(bot_world)[-1])
    await bot_world.type(bot_world.alan, "resume")
    await work(bot_world)
    assert "State: applied" in bot_world.rita.read(cards(bot_world)[-1])


async def test_a_lost_answer_is_told_with_what_happens_next(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    bot_world.fault("lost_answer", times=1)
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    assert any("look before I send anything again" in said for said in replies(bot_world))
    assert "State: applying" in bot_world.rita.read(cards(bot_world)[0])
    bot_world.clock.advance(seconds=timedelta(minutes=1).total_seconds())
    change = await take_abandoned(bot_world.context)
    assert change is not None
    await recover(bot_world.context, change)
    await bot_world.post_cards()
    assert "State: applied" in bot_world.rita.read(cards(bot_world)[0])


async def test_g3_a_press_that_an_update_overtook_is_told_who_was_first(bot_world: BotHarness) -> None:
    card = await ask(bot_world)
    spot = next(b["block_id"] for b in card.blocks if b["type"] == "actions")
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    assert bot_world.ada.buttons(cards(bot_world)[0]) == ["Details"]
    await bot_world.slack.acts.press_in_message(bot_world.ada.id, PHONE_ROUTING, card.ts, Spot(spot, "card:approve"))
    assert f"already approved by <{bot_world.alan.id}>" in refusal(bot_world.ada)
