"""The type-aheads: numbers in any writing, agents by name or id."""

import pytest

from bot.domain.account import ListedAgent
from bot.slack.form import option_values
from bot.store import audit
from tests.databases import DIALECTS
from tests.slack.bot_harness import BotHarness


@pytest.mark.parametrize("query", ["5550123", "(415) 555-0123", "+1 415 555 0123", "00 1 415 555 0123"])
async def test_any_writing_finds_the_number(bot_world: BotHarness, query: str) -> None:
    await bot_world.type(bot_world.rita, "")
    assert "+1 415-555-0123" in await bot_world.rita.look_up("Number", query)


async def test_an_extension_is_found_by_a_part_of_it(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.rita, "")
    assert (await bot_world.rita.look_up("Number", "DESK"))[0] == "sip:front-desk/7"


async def offered(bot_world: BotHarness, label: str, query: str) -> dict[str, str]:
    """Return the small print of what a type-ahead offers, by its words."""
    rita = bot_world.rita
    field = rita.field(label)
    options = await rita.options(rita.view().id, field.block_id, field.action_id, query)
    return {option["text"]["text"]: (option.get("description") or {}).get("text", "") for option in options}


async def test_each_number_is_offered_with_who_answers_it(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.rita, "")
    numbers = await offered(bot_world, "Number", "")
    assert numbers["+1 415-555-0123"] == "Sales v3"
    assert numbers["+1 415-555-0145"] == "60 % Sales v3 · 40 % Support …8335 v6"
    assert numbers["+1 212-555-0178"].startswith("33.33 % Sales v3 · 33.33 % Support …8335 v6 · 33.33 % ")
    assert numbers["ext-4001"] == "Front desk (unpinned)"
    assert numbers["+1 312-555-0111"] == "No agent"
    assert len(numbers) == 12


@pytest.mark.parametrize("dialect", DIALECTS, indirect=True)
async def test_a_number_is_found_by_the_name_of_who_answers_it(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.rita, "")
    assert set(await offered(bot_world, "Number", "book")) == {"+44 20 7946 0991"}
    assert "ext-4001" in await offered(bot_world, "Number", "Front desk")
    bot_world.uponai.account.set_number("ext-4001", {"inbound_agents": []})
    bot_world.clock.advance(seconds=1)
    await bot_world.read_uponai()
    assert "ext-4001" not in await offered(bot_world, "Number", "Front desk")


async def test_versions_are_offered_with_the_live_one_marked_and_their_dates(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "+14155550123")
    await rita.fill("Inbound calls", "One agent")
    await rita.fill("Agent 1", "Sales")
    versions = await offered(bot_world, "Version 1", "")
    assert list(versions) == ["Version 3", "Version 2", "Version 1", "Version 0", "Unpinned"]
    assert versions["Version 3"] == "Live now, edited 12 Apr 2026"
    assert versions["Version 0"] == "Edited 12 Jan 2026"
    assert versions["Unpinned"] == ""
    assert list(await offered(bot_world, "Version 1", "live")) == ["Version 3"]
    await rita.fill("Number", "ext-4001")
    await rita.fill("Agent 1", "Front desk")
    assert (await offered(bot_world, "Version 1", ""))["Unpinned"] == "Live now"


async def test_g8_versions_are_offered_without_waiting_for_a_slow_uponai(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "+14155550123")
    await rita.fill("Inbound calls", "One agent")
    bot_world.fault("slow", delay=30, scope="reads")
    await rita.fill("Agent 1", "Sales")
    versions = await offered(bot_world, "Version 1", "")
    assert list(versions.items())[:2] == [("Version 3", "Live now"), ("Version 2", "")]


async def test_versions_are_read_once_for_all_that_is_typed(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "+14155550123")
    await rita.fill("Inbound calls", "One agent")
    await rita.fill("Agent 1", "Sales")
    before = len(bot_world.uponai.journal.to_json())
    for typed in ("", "V", "Version", "Version 3"):
        assert await offered(bot_world, "Version 1", typed)
    assert len(bot_world.uponai.journal.to_json()) - before <= 1


@pytest.mark.parametrize("label", ["Number", "Agent 1", "Version 1"])
async def test_g10_who_became_a_guest_is_offered_nothing_and_it_is_recorded(bot_world: BotHarness, label: str) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "+14155550123")
    await rita.fill("Inbound calls", "One agent")
    await rita.fill("Agent 1", "Sales")
    rita.user.is_restricted = True
    bot_world.clock.advance(seconds=61)
    assert await rita.look_up(label, "") == ["Guests may not do this; ask a full member of this workspace."]
    async with bot_world.context.database.reading() as tx:
        assert [event.event for event in await audit.read(tx, limit=10)] == ["ask.refused"]


async def test_a_phone_number_that_the_mirror_lacks_can_be_looked_up(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    bot_world.uponai.account.set_number("+15125550100", {})
    await bot_world.type(rita, "")
    assert await rita.look_up("Number", "+1 512 555 0100") == ["Look up +1 512-555-0100"]
    await rita.fill("Number", "+1 512 555 0100")
    await bot_world.until_view(rita, "+1 512-555-0100 now:")
    assert rita.value("Number") == "+1 512-555-0100"


async def test_agents_are_found_by_name_and_by_id(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "")
    await rita.fill("Outbound calls", "One agent")
    assert await rita.look_up("Outbound agent", "support") == ["Support …8335", "Support …94de"]
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
