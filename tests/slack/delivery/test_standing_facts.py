"""Buttons that can do nothing any more go from the thread, whatever was down meanwhile (G9)."""

from datetime import timedelta

from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.model import Message
from bot.service.applying.claim import take_follow_up
from bot.service.applying.recover import run_follow_up
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import ask, cards, work


def told(bot_world: BotHarness, words: str) -> Message:
    return bot_world.rita.find_message("phone-routing", words)


async def send_form(bot_world: BotHarness, person: Person, reason: str | None = None) -> None:
    if reason is not None:
        await person.fill("Reason", reason)
    assert await person.submit() == {"ok": True}
    await bot_world.post_cards()


async def follow_up(bot_world: BotHarness) -> None:
    change = await take_follow_up(bot_world.context)
    assert change is not None
    await run_follow_up(bot_world.context, change)
    await bot_world.post_cards()


async def unclear(bot_world: BotHarness) -> Message:
    card = await ask(bot_world)
    bot_world.fault("import_error", times=1)
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    return told(bot_world, "is unclear")


async def test_a_canceled_change_is_asked_again_once(bot_world: BotHarness) -> None:
    await bot_world.rita.click("Cancel", await ask(bot_world))
    await bot_world.post_cards()
    end = told(bot_world, "canceled RN-1")
    assert bot_world.rita.buttons(end) == ["Ask again"]
    metadata = end.metadata
    await bot_world.ada.click("Ask again", end)
    assert bot_world.ada.value("Reason") == "Night shift <!channel> *now*"
    await send_form(bot_world, bot_world.ada)
    assert bot_world.rita.buttons(end) == []
    assert f"<@{bot_world.ada.id}> asked again as RN-2." in bot_world.rita.read(end)
    assert end.metadata == metadata


async def test_a_denied_change_is_asked_again_with_the_same_values(bot_world: BotHarness) -> None:
    await bot_world.alan.click("Deny", await ask(bot_world))
    await send_form(bot_world, bot_world.alan, "No")
    end = told(bot_world, "denied RN-1")
    await bot_world.rita.click("Ask again", end)
    assert bot_world.rita.value("Time routing") == "On"
    await send_form(bot_world, bot_world.rita)
    assert bot_world.rita.buttons(end) == []


async def test_a_result_says_that_it_was_reverted_once_the_revert_is_live(bot_world: BotHarness) -> None:
    await bot_world.alan.click("Approve", await ask(bot_world))
    await work(bot_world)
    result = told(bot_world, "RN-1 is live")
    await bot_world.ada.click("Revert", result)
    await send_form(bot_world, bot_world.ada, "Undo")
    # Until it is approved, it may come to nothing.
    assert bot_world.rita.buttons(result) == ["Revert", "Details"]
    await bot_world.alan.click("Approve", cards(bot_world)[-1])
    await work(bot_world)
    assert "Reverted by RN-2." in bot_world.rita.read(result)
    assert bot_world.rita.buttons(result) == ["Details"]


async def test_details_opens_from_a_result(bot_world: BotHarness) -> None:
    await bot_world.alan.click("Approve", await ask(bot_world))
    await work(bot_world)
    await bot_world.alan.click("Details", told(bot_world, "RN-1 is live"))
    assert "RN-1" in bot_world.alan.read_view()


async def test_an_unclear_change_that_was_resolved_has_no_buttons(bot_world: BotHarness) -> None:
    end = await unclear(bot_world)
    await bot_world.ada.click("Mark as resolved", end)
    await bot_world.post_cards()
    assert bot_world.rita.buttons(end) == []
    await follow_up(bot_world)
    assert f"<@{bot_world.ada.id}> marked it as resolved." in bot_world.rita.read(end)
    assert end.is_broadcast


async def test_g9_a_button_goes_though_slack_was_down_when_it_was_used(bot_world: BotHarness) -> None:
    end = await unclear(bot_world)
    bot_world.slack.faults.add(Fault("error_before", methods=["chat.update"], times=2))
    await bot_world.ada.click("Try again", end)
    for _ in range(4):
        await bot_world.post_cards()
        bot_world.clock.advance(timedelta(seconds=20))
    await bot_world.post_cards()
    assert bot_world.rita.buttons(end) == []
    assert "tried again." in bot_world.rita.read(end)


async def test_g9_a_post_that_was_deleted_holds_nothing_up(bot_world: BotHarness) -> None:
    end = await unclear(bot_world)
    await bot_world.ada.click("Mark as resolved", end)
    bot_world.slack.world.delete_message(end)
    await bot_world.post_cards()
    await follow_up(bot_world)
    assert "as resolved" in told(bot_world, "marked RN-1").text
    (card,) = cards(bot_world)
    assert "State: resolved" in bot_world.rita.read(card)


async def test_g9_of_two_unclear_messages_only_the_last_has_buttons_whatever_comes_when(bot_world: BotHarness) -> None:
    first = await unclear(bot_world)
    # Both steps are stored before anything of them is delivered.
    await bot_world.ada.click("Try again", first)
    bot_world.uponai.account.set_number("+14155550123", {"is_time_routing_enabled": False})
    change = await take_follow_up(bot_world.context)
    assert change is not None
    bot_world.fault("import_error", times=1)
    await run_follow_up(bot_world.context, change)
    await bot_world.post_cards()
    second = told(bot_world, "is unclear")
    assert second.ts != first.ts
    assert bot_world.rita.buttons(first) == []
    assert bot_world.rita.buttons(second) == ["Try again", "Mark as resolved"]
