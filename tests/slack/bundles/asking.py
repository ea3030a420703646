"""What the tests of several numbers share: numbers enough, and the form that asks for all of them."""

from bot.domain.bundle import Bundle
from bot.domain.state import State
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.sandbox.uponai.seed import SALES
from bot.store import bundles
from tests.slack.bot_harness import BotHarness
from tests.slack.messages.test_card_truth import cards

FEW = ["+14155550123", "+13125550111", "+442079460958"]


async def with_numbers(bot_world: BotHarness, count: int) -> list[str]:
    """Let the account have so many numbers more, all answered by the same agent."""
    numbers = [f"+1628555{position:04}" for position in range(1, count + 1)]
    for number in numbers:
        bot_world.uponai.account.set_number(
            number, {"inbound_agents": [{"agent_id": SALES, "agent_version": 3, "weight": 1}]}
        )
    await bot_world.read_uponai()
    return numbers


async def ask_several(bot_world: BotHarness, numbers: list[str], separator: str = "\n") -> Message:
    """Ask for time routing on all of these numbers, and return the card."""
    rita = bot_world.rita
    await bot_world.type(rita, numbers[0])
    await rita.click("Several numbers")
    await rita.fill("More numbers", separator.join(numbers[1:]))
    await rita.fill("Time routing", "On")
    await rita.fill("Reason", "Night shift")
    assert await rita.submit() == {"ok": True}, rita.errors()
    await bot_world.post_cards()
    return cards(bot_world)[-1]


async def stored(bot_world: BotHarness, bundle_id: int = 1) -> Bundle:
    async with bot_world.context.database.reading() as tx:
        return await bundles.get(tx, bundle_id)


async def states(bot_world: BotHarness, bundle_id: int = 1) -> list[State]:
    return [each.state for each in (await stored(bot_world, bundle_id)).members]


def results_of(bot_world: BotHarness, bundle_id: int = 1) -> Message:
    """Return the message of results, which fills up."""
    fact = f"RN-{bundle_id}/results/all"
    told = bot_world.slack.world.messages[PHONE_ROUTING]
    return next(each for each in told if each.metadata and each.metadata["event_payload"].get("fact") == fact)
