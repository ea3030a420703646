"""The Home tab shows what waits, and nothing to those who may not see it."""

from bot.sandbox.slack.block_kit.words import words_of
from tests.slack.bot_harness import BotWorld


async def read_home(bot_world: BotWorld, name: str) -> str:
    home = await bot_world.person(name).open_home()
    assert home is not None
    return words_of(home.content["blocks"])


async def test_the_home_tab_lists_what_waits_and_says_that_sending_is_paused(bot_world: BotWorld) -> None:
    assert "Nothing waits for a decision" in await read_home(bot_world, "alan")
    rita = bot_world.rita
    await bot_world.type(rita, "+14155550123")
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Because")
    await rita.submit()
    await bot_world.type(bot_world.ada, "pause")
    shown = await read_home(bot_world, "alan")
    assert "RN-1" in shown
    assert "Sending is paused" in shown
    assert "/route-number revert RN-12" in shown


async def test_g10_a_guest_sees_no_changes_on_the_home_tab(bot_world: BotWorld) -> None:
    assert "Guests may not" in await read_home(bot_world, "gus")
