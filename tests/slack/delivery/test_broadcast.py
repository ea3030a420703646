"""A change that a person has to look at is told in the channel as well as in its thread."""

from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import ask, cards, work


def in_channel_too(bot_world: BotHarness) -> list[Message]:
    return [message for message in bot_world.slack.world.messages[PHONE_ROUTING] if message.is_broadcast]


async def test_unclear_is_shown_in_the_channel_names_the_requester_and_calls_the_approver(
    bot_world: BotHarness,
) -> None:
    card = await ask(bot_world)
    bot_world.fault("import_error", times=1)
    await bot_world.alan.click("Approve", card)
    await work(bot_world)
    (told,) = in_channel_too(bot_world)
    assert told.thread_ts == cards(bot_world)[0].ts
    # The requester is called by a direct message.
    said = told.text.replace("\u2060", "")
    assert said.startswith(f"❓ @Rita Vogel <@{bot_world.alan.id}> RN-1 is unclear")


async def test_what_ends_well_stays_in_the_thread(bot_world: BotHarness) -> None:
    await bot_world.alan.click("Approve", await ask(bot_world))
    await work(bot_world)
    assert in_channel_too(bot_world) == []
