"""Two people at once, and a worker that dies between approval and result."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.browser.demo_process import DemoProcess
from tests.browser.window import Window, Windows

pytestmark = pytest.mark.asyncio(loop_scope="package")

NAMES = {"Alan": "Alan Brooks", "Ada": "Ada Okafor"}


async def test_of_two_people_who_approve_at_once_one_counts_and_the_other_is_told(
    rita: Window, alan: Window, windows: Windows, demo: DemoProcess
) -> None:
    number, reason = "+493012345678", "Two of you will want this"
    ada = await windows.open("ada")
    await rita.ask_time_routing(number, "On", reason)
    people = {"Alan": alan, "Ada": ada}
    sure = []
    for window in people.values():
        await window.card(reason).button("Approve").click()
        sure.append(window.dialog(re.compile("^Approve RN-")).get_by_role("button", name="Approve"))
    await asyncio.gather(*(button.click() for button in sure))
    for window in people.values():
        await window.card(reason).says("applied")
    decided = await rita.card(reason).message.inner_text()
    first, late = ("Alan", "Ada") if "Decided by @Alan" in decided else ("Ada", "Alan")
    told = people[late].only_you("approved by")
    await expect(told).to_contain_text(f"@{NAMES[first]}")
    await people[late].picture("13-too-late")
    await expect(people[first].only_you("approved by")).to_have_count(0)
    assert len(demo.puts(number)) == 1


async def test_g5_a_worker_killed_while_it_sends_applies_once_and_tells_once(
    rita: Window, alan: Window, demo: DemoProcess
) -> None:
    number, reason = "+498912345699", "The worker dies over this one"
    card = await rita.ask_time_routing(number, "On", reason)
    await alan.panel.switch("Faults", "UponAI is slow")
    await alan.card(reason).approve()
    await alan.card(reason).says("applying")
    await alan.panel.process("worker", "Kill", "killed")
    await alan.picture("14-killed")
    await alan.panel.switch("Faults", "UponAI is slow", on=False)
    await alan.panel.process("worker", "Restart", "running")
    await card.says("applied")
    label = await card.label()
    thread = await card.open_thread()
    await expect(thread.get_by_text("is live")).to_have_count(1)
    await expect(thread.get_by_text(re.compile(f"approved {label}"))).to_have_count(1)
    assert [text for text in demo.thread(label) if "is live" in text] == [demo.thread(label)[-1]]
    # The PUT of the dead worker landed; whoever took over looked first and sent nothing.
    assert len(demo.puts(number)) == 1
    assert demo.number(number)["is_time_routing_enabled"] is True
