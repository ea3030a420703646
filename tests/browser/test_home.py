"""Home, lists, Details and the pause form, as people see and press them."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.home import Home
from tests.browser.window import Window, Windows

pytestmark = pytest.mark.asyncio(loop_scope="package")

NUMBER, OTHER = "+442079460991", "+14155550123"
WHY = "UponAI moves tonight"


async def test_approve_at_home_decides_and_home_says_so(windows: Windows, rita: Window, alan: Window) -> None:
    reason = "Nobody answers at night"
    card = await rita.ask_time_routing(NUMBER, "On", reason)
    label = await card.label()
    home = Home(alan)
    await home.open()
    await expect(home.node.get_by_text(reason)).to_be_visible()
    await alan.picture("30-home")
    await home.button("Approve", label).click()
    dialog = alan.dialog(re.compile(f"^Approve {label}"))
    await dialog.get_by_role("button", name="Approve").click()
    await expect(home.button("Approve", label)).to_be_hidden()
    await card.says("applied")
    await home.node.get_by_role("link", name=label).first.click()
    await expect(alan.card(reason).message).to_be_in_viewport()
    narrow = await windows.open("alan", width=400)
    await Home(narrow).open()
    await narrow.picture("31-home-narrow")


async def test_lists_lead_to_details_and_both_can_be_read(windows: Windows, rita: Window) -> None:
    reason = "Read at a glance"
    await rita.ask_time_routing(OTHER, "On", reason)
    alan = await windows.open("alan")
    await alan.type("/route-number pending")
    listed = alan.only_you("Waiting for you").last
    await expect(listed).to_be_visible()
    await alan.type("/route-number history")
    await expect(alan.only_you("The last changes").last).to_be_visible()
    await alan.picture("32-lists")
    await listed.get_by_role("button", name=re.compile("^Details of RN-")).last.click()
    details = alan.page.get_by_role("dialog", name=re.compile("^RN-"))
    await expect(details).to_contain_text("What happened")
    await alan.picture("33-details")
    await details.get_by_role("button", name="Close").last.click()
    await alan.type("/route-number help")
    await expect(alan.only_you("Administer").last).to_be_visible()
    await alan.picture("34-help")
    narrow = await windows.open("alan", width=400)
    await narrow.type("/route-number pending")
    listed = narrow.only_you("Waiting for you").last
    await expect(listed).to_be_visible()
    await listed.scroll_into_view_if_needed()
    await narrow.picture("35-lists-narrow")


async def test_the_pause_form_asks_why_and_home_resumes(windows: Windows, rita: Window) -> None:
    alan = await windows.open("alan")
    await alan.type("/route-number pause")
    form = alan.dialog("Pause sending")
    await form.get_by_label("Reason").fill(WHY)
    await alan.picture("36-pause-form")
    await form.get_by_role("button", name="Pause").click()
    await expect(form).to_be_hidden()
    await expect(rita.messages.get_by_text(WHY).last).to_be_visible()
    reason = "Held while it is paused"
    card = await rita.ask_time_routing("+13125550111", "On", reason)
    await alan.card(reason).approve()
    await card.says("approved")
    home = Home(rita)
    await home.open()
    await expect(home.node.get_by_text(WHY)).to_be_visible()
    await rita.picture("37-home-paused")
    await home.button("Resume").click()
    await rita.dialog("Resume sending?").get_by_role("button", name="Resume").click()
    await expect(home.node.get_by_text("Going out now")).to_be_visible()
    await expect(home.button("Resume")).to_be_hidden()
    await rita.picture("38-home-resumed")
    await alan.card(reason).says("applied")
