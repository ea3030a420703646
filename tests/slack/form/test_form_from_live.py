"""Start from what is live: the rows hold the present split, and two numbers make 60/40 a 70/30."""

from decimal import Decimal

import pytest

from bot.sandbox.slack.client.person import Person
from bot.sandbox.uponai import seed
from bot.service import history
from bot.store import audit
from tests.slack.bot_harness import BotHarness

START = "Start from what is live"
SPLIT = "+14155550145"


async def give_to(bot_world: BotHarness, agent_id: str) -> None:
    """Let an agent that nobody lists answer ext-4001, and the mirror know it."""
    agents = [{"agent_id": agent_id, "agent_version": 0, "weight": 1}]
    bot_world.uponai.account.set_number("ext-4001", {"inbound_agents": agents})
    bot_world.clock.advance(seconds=1)
    await bot_world.read_uponai()


def weights(person: Person) -> list[str]:
    return [str(person.value(label)) for label in person.labels() if label.startswith("Weight")]


async def test_two_numbers_make_60_40_a_70_30(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, SPLIT)
    await rita.click(START)
    assert rita.value("Inbound calls") == "Split between agents"
    assert [rita.value("Agent 1"), rita.value("Version 1")] == ["Sales", "Version 3"]
    assert weights(rita) == ["60", "40"]
    await rita.fill("Weight 1 (%)", "70")
    await rita.fill("Weight 2 (%)", "30")
    assert "The weights total 100 %." in rita.read_view()
    await rita.fill("Reason", "More for Sales")
    assert await rita.submit() == {"ok": True}
    change = (await history.show(bot_world.context, rita.user.team_id, 1)).change
    wanted = [(agent.agent_id, agent.version, agent.weight) for agent in change.patch.wanted.inbound]
    assert wanted == [(seed.SALES, 3, Decimal("0.7")), (seed.SUPPORT, 6, Decimal("0.3"))]


async def test_what_was_entered_before_gives_way_in_every_field(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, SPLIT)
    await rita.fill("Inbound calls", "Split between agents")
    await rita.click("Add an agent")
    await rita.fill("Agent 1", "Bookings")
    await rita.fill("Weight 1 (%)", "5")
    await rita.click(START)
    assert rita.value("Agent 1") == "Sales"
    assert weights(rita) == ["60", "40"]
    await rita.fill("Inbound calls", "Keep as is")
    assert weights(rita) == []
    await rita.click(START)
    assert rita.value("Inbound calls") == "Split between agents"
    assert weights(rita) == ["60", "40"]


async def test_one_agent_that_is_live_fills_one_row(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "ext-4001")
    await rita.click(START)
    assert rita.value("Inbound calls") == "One agent"
    assert [rita.value("Agent 1"), rita.value("Version 1")] == ["Front desk", None]


async def test_a_live_split_in_thirds_totals_100(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "+12125550178")
    await rita.click(START)
    assert weights(rita) == ["33.33333333333333"] * 3
    assert "The weights total 100 %." in rita.read_view()


@pytest.mark.parametrize("number", ["+13125550111", ""])
async def test_without_a_live_agent_there_is_nothing_to_start_from(bot_world: BotHarness, number: str) -> None:
    await bot_world.type(bot_world.rita, number)
    assert START not in bot_world.rita.buttons()


async def test_another_process_takes_the_filled_form_over(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, SPLIT)
    await rita.click(START)
    bot_world.deliver_to(bot_world.make_app())
    await rita.fill("Weight 1 (%)", "70")
    assert "10 % too much" in rita.read_view()
    assert rita.value("Inbound calls") == "Split between agents"


async def test_g10_who_became_a_guest_chooses_nothing_more_and_it_is_recorded(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, SPLIT)
    rita.user.is_restricted = True
    bot_world.clock.advance(seconds=61)
    before = rita.view().content
    await rita.click(START)
    await rita.fill("Number", "ext-4001")
    assert rita.view().content["blocks"] == before["blocks"]
    said = [rita.read(message) for message in rita.ephemeral("phone-routing")]
    assert said == ["Guests may not do this; ask a full member of this workspace."] * 2
    async with bot_world.context.database.reading() as tx:
        assert {event.event for event in await audit.read(tx, limit=10)} == {"ask.refused"}


async def test_an_agent_that_the_mirror_lacks_is_asked_for_once_before_it_is_refused(bot_world: BotHarness) -> None:
    rita, new = bot_world.rita, "agent_0000000000000000000000new"
    await give_to(bot_world, new)
    await bot_world.type(rita, "ext-4001")
    await rita.click(START)
    await rita.fill("Inbound calls", "Split between agents")
    await rita.fill("Agent 2", "Sales")
    await rita.fill("Reason", "Half to Sales")
    reads = len(bot_world.uponai.journal.to_json())
    assert (await rita.submit())["ok"] is False
    assert rita.errors() == {"Agent 1": "This workspace does not list this agent any more."}
    assert len(bot_world.uponai.journal.to_json()) == reads + 1
    versions = [{"version": 0, "updated_at": "2026-06-12T09:30:00Z"}]
    bot_world.uponai.account.agents[new] = {"agent_id": new, "agent_name": "Night desk", "versions": versions}
    assert await rita.submit() == {"ok": True}
    change = (await history.show(bot_world.context, rita.user.team_id, 1)).change
    assert change.agent_names[new] == "Night desk"


async def test_g8_a_slow_uponai_refuses_an_unknown_agent_in_time(bot_world: BotHarness) -> None:
    rita, new = bot_world.rita, "agent_0000000000000000000000new"
    await give_to(bot_world, new)
    await bot_world.type(rita, "ext-4001")
    await rita.click(START)
    await rita.fill("Time routing", "Off")
    await rita.fill("Version 1", None)
    await rita.fill("Reason", "Nobody knows it")
    bot_world.fault("slow", delay=30, scope="reads")
    assert (await rita.submit())["ok"] is False
    assert set(rita.errors()) == {"Agent 1"}
