"""axe-core finds nothing serious on page, form, thread and panel, in light and in dark."""

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
async def test_nothing_serious_stands_in_anybodys_way(scheme: Literal["light", "dark"], windows: Windows) -> None:
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


async def _is_fine(window: Window, place: str, scheme: str) -> None:
    found: list[dict[str, Any]] = await window.page.evaluate(RUN, RULES[scheme])
    bad = [
        (place, one["id"], one["help"], [node["html"][:300] for node in one["nodes"]][:5])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert bad == []
