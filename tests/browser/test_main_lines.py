"""The demo's own policy in the browser: a group is called by its name, two approvals, and the requester is told."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.home import Home
from tests.browser.test_accessibility import AXE, _is_fine
from tests.browser.window import Window, Windows

pytestmark = pytest.mark.asyncio(loop_scope="package")

NUMBER, NIGHT = "+18005550100", "+18005550199"


async def test_a_main_line_needs_two_of_those_who_are_called_and_the_requester_is_told(
    rita: Window, alan: Window, windows: Windows
) -> None:
    reason = "The main line is to follow the opening hours"
    card = await rita.ask_time_routing(NUMBER, "On", reason)
    await expect(card.message).to_contain_text("+1 800-555-0100 (Main line)")
    thread = await card.open_thread()
    await expect(thread).to_contain_text("@Amy Castillo, @routing-approvers: ")
    await expect(thread).to_contain_text("waits for your decision")
    await rita.page.evaluate(AXE)
    await _is_fine(rita, "a call in the thread", "light")
    await rita.picture("70-called-light")
    await alan.card(reason).approve()
    await expect(card.message).to_contain_text("1 of 2")
    await card.says("pending")
    ada = await windows.open("ada", scheme="dark")
    await ada.card(reason).approve()
    await card.says("applied")
    await ada.card(reason).open_thread()
    await ada.page.evaluate(AXE)
    await _is_fine(ada, "a call in the thread", "dark")
    await ada.picture("71-called-dark")
    label = await card.label()
    await rita.go_to("route-number")
    await rita.page.get_by_role("tab", name="Messages").click()
    told = rita.messages.get_by_role("article").filter(has_text=f"{label} for +1 800-555-0100 (Main line)").last
    await expect(told).to_contain_text("approved it, and it is live")
    await rita.picture("72-told-directly")
    await told.get_by_role("link", name="Open the thread").click()
    await expect(rita.thread).to_contain_text("@routing-approvers")
    await expect(rita.thread.get_by_text(re.compile("is live"))).to_be_visible()


async def test_an_override_is_told_everywhere_until_somebody_else_has_reviewed_it(
    rita: Window, alan: Window, windows: Windows
) -> None:
    reason = "The night line rings through to nobody"
    card = await rita.ask_time_routing(NIGHT, "On", reason)
    amy = await windows.open("amy")
    await amy.card(reason).message.get_by_role("button", name=re.compile("^Override RN-")).click()
    form = amy.dialog(re.compile("^Override RN-"))
    await expect(form).to_contain_text("(Night line)")
    await form.get_by_label("Reason").fill("Callers hear nothing at all")
    await amy.page.evaluate(AXE)
    await _is_fine(amy, "the form of an override", "light")
    await amy.picture("73-override-form")
    await form.get_by_role("button", name="Override").click()
    await card.ends("applied")
    label = await card.label()
    told = rita.messages.get_by_role("article").filter(has_text=f"overrode {label} by")
    await expect(told).to_contain_text("Callers hear nothing at all")
    await rita.picture("74-overridden")
    narrow = await windows.open("alan", width=400)
    await Home(narrow).open()
    await expect(Home(narrow).node).to_contain_text("Overridden, to be reviewed")
    await narrow.picture("75-override-at-home-narrow")
    alan = await windows.open("alan")
    thread = await alan.card(reason).open_thread()
    asks = thread.get_by_role("article").filter(has_text="Please review it")
    await expect(asks).to_contain_text("@routing-approvers")
    await alan.page.evaluate(AXE)
    await _is_fine(alan, "an override in the thread", "light")
    await alan.picture("76-override-thread")
    await asks.get_by_role("button", name=re.compile("Reviewed|reviewed")).click()
    await alan.dialog(f"Reviewed {label}?").get_by_role("button", name="Reviewed").click()
    await expect(thread).to_contain_text(f"reviewed the override of {label}")
    await expect(asks.get_by_role("button")).to_have_count(0)
