"""What people are told while a change waits for UponAI."""

from datetime import timedelta

from bot.service.applying.claim import take_waiting
from bot.service.applying.retry import retry
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import ask, cards, replies, work


async def test_a_refused_token_is_told_in_the_channel_and_the_change_waits(bot_world: BotHarness) -> None:
    await bot_world.alan.click("Approve", await ask(bot_world))
    bot_world.fault("unauthorized")
    await work(bot_world)
    for _ in range(3):
        bot_world.clock.advance(timedelta(minutes=1))
        waiting = await take_waiting(bot_world.context)
        assert waiting is not None
        await retry(bot_world.context, waiting)
        await bot_world.post_cards()
    assert "State: approved" in bot_world.rita.read(cards(bot_world)[0])
    said = [bot_world.rita.read(message) for message in bot_world.rita.messages("phone-routing")]
    assert len([each for each in said if "UponAI refuses my token" in each and "UPONAI_API_TOKEN" in each]) == 1
    (waits,) = [each for each in replies(bot_world) if "waits for UponAI" in each]
    assert "UPONAI_API_TOKEN (401)" in waits
    assert "I keep trying until" in waits
    assert "Cancel" in bot_world.rita.buttons(cards(bot_world)[0])


async def test_the_card_is_updated_when_a_wait_begins_and_ends_and_not_in_between(bot_world: BotHarness) -> None:
    await bot_world.alan.click("Approve", await ask(bot_world))
    bot_world.fault("unauthorized")
    await work(bot_world)
    updates = bot_world.slack.recorder.calls("chat.update")
    bot_world.clock.advance(timedelta(minutes=1))
    waiting = await take_waiting(bot_world.context)
    assert waiting is not None
    await retry(bot_world.context, waiting)
    await bot_world.post_cards()
    assert bot_world.slack.recorder.calls("chat.update") == updates
    bot_world.fault("unauthorized", on=False)
    bot_world.clock.advance(timedelta(minutes=1))
    again = await take_waiting(bot_world.context)
    assert again is not None
    await retry(bot_world.context, again)
    await bot_world.post_cards()
    assert "State: applied" in bot_world.rita.read(cards(bot_world)[0])
