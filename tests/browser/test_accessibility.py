"""axe-core finds nothing on page, form, thread and panel, in light and in dark."""

import re
from importlib.resources import files
from typing import Any, Literal

import pytest
from playwright.async_api import expect

from tests.browser.window import Window, Windows

pytestmark = pytest.mark.asyncio(loop_scope="package")

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
# All else is the same in the dark, and axe takes its time.
RULES = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}
RUN = "rules => axe.run(document, {resultTypes: ['violations'], ...rules}).then(found => found.violations)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_stands_in_anybodys_way(scheme: Literal["light", "dark"], windows: Windows) -> None:
    rita = await windows.open("rita", scheme=scheme)
    alan = await windows.open("alan", scheme=scheme)
    await rita.page.evaluate(AXE)
    await _is_fine(rita, "page", scheme)
    reason = f"Looked at in {scheme} colours"
    number = "+442079460991"
    await rita.type(f"/route-number {number}")
    await rita.form.knows(number)
    await rita.form.choose("Inbound calls", "Split between agents")
    await rita.form.submit.click()
    await expect(rita.form.error("Reason")).to_be_visible()
    await _is_fine(rita, "form", scheme)
    await rita.picture(f"18-form-{scheme}")
    await rita.form.choose("Inbound calls", "Keep as is")
    await rita.form.choose("Time routing", "On")
    await rita.form.reason(reason)
    await rita.form.ask()
    card = rita.card(reason)
    await card.says("pending")
    await card.approve()
    await expect(rita.only_you("someone else must approve it").last).to_be_visible()
    await alan.card(reason).press("Deny")
    deny = alan.dialog(re.compile("^Deny"))
    await deny.get_by_label("Reason").fill("It was only looked at")
    await deny.get_by_role("button", name="Deny").click()
    await card.says("denied")
    await card.open_thread()
    await _is_fine(rita, "thread", scheme)
    for tab in ("Try it", "Numbers", "Requests", "Faults", "Slack", "Processes"):
        await rita.panel.tab(tab)
        await _is_fine(rita, f"panel at {tab}", scheme)
        await rita.picture(f"19-panel-{tab.lower().replace(' ', '-')}-{scheme}")


@pytest.mark.parametrize("width", [1280, 390])
async def test_nor_on_home_messages_people_dialogs_and_answers(width: int, windows: Windows) -> None:
    amy, reason = await windows.open("amy", width=width), f"Looked at on {width} pixels"
    await amy.page.evaluate(AXE)
    await _is_fine(amy, "what to try first", "light")
    await amy.page.locator(".person-button").click()
    await _is_fine(amy, "people", "light")
    await amy.picture(f"27-people-{width}")
    await amy.page.keyboard.press("Escape")
    await amy.type("/route-number help")
    await expect(amy.page.locator("article.ephemeral").last).to_be_visible()
    card = await amy.ask_time_routing("+442079460991", "On", reason)
    await card.button("Cancel").click()
    await _is_fine(amy, "confirm dialog", "light")
    await amy.dialog(re.compile(r"RN-\d+\?$")).get_by_role("button").last.click()
    await card.says("canceled")
    await _is_fine(amy, "a private answer", "light")
    await card.button("Details").click()
    await expect(amy.dialog(re.compile(r"RN-\d+"))).to_be_visible()
    await _is_fine(amy, "details", "light")
    await amy.dialog(re.compile(r"RN-\d+")).get_by_role("button", name="Dismiss").click()
    if width < 760:
        await amy.page.get_by_role("button", name="Channels").click()
        await _is_fine(amy, "channels", "light")
    await amy.go_to("route-number")
    await expect(amy.page.get_by_role("region", name="App Home")).to_be_visible()
    await _is_fine(amy, "home", "light")
    await amy.page.get_by_role("tab", name="Messages").click()
    await _is_fine(amy, "messages of the app", "light")
    await amy.picture(f"28-app-messages-{width}")


async def _is_fine(window: Window, place: str, scheme: str) -> None:
    found: list[dict[str, Any]] = await window.page.evaluate(RUN, RULES[scheme])
    assert [(place, one["id"], one["help"], [node["html"][:300] for node in one["nodes"]][:5]) for one in found] == []
