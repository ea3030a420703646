"""The put-backs of several numbers: one card, one message that fills up, one Keep and one Put back now for all."""

import pytest

from bot.domain.errors import AlreadyDecided
from bot.domain.state import State
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import ADA
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next
from bot.service.context import Actor
from bot.service.put_back import put_back_now
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness
from tests.slack.bundles.asking import FEW, results_of, states
from tests.slack.bundles.test_meeting import ask_to_be_put_back, direct_texts
from tests.slack.messages.test_card_truth import cards, is_reply, is_told, replies, work
from tests.slack.test_picture import later
from tests.slack.test_rules import press

pytestmark = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)


async def planned(bot_world: BotHarness) -> Message:
    """Have three numbers changed that are to be put back, and return the one message that says so."""
    card = await ask_to_be_put_back(bot_world)
    await press(bot_world, bot_world.alan, "Approve", card)
    await work(bot_world)
    return put_backs(bot_world)


def put_backs(bot_world: BotHarness) -> Message:
    first = cards(bot_world)[0]
    found = [
        message
        for message in bot_world.slack.world.messages[first.channel_id]
        if is_told(message)
        and is_reply(message)
        and message.thread_ts == first.ts
        and message.metadata is not None
        and message.metadata["event_payload"]["fact"] == "RN-1/put_back/all"
    ]
    assert len(found) == 1
    return found[0]


async def test_the_put_backs_of_several_numbers_are_one_card_and_one_message(bot_world: BotHarness) -> None:
    post = await planned(bot_world)
    rita = bot_world.rita
    said = rita.read(post)
    assert "RN-4 and 2 more put 3 numbers back to what was there before RN-1 and 2 more: " in said
    assert said.count("planned") == 3
    assert bot_world.ada.buttons(post) == ["Put back now", "Keep"]
    assert sum("put_back" in str(m.metadata) for m in bot_world.slack.world.messages[post.channel_id]) == 1
    _, card = cards(bot_world)
    shown = rita.read(card)
    assert "RN-4 and 2 more · 3 numbers" in shown
    assert "to put back RN-1 and 2 more" in shown
    assert "State: approved" in shown
    assert rita.buttons(card) == ["Details"]
    assert len(replies(bot_world)) == 2
    listed = await bot_world.type(bot_world.ada, "pending")
    assert listed.startswith("Scheduled")
    assert "and 2 more" in listed
    assert listed.count("Will be sent") == 1


async def test_all_are_sent_at_their_time_and_the_message_fills_up(bot_world: BotHarness) -> None:
    post = await planned(bot_world)
    await later(bot_world, hours=20)
    await work(bot_world)
    await later(bot_world, minutes=1)
    assert await states(bot_world, 4) == [State.APPLIED] * 3
    said = bot_world.rita.read(put_backs(bot_world))
    assert "3 of 3 numbers are back to what was there before RN-1 and 2 more." in said
    assert said.count("back to what was there before RN-") == 4
    assert bot_world.ada.buttons(put_backs(bot_world)) == []
    assert put_backs(bot_world).ts == post.ts
    results = results_of(bot_world, 4)
    assert "RN-4 and 2 more: 3 of 3 are back to what was there before." in bot_world.rita.read(results)
    assert bot_world.rita.buttons(results) == ["Revert", "Details"]
    assert "All that went live has ended: the former values are back." in bot_world.rita.read(results_of(bot_world))
    told = [each for each in direct_texts(bot_world) if "RN-4" in each]
    assert len(told) == 1
    assert "RN-4 and 2 more, to put back what was there before, came to an end: 3 applied." in told[0]


async def test_g1_an_approver_keeps_all_with_one_press_and_the_requester_none(bot_world: BotHarness) -> None:
    post = await planned(bot_world)
    for button in ("Keep", "Put back now"):
        assert "You asked for RN-1 yourself" in await press(bot_world, bot_world.rita, button, post)
    assert await states(bot_world, 4) == [State.APPROVED] * 3
    assert await press(bot_world, bot_world.ada, "Keep", post) == ""
    assert await states(bot_world, 4) == [State.CANCELED] * 3
    await later(bot_world, minutes=1)
    told = [each for each in replies(bot_world) if "keeps what RN-1 and 2 more set" in each]
    assert len(told) == 1
    assert "RN-4 and 2 more are canceled" in told[0]
    assert bot_world.rita.read(put_backs(bot_world)).count("kept by") == 3
    assert bot_world.ada.buttons(put_backs(bot_world)) == []
    assert len([each for each in direct_texts(bot_world) if "RN-4 and 2 more" in each]) == 1
    with pytest.raises(AlreadyDecided):
        await put_back_now(bot_world.context, Actor(bot_world.ada.user.team_id, ADA, "test"), 5)


async def test_put_back_now_puts_all_back_at_once(bot_world: BotHarness) -> None:
    post = await planned(bot_world)
    assert await press(bot_world, bot_world.ada, "Put back now", post) == ""
    await work(bot_world)
    assert await states(bot_world, 4) == [State.APPLIED] * 3
    assert len([each for each in replies(bot_world) if "has RN-4 and 2 more put 3 numbers back now." in each]) == 1


async def test_what_was_not_applied_has_no_part_and_is_named(bot_world: BotHarness) -> None:
    card = await ask_to_be_put_back(bot_world)
    bot_world.uponai.account.set_number(FEW[1], {"is_time_routing_enabled": None})
    bot_world.uponai.account.numbers.pop(FEW[2])
    await press(bot_world, bot_world.alan, "Approve", card)
    await work(bot_world)
    said = bot_world.rita.read(put_backs(bot_world))
    assert "RN-4 puts 1 number back to what was there before RN-1 and 2 more" in said
    assert "RN-2 · +1 312-555-0111: stale, so there is nothing to put back" in said
    assert "failed, so there is nothing to put back" in said
    assert "1 number" in bot_world.rita.read(cards(bot_world)[-1])


async def test_one_that_goes_live_after_a_keep_is_put_back_all_the_same(bot_world: BotHarness) -> None:
    card = await ask_to_be_put_back(bot_world)
    await press(bot_world, bot_world.alan, "Approve", card)
    for _ in range(2):
        claimed = await claim_next(bot_world.context)
        assert claimed is not None
        await apply(bot_world.context, claimed)
    await bot_world.post_cards()
    post = put_backs(bot_world)
    assert "not live yet; once it is, it is put back too" in bot_world.rita.read(post)
    assert await press(bot_world, bot_world.ada, "Keep", post) == ""
    await work(bot_world)
    await later(bot_world, minutes=1)
    assert await states(bot_world, 4) == [State.CANCELED, State.CANCELED, State.APPROVED]
    assert bot_world.ada.buttons(put_backs(bot_world)) == ["Put back now", "Keep"]


async def revert(bot_world: BotHarness) -> None:
    await bot_world.rita.click("Revert", results_of(bot_world))
    await bot_world.rita.fill("Reason", "Over")
    assert await bot_world.rita.submit() == {"ok": True}, bot_world.rita.errors()
    await bot_world.post_cards()


async def test_put_backs_that_come_first_make_a_revert_needless_without_a_post_for_each(bot_world: BotHarness) -> None:
    post = await planned(bot_world)
    await revert(bot_world)
    before = len(replies(bot_world))
    await press(bot_world, bot_world.ada, "Put back now", post)
    await work(bot_world)
    assert await states(bot_world, 4) == [State.APPLIED] * 3
    assert await states(bot_world, 7) == [State.STALE] * 3
    said = bot_world.rita.read(results_of(bot_world, 7))
    assert said.count("was applied first and did the same, so nothing is left to do") == 3
    # Who wanted it now, and the results of either.
    assert len(replies(bot_world)) == before + 3


async def test_a_change_outside_ends_the_put_backs_without_a_post_for_each(bot_world: BotHarness) -> None:
    await planned(bot_world)
    before = len(replies(bot_world))
    for number in FEW:
        bot_world.uponai.account.set_number(number, {"is_time_routing_enabled": None})
    await bot_world.read_uponai()
    await bot_world.post_cards()
    assert await states(bot_world, 4) == [State.STALE] * 3
    assert len(replies(bot_world)) == before + 1


async def test_a_revert_that_comes_first_ends_the_put_backs_without_a_post_for_each(bot_world: BotHarness) -> None:
    await planned(bot_world)
    before = len(replies(bot_world))
    await revert(bot_world)
    await press(bot_world, bot_world.alan, "Approve", cards(bot_world)[-1])
    await work(bot_world)
    assert await states(bot_world, 7) == [State.APPLIED] * 3
    assert await states(bot_world, 4) == [State.STALE] * 3
    said = bot_world.rita.read(put_backs(bot_world))
    assert said.count("was applied first and did the same, so nothing is left to do") == 3
    # The results of either, each filled up.
    assert len(replies(bot_world)) == before + 2
