"""The ways to fail that the panel offers beyond the common ones: each is switched on once, and the card ends true."""

from dataclasses import dataclass

import pytest
from playwright.async_api import expect

from tests.browser.demo_process import Town
from tests.browser.window import Card, Window

pytestmark = pytest.mark.asyncio(loop_scope="package")

NUMBER = "+493012345678"
HOOK = "https://hooks.example.com/inbound/berlin?token=5f2c-do-not-show"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A switch that stays on until the change has ended, how that is, and how often the change is sent."""

    switch: str
    ends: str
    puts: int = 1
    is_live: bool = True


@pytest.mark.parametrize(
    "fault",
    [
        Fault(switch="200, but not a success", ends="failed", is_live=False),
        Fault(switch="Unreadable answer", ends="applied"),
        Fault(switch="Not arrived at the telephony platform", ends="applied"),
        Fault(switch="Drops the webhook", ends="applied"),
        Fault(switch="Somebody else writes at once", ends="unclear", is_live=False),
        Fault(switch="Applied late", ends="applied"),
    ],
    ids=lambda fault: fault.switch,
)
async def test_each_fault_ends_as_the_panel_says(fault: Fault, rita: Window, alan: Window, demo: Town) -> None:
    demo.set_number(NUMBER, inbound_webhook_url=HOOK)
    before, sent = demo.number(NUMBER), len(demo.puts(NUMBER))
    card = await _ask(rita, demo, f"Asked under: {fault.switch}")
    await alan.panel.switch("Faults", fault.switch)
    await card.of(alan).approve()
    await card.ends(fault.ends)
    thread = await card.open_thread()
    print(fault.switch, await thread.inner_text())
    assert len(demo.puts(NUMBER)) == sent + fault.puts
    assert (demo.number(NUMBER)["is_time_routing_enabled"] != before["is_time_routing_enabled"]) is fault.is_live


@pytest.mark.parametrize("switch", ["Token refused (401)", "UponAI is down", "Connection lost before applying"])
async def test_what_could_not_be_sent_waits_and_is_sent_once_the_fault_is_over(
    switch: str, rita: Window, alan: Window, demo: Town
) -> None:
    card = await _ask(rita, demo, f"Asked under: {switch}")
    await alan.panel.switch("Faults", switch)
    await card.of(alan).approve()
    await expect(card.replies).to_have_text("2 replies")
    thread = await card.open_thread()
    print(switch, await thread.inner_text())
    await alan.panel.switch("Faults", switch, on=False)
    await card.ends("applied")
    assert [put["status"] for put in demo.puts(NUMBER)][-1] == 200


async def test_under_a_slow_slack_a_press_counts_and_the_card_follows(
    rita: Window, alan: Window, demo: Town
) -> None:
    card = await _ask(rita, demo, "Asked under: Slack is slow")
    await alan.panel.switch("Slack", "Slack is slow")
    await card.of(alan).approve()
    await card.ends("applied")
    print(await (await card.open_thread()).inner_text())
    assert await alan.page.get_by_role("alert").count() == 0


async def _ask(rita: Window, demo: Town, reason: str) -> Card:
    is_on = demo.number(NUMBER)["is_time_routing_enabled"]
    return await rita.ask_time_routing(NUMBER, "Off" if is_on else "On", reason)
