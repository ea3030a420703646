"""The form in the browser: mistakes at their fields, the keyboard alone, a narrow screen, text that looks like code."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.async_api import Locator, expect

from tests.browser.demo_process import DemoProcess
from tests.browser.window import Window, Windows

pytestmark = pytest.mark.asyncio(loop_scope="package")

HTML_REASON = "<img src=x onerror=alert(1)> *bold* <!channel> <@U07ALAN8M5X> &amp; `code`"


async def test_mistakes_are_told_at_their_fields_and_the_rest_stays_filled_in(rita: Window) -> None:
    form = rita.form
    await rita.type("/route-number +12125550178")
    await form.knows("+12125550178")
    await form.choose("Inbound calls", "Split between agents")
    await form.pick_agent("Agent 1", "sales", "Sales")
    await form.pick_agent("Agent 2", "bookings", "Bookings")
    await form.field("Weight 1 (%)").fill("70")
    await form.field("Weight 2 (%)").fill("20")
    await form.submit.click()
    await expect(form.error("Reason")).to_have_text("Please complete this required field.")
    await form.reason("Weights that do not add up")
    await form.submit.click()
    await expect(form.error("Weight 2 (%)")).to_contain_text("must total 100 %")
    await expect(form.error("Reason")).to_be_hidden()
    await expect(form.field("Agent 1")).to_have_value("Sales")
    await expect(form.field("Agent 2")).to_have_value("Bookings")
    await expect(form.field("Weight 1 (%)")).to_have_value("70")
    await expect(form.field("Reason")).to_have_value("Weights that do not add up")
    await expect(form.field("Weight 2 (%)")).to_be_focused()
    await rita.picture("08-mistake")

    await form.choose("Inbound calls", "Keep as is")
    await expect(form.field("Agent 1")).to_be_hidden()
    await form.choose("Time routing", "Off")
    await form.submit.click()
    await expect(form.error("Time routing")).to_be_visible()
    await expect(form.select("Time routing")).to_have_value("Off")
    await form.choose("Time routing", "On")
    await form.ask()
    await rita.card("Weights that do not add up").says("pending")


async def test_two_numbers_make_60_40_a_70_30(rita: Window, demo: DemoProcess) -> None:
    form = rita.form
    sales, support = "agent_d3c2df14e163c7ca8ac5b1bf38", "agent_1f864a29b7c2ab407103c88335"
    shares = ((sales, 3, 0.6), (support, 6, 0.4))
    live = [{"agent_id": agent, "agent_version": version, "weight": weight} for agent, version, weight in shares]
    number = demo.new_number(inbound_agents=live)
    await rita.type(f"/route-number {number}")
    await form.knows(number)
    await form.button("Start from what is live").click()
    await expect(form.select("Inbound calls")).to_have_value("Split between agents")
    await expect(form.field("Agent 1")).to_have_value("Sales")
    await form.field("Weight 1 (%)").fill("70")
    await expect(form.node).to_contain_text("The weights total 110 %: 10 % too much.")
    await form.field("Weight 2 (%)").fill("30")
    await expect(form.node).to_contain_text("The weights total 100 %.")
    await expect(form.field("Weight 1 (%)")).to_have_value("70")
    await expect(form.field("Weight 2 (%)")).to_have_value("30")
    await rita.picture("20-form-from-live")
    await form.button("Close").click()


async def test_all_that_a_form_can_change_of_a_number_fits_a_laptops_screen(windows: Windows) -> None:
    rita = await windows.open("rita", width=1280, height=800)
    await rita.type("/route-number +14155550123")
    await rita.form.knows("+14155550123")
    await expect(rita.form.field("Reason")).to_be_visible()
    await expect(rita.form.node).not_to_contain_text("As of")
    for label in ("Number", "Inbound calls", "Outbound calls", "Inbound webhook", "Time routing"):
        await expect(rita.form.select(label)).to_be_in_viewport()
    await expect(rita.form.submit).to_be_in_viewport()
    await rita.picture("21-form-laptop")
    box = rita.form.select("Number")
    await box.click()
    await box.press_sequentially("book")
    await expect(rita.page.get_by_text("90 % Bookings v1")).to_be_visible()
    await rita.picture("22-form-number")
    await rita.page.keyboard.press("Escape")
    await rita.form.button("Close").click()


async def test_the_whole_job_can_be_done_with_the_keyboard_alone(windows: Windows, demo: DemoProcess) -> None:
    rita, number, reason = await windows.open("rita"), "+13125550111", "Only the keyboard was used"
    keys = rita.page.keyboard
    await keys.press("F6")
    await _walk_to(rita, rita.composer)
    await keys.type("/rou")
    await keys.press("Enter")
    await keys.type(number)
    await keys.press("Enter")
    await rita.form.knows(number)
    inbound = rita.form.select("Inbound calls")
    await _walk_to(rita, inbound)
    await keys.press("Enter")
    wanted = rita.page.get_by_role("option", name="One agent")
    await expect(wanted).to_be_visible()
    await keys.press("ArrowDown")
    await expect(wanted).to_have_class(re.compile(r"\bactive\b"))
    await keys.press("Enter")
    await expect(inbound).to_have_value("One agent")
    agent = rita.form.field("Agent 1")
    await _walk_to(rita, agent)
    await keys.type("book")
    await expect(rita.page.get_by_role("option", name="Bookings")).to_be_visible()
    await keys.press("Enter")
    await expect(agent).to_have_value("Bookings")
    await _walk_to(rita, rita.form.field("Reason"))
    await keys.type(reason)
    await keys.press("Control+Enter")
    await expect(rita.form.node).to_be_hidden()

    ada = await windows.open("ada")
    card, keys = ada.card(reason), ada.page.keyboard
    await card.says("pending")
    await _walk_to(ada, card.button("Approve"))
    await keys.press("Enter")
    sure = ada.dialog(re.compile("^Approve RN-")).get_by_role("button", name="Approve")
    await expect(sure).to_be_focused()
    await keys.press("Enter")
    await card.says("applied")
    assert [one["agent_id"] for one in demo.number(number)["inbound_agents"]] == ["agent_2ea95b7c40f1d8636a07be81f9"]


async def test_on_a_narrow_screen_the_form_can_be_sent_and_the_card_be_read(windows: Windows) -> None:
    rita = await windows.open("rita", width=390)
    await rita.picture("09-narrow")
    await rita.type("/route-number +4940123456")
    await rita.form.knows("+4940123456")
    await rita.form.choose("Outbound calls", "No agent")
    await rita.form.reason("Asked from the platform of a railway station")
    await rita.picture("10-narrow-form")
    await _fits(rita, rita.form.submit)
    await rita.form.ask()
    card = rita.card("Asked from the platform of a railway station")
    await card.says("pending")
    await _fits(rita, card.message)
    await card.button("Approve").scroll_into_view_if_needed()
    await rita.picture("11-narrow-card")
    assert await rita.page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_reasons_and_names_are_shown_letter_by_letter(rita: Window, alan: Window) -> None:
    await rita.type("/route-number +442079460958")
    await rita.form.knows("+442079460958")
    await expect(rita.form.node).to_contain_text("Billing <VIP> & *Co*")
    await rita.form.choose("Inbound calls", "No agent")
    await rita.form.choose("Outbound calls", "One agent")
    await rita.form.pick_agent("Outbound agent", "<vip>", "Billing <VIP> & *Co*")
    await rita.form.pick("Outbound version", "1", "Version 1")
    await rita.form.reason(HTML_REASON)
    await rita.form.ask()
    card = alan.card(HTML_REASON)
    await card.says("pending")
    await expect(card.message).to_contain_text("Billing <VIP> & *Co* v2")
    await expect(card.message.locator("img, code")).to_have_count(0)
    await expect(card.message.get_by_text("bold", exact=True)).to_have_count(0)
    await alan.picture("12-letter-by-letter")
    await card.press("Deny")
    deny = alan.dialog(re.compile("^Deny"))
    await deny.get_by_label("Reason").fill(f"No: {HTML_REASON}")
    await deny.get_by_role("button", name="Deny").click()
    await card.says("denied")
    await expect(await card.open_thread()).to_contain_text(f"No: {HTML_REASON}")


@pytest.mark.parametrize(("person", "told"), [("gus", "Guests may not"), ("eve", "Only members of this workspace")])
async def test_guests_and_people_of_other_companies_are_refused(
    person: str, told: str, windows: Windows, rita: Window
) -> None:
    reason = f"Not for {person} to decide"
    card = await rita.ask_time_routing("+441614960123", "On", reason)
    stranger = await windows.open(person)
    await stranger.type("/route-number +441614960123")
    await expect(stranger.only_you(told)).to_have_count(1)
    await expect(stranger.form.node).to_be_hidden()
    await stranger.card(reason).approve()
    await expect(stranger.only_you(told)).to_have_count(2)
    await card.press("Cancel", sure="Withdraw")
    await card.says("canceled")


async def _walk_to(window: Window, goal: Locator) -> None:
    """Press Tab until the focus is there, as somebody without a mouse does."""
    for _ in range(60):
        if await goal.evaluate("node => node === document.activeElement"):
            return
        await window.page.keyboard.press("Tab")
    raise AssertionError(f"Tab never gets to {goal}")


async def _fits(window: Window, node: Locator) -> None:
    box = await node.bounding_box()
    size = window.page.viewport_size
    assert box is not None
    assert size is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]


async def test_a_start_is_picked_and_the_card_says_when(rita: Window, demo: DemoProcess) -> None:
    form = rita.form
    number = demo.new_number()
    await rita.type(f"/route-number {number}")
    await form.knows(number)
    await form.choose("Time routing", "On")
    await form.choose("When", "At a time")
    await form.field("Start").fill("2001-01-01T10:00")
    await form.reason("From the first of the month")
    await form.submit.click()
    await expect(form.error("Start")).to_have_text("This time has passed: choose a later one.")
    tomorrow = datetime.now().astimezone() + timedelta(days=1)
    await form.field("Start").fill(f"{tomorrow:%Y-%m-%dT%H:%M}")
    await form.ask()
    await rita.card("From the first of the month").says("pending")
    await expect(rita.card("From the first of the month").message).to_contain_text("to be decided by then")
