"""The type-aheads: numbers in any writing, agents by name or id."""

import pytest

from bot.domain.account import ListedAgent
from bot.slack.form import option_values
from tests.slack.bot_harness import BotWorld


@pytest.mark.parametrize("query", ["5550123", "(415) 555-0123", "+1 415 555 0123", "00 1 415 555 0123"])
async def test_any_writing_finds_the_number(bot_world: BotWorld, query: str) -> None:
    await bot_world.type(bot_world.rita, "")
    assert "+1 415-555-0123" in await bot_world.rita.look_up("Number", query)


async def test_an_extension_is_found_by_a_part_of_it(bot_world: BotWorld) -> None:
    await bot_world.type(bot_world.rita, "")
    assert await bot_world.rita.look_up("Number", "DESK") == ["sip:front-desk/7"]


async def test_a_phone_number_that_the_mirror_lacks_can_be_looked_up(bot_world: BotWorld) -> None:
    rita = bot_world.rita
    bot_world.uponai.account.set_number("+15125550100", {})
    await bot_world.type(rita, "")
    assert await rita.look_up("Number", "+1 512 555 0100") == ["Look up +1 512-555-0100"]
    await rita.fill("Number", "+1 512 555 0100")
    await bot_world.until_view(rita, "+1 512-555-0100 now:")
    assert rita.value("Number") == "+1 512-555-0100"


async def test_agents_are_found_by_name_and_by_id(bot_world: BotWorld) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "")
    await rita.fill("Outbound calls", "One agent")
    assert await rita.look_up("Outbound agent", "support") == [
        f"Support ({agent_id})" for agent_id in ("agent_1f864a29b7c2ab407103c88335", "agent_7b40e1c98d25f3a6610b2f94de")
    ]
    assert await rita.look_up("Outbound agent", "d3c2df14") == ["Sales"]
    assert await rita.look_up("Outbound version", "") == ["Choose the agent first"]
    await rita.fill("Outbound agent", "Sales")
    assert await rita.look_up("Outbound version", "") == ["Version 3", "Version 2", "Version 1", "Version 0"]


def test_a_long_identifier_fits_and_is_found_again() -> None:
    identifier, other = "agent-" + "x" * 200, "agent-" + "x" * 199 + "y"
    option = option_values.of_agent(ListedAgent(identifier, "Long", (1,)))
    assert len(option.value) <= option_values.VALUE_LIMIT
    assert option_values.matching(option.value, [other, identifier]) == identifier
    assert identifier.startswith(option_values.head_of(option.value))
