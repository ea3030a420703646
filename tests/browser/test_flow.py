"""The whole job in the browser: ask, a refused own approval, approval by another, the PUT, the result, revert."""

import json
import re

import pytest
from playwright.async_api import expect

from tests.browser.demo_process import DemoProcess
from tests.browser.window import Window

pytestmark = pytest.mark.asyncio(loop_scope="package")

NUMBER = "+14155550145"
REASON = "The front desk takes over the evening calls"
PUT = {
    "accountSid": "29e90072-fb58-4c6c-870a-43005115131e",
    "workspaceId": 1,
    "inboundAgents": [
        {"agent_id": "agent_4c1e7d3a8f9b20657e1d9c3b52", "weight": 0.7},
        {"agent_id": "agent_2ea95b7c40f1d8636a07be81f9", "agent_version": 2, "weight": 0.3},
    ],
}


async def test_a_split_is_asked_approved_by_another_applied_and_can_be_reverted(
    rita: Window, alan: Window, demo: DemoProcess
) -> None:
    await ask_for_a_split(rita)
    card = rita.card(REASON)
    await card.says("pending")
    for line in ("Rita Vogel", "Front desk", "Bookings", "Sales", "Support", "anyone here but them"):
        await expect(card.message).to_contain_text(line)
    await card.approve()
    await expect(rita.only_you(f"You asked for {await card.label()} yourself")).to_be_visible()
    await card.says("pending")
    await rita.picture("03-own-approval-refused")
    assert demo.puts(NUMBER) == []

    seen = alan.card(REASON)
    await seen.button("Approve").click()
    await alan.picture("04-confirm")
    await alan.dialog(re.compile("^Approve RN-")).get_by_role("button", name="Approve").click()
    await seen.says("applied")
    await card.says("applied")
    await expect(card.message).to_contain_text("Decided by @Alan Brooks")
    await expect(card.button("Approve")).to_be_hidden()

    puts = (await alan.panel.puts()).filter(has_text="14155550145")
    await expect(puts).to_have_count(1)
    await expect(puts).to_contain_text("/api/numbers/%2B14155550145/agent")
    body = json.loads(await puts.get_by_label("Request body").inner_text())
    assert body == demo.puts(NUMBER)[0]["body"] == PUT
    await alan.picture("05-put")

    await _revert(rita)


async def ask_for_a_split(rita: Window) -> None:
    await rita.composer.press_sequentially("/rou")
    await expect(rita.page.get_by_role("option", name="/route-number")).to_be_visible()
    await rita.picture("01-command")
    await rita.type(f"/route-number {NUMBER}")
    form = rita.form
    await form.knows(NUMBER)
    await expect(form.node).to_contain_text("Sales")
    await form.choose("Inbound calls", "Split between agents")
    await form.pick_agent("Agent 1", "front", "Front desk")
    await form.pick_agent("Agent 2", "agent_2ea9", "Bookings")
    await form.pick("Version 2", "2", "Version 2")
    await form.field("Weight 1 (%)").fill("70")
    await form.field("Weight 2 (%)").fill("30")
    await form.reason(REASON)
    await rita.picture("02-form")
    await form.ask()


async def _revert(rita: Window) -> None:
    card, form = rita.card(REASON), rita.form
    thread = await card.open_thread()
    await expect(thread).to_contain_text(re.compile("@Alan Brooks approved"))
    await expect(thread).to_contain_text("is live (read back from UponAI)")
    await expect(thread).to_contain_text("Front desk")
    await rita.picture("06-thread")

    await thread.get_by_role("button", name=re.compile("^Revert RN-")).click()
    await form.knows(NUMBER)
    await expect(form.select("Inbound calls")).to_have_value("Split between agents")
    await expect(form.field("Agent 1")).to_have_value("Sales")
    await expect(form.field("Weight 1 (%)")).to_have_value("60")
    await expect(form.field("Agent 2")).to_have_value(re.compile("^Support"))
    await expect(form.field("Version 2")).to_have_value("Version 6")
    await expect(form.field("Reason")).to_have_value("")
    await rita.picture("07-revert")
