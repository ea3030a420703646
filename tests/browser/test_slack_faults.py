"""Each way in which Slack fails, switched on in the panel: nothing decided is lost, and card and thread catch up."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.demo_process import SUPPORT_OPS, DemoProcess
from tests.browser.window import Window, Windows

pytestmark = pytest.mark.asyncio(loop_scope="package")

NUMBER = "sip:front-desk/7"


@pytest.mark.parametrize("switch", ["Slack asks to slow down (429)", "Slack is down"])
async def test_card_and_thread_catch_up_after_a_failure_of_slack(
    switch: str, rita: Window, alan: Window, demo: DemoProcess
) -> None:
    reason = f"Asked before: {switch}"
    is_on = demo.number(NUMBER)["is_time_routing_enabled"]
    card = await rita.ask_time_routing(NUMBER, "Off" if is_on else "On", reason)
    # Whoever presses is looked up in Slack, so the approval comes first, and UponAI makes the change wait.
    await alan.panel.switch("Faults", "Too many requests (429)")
    await alan.card(reason).approve()
    thread = await card.open_thread()
    await expect(thread).to_contain_text("waits for UponAI since")
    applied = [put["status"] for put in demo.puts(NUMBER)].count(200)
    await alan.panel.switch("Slack", switch)
    await alan.panel.switch("Faults", "Too many requests (429)", on=False)
    puts = (await alan.panel.puts()).filter(has_text="sip").filter(has=alan.page.get_by_text("200", exact=True))
    await expect(puts).to_have_count(applied + 1)
    # Which of the two it showed last is a matter of the moment: each try passes through both.
    await expect(card.message.get_by_text(re.compile("^State: (approved|applying)$"))).to_be_visible()
    await alan.panel.switch("Slack", switch, on=False)
    await card.says("applied")
    await expect(thread.get_by_text("is live")).to_have_count(1)


async def test_a_deleted_card_is_posted_again_with_what_is_stored(rita: Window, alan: Window) -> None:
    reason = "This card will be deleted"
    card = await rita.ask_time_routing("+12125550178", "On", reason)
    first, label = await card.message.get_attribute("data-ts"), await card.label()
    await alan.panel.switch("Faults", "Too many requests (429)")
    await alan.card(reason).approve()
    await expect(await card.open_thread()).to_contain_text("waits for UponAI since")
    tab = await alan.panel.tab("Slack")
    await tab.get_by_role("button", name=re.compile(f"^Delete {label} ")).click()
    await expect(rita.messages.locator(f'[data-ts="{first}"]').get_by_text(reason)).to_be_hidden()
    await alan.panel.switch("Faults", "Too many requests (429)", on=False)
    await card.says("applied")
    assert await card.message.get_attribute("data-ts") != first
    await expect((await card.open_thread()).get_by_text("is live")).to_have_count(1)


async def test_a_change_whose_channel_was_archived_is_kept_and_its_card_moves(windows: Windows) -> None:
    reason = "This channel will be archived"
    rita = await windows.open("rita", channel=SUPPORT_OPS)
    alan = await windows.open("alan", channel=SUPPORT_OPS)
    card = await rita.ask_time_routing("+441614960123", "On", reason)
    label = await card.label()
    tab = await alan.panel.tab("Slack")
    await alan.card(reason).button("Approve").click()
    await tab.get_by_role("button", name="Archive #support-ops", exact=True).click()
    await alan.dialog(re.compile("^Approve RN-")).get_by_role("button", name="Approve").click()
    await rita.go_to("route-number")
    await rita.page.get_by_role("tab", name="Messages").click()
    told = rita.page.get_by_role("article").filter(has_text=f"I recorded {label}, but cannot post its card")
    await expect(told.first).to_be_visible()
    await rita.picture("17-archived")
    await told.first.get_by_role("combobox").click()
    await rita.page.get_by_role("option", name="#phone-routing").click()
    await rita.go_to("phone-routing")
    await card.says("applied")
    await expect((await card.open_thread()).get_by_text("is live")).to_have_count(1)
