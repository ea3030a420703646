"""Each way in which UponAI fails, switched on in the panel, and what card and thread say then."""

import pytest
from playwright.async_api import expect

from tests.browser.demo_process import DemoProcess
from tests.browser.window import Card, Window

pytestmark = pytest.mark.asyncio(loop_scope="package")

NUMBER = "+14155550123"
APPLIED = "is live (read back from UponAI)"


# When UponAI is slow, the answer comes after the bot stopped waiting for it.
@pytest.mark.parametrize("switch", ["UponAI is slow", "Answer lost after applying"])
async def test_an_answer_that_never_came_is_looked_up_and_nothing_is_sent_twice(
    switch: str, rita: Window, alan: Window, demo: DemoProcess
) -> None:
    sent = len(demo.puts(NUMBER))
    reason = f"Asked while: {switch}"
    card = await _ask(rita, demo, reason)
    await alan.panel.switch("Faults", switch)
    await alan.card(reason).approve()
    await card.says("applied")
    thread = await card.open_thread()
    await expect(thread).to_contain_text(f"UponAI's answer to {await card.label()} was lost")
    await expect(thread).to_contain_text(APPLIED)
    await rita.picture(f"15-{switch.lower().replace(' ', '-')}")
    assert len(demo.puts(NUMBER)) == sent + 1


@pytest.mark.parametrize(
    ("switch", "told"),
    [
        pytest.param("Too many requests (429)", "waits for UponAI since", id="429"),
        pytest.param("Error (500)", "was lost: I do not know yet", id="500"),
    ],
)
async def test_a_passing_failure_is_told_and_the_change_applied_once_it_is_over(
    switch: str, told: str, rita: Window, alan: Window, demo: DemoProcess
) -> None:
    reason = f"Asked while: {switch}"
    card = await _ask(rita, demo, reason)
    await alan.panel.switch("Faults", switch)
    await alan.card(reason).approve()
    thread = await card.open_thread()
    await expect(thread).to_contain_text(told)
    await alan.panel.switch("Faults", switch, on=False)
    await card.says("applied")
    await expect(thread).to_contain_text(APPLIED)
    assert [put["status"] for put in demo.puts(NUMBER)].count(200) >= 1


async def test_a_refusal_ends_the_change_with_uponais_own_words(rita: Window, alan: Window, demo: DemoProcess) -> None:
    reason = "UponAI does not want this"
    before = demo.number(NUMBER)["is_time_routing_enabled"]
    card = await _ask(rita, demo, reason)
    await alan.panel.switch("Faults", "Refuse (422)")
    await alan.card(reason).approve()
    await card.says("failed")
    thread = await card.open_thread()
    await expect(thread).to_contain_text("Nothing was changed")
    await expect(thread).to_contain_text("This number cannot be assigned at the moment.")
    await rita.picture("16-refused")
    await thread.get_by_role("button", name="again").click()
    await rita.form.knows(NUMBER)
    await expect(rita.form.field("Reason")).to_have_value(reason)
    assert demo.number(NUMBER)["is_time_routing_enabled"] is before


async def test_a_number_changed_in_the_dashboard_meanwhile_is_left_alone(
    rita: Window, alan: Window, demo: DemoProcess
) -> None:
    number, reason = "ext-4001", "Somebody will be faster in the dashboard"
    card = await rita.ask_time_routing(number, "Off", reason)
    await alan.panel.change_time_routing(number)
    await alan.card(reason).approve()
    await card.says("stale")
    thread = await card.open_thread()
    await expect(thread).to_contain_text("was changed since")
    await expect(thread).to_contain_text("Nothing was sent.")
    assert demo.puts(number) == []


async def _ask(rita: Window, demo: DemoProcess, reason: str) -> Card:
    is_on = demo.number(NUMBER)["is_time_routing_enabled"]
    return await rita.ask_time_routing(NUMBER, "Off" if is_on else "On", reason)
