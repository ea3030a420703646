"""The form warns before somebody asks: of what is dangerous, and of what another open change will end."""

import pytest

from bot.sandbox.slack.client.person import Person
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness

NUMBER, HOOKED = "+14155550123", "+493012345678"


def warned(person: Person) -> list[str]:
    blocks = [block for block in person.view().content["blocks"] if block["block_id"] == "warnings"]
    return [line["elements"][1]["text"] for block in blocks for line in block["elements"]]


async def ask(bot_world: BotHarness, field: str, value: str, reason: str) -> None:
    await bot_world.type(bot_world.alan, NUMBER)
    await bot_world.alan.fill(field, value)
    await bot_world.alan.fill("Reason", reason)
    assert await bot_world.alan.submit() == {"ok": True}


async def test_an_untouched_form_warns_of_nothing(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.rita, HOOKED)
    assert warned(bot_world.rita) == []


async def test_no_inbound_agent_is_warned_of_until_it_is_taken_back(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "No agent")
    assert warned(rita) == ["No agent will answer inbound calls."]
    await rita.fill("Inbound calls", "One agent")
    assert warned(rita) == []


async def test_an_unpinned_agent_is_warned_of_by_name(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "Split between agents")
    await rita.fill("Agent 1", "Sales")
    assert warned(rita) == ["Sales is unpinned."]
    await rita.fill("Agent 2", "Bookings")
    assert warned(rita) == ["Sales and Bookings are unpinned."]
    await rita.fill("Version 1", "Version 3")
    assert warned(rita) == ["Bookings is unpinned."]
    await rita.fill("Version 2", "Version 2")
    assert warned(rita) == []


async def test_a_webhook_is_warned_of_as_it_is_typed(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound webhook", "Set")
    assert warned(rita) == []
    await rita.fill("Webhook URL", "http://hooks.example.com/in")
    assert len(warned(rita)) == 2
    assert "without TLS" in warned(rita)[1]
    await rita.fill("Webhook URL", "https://hooks.example.com/in")
    assert warned(rita) == ["The webhook can send each call to any agent."]


async def test_agents_behind_a_webhook_are_warned_of(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, HOOKED)
    await rita.fill("Inbound calls", "One agent")
    await rita.fill("Agent 1", "Sales")
    await rita.fill("Version 1", "Version 3")
    assert warned(rita) == ["This number has a webhook, which can override these agents."]


@pytest.mark.parametrize("dialect", DIALECTS, indirect=True)
async def test_another_open_change_of_the_same_field_is_warned_of(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await ask(bot_world, "Inbound calls", "No agent", "First")
    await ask(bot_world, "Time routing", "On", "Second")
    await bot_world.type(rita, NUMBER)
    assert warned(rita) == []
    await rita.fill("Time routing", "On")
    assert warned(rita) == ["RN-2 also changes Time routing; approving one ends the other."]
    await rita.fill("Inbound calls", "No agent")
    assert "RN-1 also changes Inbound calls; approving one ends the other." in warned(rita)
    await rita.fill("Number", "ext-4001")
    assert not any("RN-" in sentence for sentence in warned(rita))


async def test_of_many_overlaps_the_first_are_named_and_the_rest_counted(bot_world: BotHarness) -> None:
    for count in range(5):
        await ask(bot_world, "Time routing", "On", f"Number {count}")
    await bot_world.type(bot_world.rita, NUMBER)
    await bot_world.rita.fill("Time routing", "On")
    assert len(warned(bot_world.rita)) == 4
    assert warned(bot_world.rita)[3] == "2 more open changes overlap with this one."
