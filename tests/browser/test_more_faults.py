"""The ways to fail that the panel offers beyond the common ones: each is switched on once, and the card ends true."""

import re
from dataclasses import dataclass

import pytest
from playwright.async_api import expect

from tests.browser.demo_process import DemoProcess
from tests.browser.window import Window, Windows

pytestmark = pytest.mark.asyncio(loop_scope="package")

HOOK = "https://hooks.example.com/inbound/seattle"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A switch that stays on until the change has ended, how that is, and what the thread tells of it."""

    switch: str
    ends: str
    told: str
    is_live: bool = True


@pytest.mark.parametrize(
    "fault",
    [
        Fault(switch="200, but not a success", ends="failed", told="The assignment was not updated.", is_live=False),
        Fault(switch="Unreadable answer", ends="applied", told="on"),
        Fault(
            switch="Not arrived at the telephony platform",
            ends="unclear",
            told="The SIP trunk of this number did not answer.",
        ),
        Fault(switch="Drops the webhook", ends="unclear", told="inbound webhook"),
        Fault(switch="Someone else writes at once", ends="unclear", told="time routing", is_live=False),
        Fault(switch="Applied late", ends="applied", told="on"),
    ],
    ids=lambda fault: fault.switch,
)
async def test_each_fault_ends_as_the_panel_says(fault: Fault, rita: Window, alan: Window, demo: DemoProcess) -> None:
    number = demo.new_number(inbound_webhook_url=HOOK)
    card = await rita.ask_time_routing(number, "On", f"Asked under: {fault.switch}")
    await alan.panel.switch("Faults", fault.switch)
    await card.of(alan).approve()
    await card.ends(fault.ends)
    await expect(await card.open_thread()).to_contain_text(fault.told, ignore_case=True)
    await rita.picture(f"20-{fault.switch.lower().replace(' ', '-').replace(',', '')}")
    assert len(demo.puts(number)) == 1
    assert demo.number(number)["is_time_routing_enabled"] is fault.is_live


@pytest.mark.parametrize(
    ("switch", "told"),
    [
        pytest.param("Token refused (401)", "UPONAI_API_TOKEN", id="401"),
        pytest.param("UponAI is down", "cannot be reached", id="down"),
        pytest.param("Connection lost before applying", "lost", id="lost before"),
    ],
)
async def test_what_could_not_be_sent_waits_and_is_sent_once_the_fault_is_over(
    switch: str, told: str, rita: Window, alan: Window, demo: DemoProcess
) -> None:
    number = demo.new_number()
    card = await rita.ask_time_routing(number, "On", f"Asked under: {switch}")
    await alan.panel.switch("Faults", switch)
    await card.of(alan).approve()
    # "Asked under: …" stands at the head of the thread too, so only what the bot answered counts.
    answers = (await card.open_thread()).get_by_role("article").filter(has_not_text="State:")
    await expect(answers.filter(has_text=told)).not_to_have_count(0)
    await alan.panel.switch("Faults", switch, on=False)
    await card.ends("applied")
    assert demo.puts(number)[-1]["status"] == 200


async def test_under_a_slow_slack_a_press_counts_and_the_card_follows(
    rita: Window, alan: Window, demo: DemoProcess
) -> None:
    card = await rita.ask_time_routing(demo.new_number(), "On", "Asked under: Slack is slow")
    # Slack is slower than people are looked up: who was within the last minute may press.
    await alan.type("/route-number pending")
    await expect(alan.only_you("Waiting for you").last).to_be_visible()
    await alan.panel.switch("Slack", "Slack is slow")
    await card.of(alan).approve()
    await card.ends("applied")
    await expect((await card.open_thread()).get_by_role("button", name=re.compile("^Revert RN-"))).to_be_visible()
    await expect(alan.page.get_by_role("alert")).to_have_count(0)


async def test_while_slack_is_down_a_person_whom_it_cannot_look_up_is_refused_and_nothing_is_sent(
    rita: Window, windows: Windows, demo: DemoProcess
) -> None:
    demo.forget_people()
    amy, number = await windows.open("amy"), demo.new_number()
    card = await rita.ask_time_routing(number, "On", "Asked under: Slack is down")
    await amy.panel.switch("Slack", "Slack is down")
    await card.of(amy).approve()
    await expect(amy.only_you("Slack").last).to_be_visible()
    await amy.picture("21-slack-down")
    await amy.panel.switch("Slack", "Slack is down", on=False)
    await card.says("pending")
    assert demo.puts(number) == []
    await card.of(amy).approve()
    await card.ends("applied")
