"""What the form shows after each choice: only what applies, and nothing that was entered is lost."""

import asyncio

from bot.slack.form.current_assignment import UNPINNED_LINE
from bot.slack.form.state import MOST_ROWS
from tests.slack.bot_harness import BotHarness

NUMBER = "+14155550123"


async def test_a_split_starts_with_two_agents_and_their_weights(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "Split between agents")
    rows = ["Agent 1", "Version 1", "Weight 1 (%)", "Agent 2", "Version 2", "Weight 2 (%)"]
    assert rita.labels()[2:8] == rows
    assert rita.buttons() == ["Several numbers", "Start from what is live", "Add an agent"]
    assert [rita.value("Weight 1 (%)"), rita.value("Weight 2 (%)")] == ["50", "50"]
    await rita.fill("Weight 1 (%)", "70")
    assert "The weights total 120 %: 20 % too much." in rita.read_view()
    await rita.click("Add an agent")
    assert [rita.value(f"Weight {n} (%)") for n in (1, 2, 3)] == ["70", "50", None]
    assert rita.labels()[8:11] == ["Agent 3", "Version 3", "Weight 3 (%)"]
    assert rita.buttons() == [
        "Several numbers",
        "Start from what is live",
        "Remove",
        "Remove",
        "Remove",
        "Add an agent",
    ]


async def test_no_more_than_ten_agents_can_be_added(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "Split between agents")
    for _ in range(MOST_ROWS - 2):
        await rita.click("Add an agent")
    assert "Agent 10" in rita.labels()
    assert rita.buttons() == ["Several numbers", "Start from what is live", *["Remove"] * MOST_ROWS]


async def test_removing_a_row_keeps_the_entries_of_the_others_under_new_labels(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "Split between agents")
    await rita.click("Add an agent")
    for position, (agent, weight) in enumerate([("Sales", "20"), ("Front desk", "30"), ("Bookings", "50")], start=1):
        await rita.fill(f"Agent {position}", agent)
        await rita.fill(f"Weight {position} (%)", weight)
    await rita.click("Remove", nth=1)
    assert [rita.value(label) for label in ("Agent 1", "Weight 1 (%)")] == ["Sales", "20"]
    assert [rita.value(label) for label in ("Agent 2", "Weight 2 (%)")] == ["Bookings", "50"]
    assert "Agent 3" not in rita.labels()
    assert rita.buttons() == ["Several numbers", "Start from what is live", "Add an agent"]


async def test_what_is_left_to_100_is_said_as_it_is_typed(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "Split between agents")
    assert "The weights total 100 %." in rita.read_view()
    await rita.fill("Weight 2 (%)", "20.5")
    assert "The weights total 70.5 %: 29.5 % left to 100 %." in rita.read_view()
    await rita.fill("Weight 2 (%)", None)
    assert "The weights total 50 %: 50 % left to 100 %." in rita.read_view()


async def test_the_form_is_redrawn_for_a_letter_only_when_it_has_something_else_to_say(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound webhook", "Set")
    await rita.fill("Webhook URL", "https://hooks.example.com/i")
    before = len(bot_world.slack.recorder.calls("views.update"))
    await rita.fill("Webhook URL", "https://hooks.example.com/in")
    assert len(bot_world.slack.recorder.calls("views.update")) == before
    assert rita.value("Webhook URL") == "https://hooks.example.com/in"


async def test_remove_says_which_agent(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "Split between agents")
    await rita.click("Add an agent")
    await rita.fill("Agent 2", "Front desk")
    sections = [block for block in rita.view().content["blocks"] if block["block_id"].startswith("remove")]
    assert [(one["text"]["text"], one["accessory"]["accessibility_label"]) for one in sections] == [
        ("Agent 1: not chosen yet", "Remove agent 1: not chosen yet"),
        ("Agent 2: Front desk", "Remove agent 2: Front desk"),
        ("Agent 3: not chosen yet", "Remove agent 3: not chosen yet"),
    ]


async def test_a_new_row_gets_the_focus_until_the_next_choice(bot_world: BotHarness) -> None:
    rita = bot_world.rita

    def focused() -> list[str]:
        blocks = rita.view().content["blocks"]
        return [block["label"]["text"] for block in blocks if block.get("element", {}).get("focus_on_load")]

    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "Split between agents")
    assert focused() == []
    await rita.click("Add an agent")
    assert focused() == ["Agent 3"]
    await rita.fill("Agent 3", "Bookings")
    assert focused() == []


async def test_what_unpinned_means_is_said_once(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    assert UNPINNED_LINE not in rita.read_view()
    await rita.fill("Inbound calls", "Split between agents")
    assert rita.read_view().count(UNPINNED_LINE) == 1
    await rita.fill("Number", "ext-4001")
    assert rita.read_view().count(UNPINNED_LINE) == 1
    await rita.fill("Inbound calls", "Keep as is")
    assert rita.read_view().count(UNPINNED_LINE) == 1


async def test_choosing_another_agent_clears_its_version(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "One agent")
    await rita.fill("Agent 1", "Sales")
    await rita.fill("Version 1", "Version 3")
    await rita.fill("Agent 1", "Front desk")
    assert rita.value("Agent 1") == "Front desk"
    assert rita.value("Version 1") is None


async def test_versions_are_offered_for_the_chosen_agent_only(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "One agent")
    assert await rita.look_up("Version 1", "") == ["Choose the agent first"]
    await rita.fill("Agent 1", "Bookings")
    offered = await rita.look_up("Version 1", "")
    assert offered == ["Version 2", "Version 1", "Version 0", "Unpinned"]


async def test_each_other_choice_brings_its_own_fields_alone(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Reason", "Kept through every change of the form")
    await rita.fill("Outbound calls", "One agent")
    await rita.fill("Inbound webhook", "Set")
    assert rita.labels() == [
        "Number",
        "Inbound calls",
        "Outbound calls",
        "Outbound agent",
        "Outbound version",
        "Inbound webhook",
        "Webhook URL",
        "Time routing",
        "When",
        "Put back",
        "Reason",
    ]
    await rita.fill("Outbound calls", "No agent")
    await rita.fill("Inbound webhook", "Remove")
    assert "Outbound agent" not in rita.labels()
    assert "Webhook URL" not in rita.labels()
    assert rita.value("Reason") == "Kept through every change of the form"


async def test_two_clicks_before_the_first_answer_add_two_agents(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "Split between agents")
    await asyncio.gather(rita.click("Add an agent"), rita.click("Add an agent"))
    assert "Agent 4" in rita.labels()


async def test_a_click_that_left_before_the_last_answer_builds_on_the_newest_form(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Inbound calls", "Split between agents")
    await rita.click("Add an agent")
    await bot_world.app.handle(bot_world.slack.recorder.deliveries[-1].body)
    assert [label for label in rita.labels() if label.startswith("Agent")] == [
        "Agent 1",
        "Agent 2",
        "Agent 3",
        "Agent 4",
    ]


async def test_another_number_shows_its_own_assignment(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await rita.fill("Number", "ext-4001")
    assert "Front desk (unpinned)" in rita.read_view()
    assert "Sales v3" not in rita.read_view()


async def test_g12_the_form_shows_no_query_and_no_user_info_of_a_webhook(bot_world: BotHarness) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, "+498912345699")
    assert "https://hooks.example.com/inbound/munich?…" in rita.read_view()
    assert "pa55word" not in rita.read_view()
    assert "81aa" not in rita.read_view()
