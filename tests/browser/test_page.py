"""What the page does by itself, as Slack's own client does it: type, unread counts, the app's tabs, the first steps."""

import re

import pytest
from playwright.async_api import Locator, expect

from bot.slack.messages.glance import SIGNS
from tests.browser.window import Window, Windows

pytestmark = pytest.mark.asyncio(loop_scope="package")

TABS = ("Try it", "Numbers", "Requests", "Faults", "Slack", "Processes")
WHITE = "rgb(255, 255, 255)"
# Whatever the page shows in Lato was drawn in the file that came with it, wherever the machine has one or not.
LOADED = "[...document.fonts].filter(one => one.status === 'loaded').map(one => `${one.family} ${one.weight}`)"
# A sign of the font has colours of its own; a box, and a sign of another font, is in the ink that is set.
DRAWN = """signs => signs.map(sign => {
    const ink = Object.assign(document.createElement("canvas"), { width: 40, height: 40 }).getContext("2d");
    ink.font = '24px "Emoji of the stand-in"';
    ink.fillStyle = "#000";
    ink.fillText(sign, 2, 30);
    const points = ink.getImageData(0, 0, 40, 40).data;
    return points.some((value, at) => at % 4 < 3 && value > 0);
})"""
# Texts that end in three dots of the browser's own making, or are cut at an edge.
CUT = "nodes => nodes.filter(node => node.scrollWidth > node.clientWidth + 1).map(node => node.textContent)"


async def test_the_page_is_in_its_own_lato(rita: Window) -> None:
    await rita.page.evaluate("document.fonts.ready")
    assert {"Lato 400", "Lato 700", "Lato 900"} <= set(await rita.page.evaluate(LOADED))


async def test_every_sign_of_a_state_is_drawn_from_a_file_of_the_page(rita: Window) -> None:
    """Of the machine's own fonts none is asked here: a Linux without one shows boxes."""
    signs = [*SIGNS.values(), "⚠️", "⏸️", "▶️"]
    await rita.page.evaluate("sign => document.fonts.load('16px \"Emoji of the stand-in\"', sign)", "".join(signs))
    drawn = await rita.page.evaluate(DRAWN, signs)
    assert dict(zip(signs, drawn, strict=True)) == dict.fromkeys(signs, True)


async def test_the_app_opens_at_its_home_and_takes_no_messages(windows: Windows) -> None:
    rita = await windows.open("rita")
    await rita.go_to("route-number")
    await expect(rita.page.get_by_role("region", name="App Home")).to_be_visible()
    await expect(rita.page.get_by_role("tab", name="Home")).to_have_attribute("aria-selected", "true")
    await rita.picture("22-home")
    await rita.page.get_by_role("tab", name="Messages").click()
    await expect(rita.page.get_by_text("Sending messages to this app has been turned off.")).to_be_visible()
    await expect(rita.composer).to_be_hidden()
    await rita.page.reload()
    await expect(rita.page.get_by_role("tab", name="Messages")).to_have_attribute("aria-selected", "true")
    await rita.go_to("random")
    await expect(rita.composer).to_be_visible()


async def test_unread_are_messages_of_others_that_stand_in_the_channel_and_were_read_in_no_window(
    windows: Windows,
) -> None:
    rita, alan = await windows.open("rita"), await windows.open("alan")
    await rita.go_to("random")
    await rita.type("Who waters the plants?")
    await expect(alan.place("random")).to_have_text(re.compile("random1 unread$"))
    await alan.go_to("random")
    await alan.page.get_by_role("article").filter(has_text="Who waters the plants?").hover()
    await alan.page.get_by_role("button", name="Reply in thread").last.click()
    reply = alan.page.get_by_role("textbox", name="Reply in thread")
    await reply.fill("I do")
    await reply.press("Enter")
    await expect(alan.thread).to_contain_text("I do")

    await rita.go_to("phone-routing")
    other = await windows.another(rita)
    await other.go_to("support-ops")
    await other.type("Said in the other window")
    await alan.type("Thank you")
    for window in (rita, other):
        await expect(window.place("random")).to_have_text(re.compile("random1 unread$"))
        await expect(window.place("support-ops")).to_have_text("support-ops")
    await other.go_to("random")
    await expect(rita.place("random")).to_have_text("random")
    await other.page.close()


async def test_private_answers_stand_on_white_as_all_messages_do(rita: Window) -> None:
    await rita.type("/route-number help")
    answer = rita.page.locator("article.ephemeral").last
    await expect(answer).to_contain_text("Only visible to you")
    await rita.composer.hover()
    assert await _paper(answer) == await _paper(rita.page.get_by_role("article").first)
    assert await rita.page.locator(".pane").evaluate("node => getComputedStyle(node).backgroundColor") == WHITE


async def test_everybody_has_a_name_initials_and_a_role_of_their_own(rita: Window) -> None:
    switcher = rita.page.get_by_role("group", name="Be another person")
    await rita.page.get_by_role("button", name=re.compile("You are Rita Vogel")).click()
    await rita.picture("23-people")
    initials = await switcher.locator(".avatar").all_inner_texts()
    assert len(set(initials)) == len(initials) == 6
    for role in ("Requester", "Approver", "Guest", "Outsider", "Administrator"):
        await expect(switcher.get_by_text(re.compile(f"^{role} · ")).first).to_be_visible()
    await rita.page.keyboard.press("Escape")


async def test_what_to_try_first_is_dismissed_for_good(windows: Windows) -> None:
    amy = await windows.open("amy")
    first = amy.page.get_by_role("region", name="Try this first")
    await expect(first).to_be_visible()
    await amy.picture("24-try-this-first")
    await first.get_by_role("button", name="Dismiss what to try first").click()
    await expect(first).to_be_hidden()
    await amy.page.reload()
    await expect(amy.composer).to_be_visible()
    await expect(first).to_be_hidden()


@pytest.mark.parametrize("width", [1000, 1280, 1440])
async def test_the_tabs_of_the_panel_fit_and_no_word_in_it_is_cut(width: int, windows: Windows) -> None:
    rita = await windows.open("rita", width=width)
    for name in TABS:
        tab = await rita.panel.tab(name)
        row = rita.panel.node.get_by_role("tablist")
        assert await row.evaluate("node => node.scrollWidth <= node.clientWidth"), await row.inner_text()
        await expect(tab.locator("li, p, h3").first).to_be_visible()
        assert await tab.locator("*").evaluate_all(CUT) == []
        await rita.picture(f"25-panel-{name.lower().replace(' ', '-')}-{width}")


async def _paper(message: Locator) -> str:
    colour: str = await message.evaluate("node => getComputedStyle(node).backgroundColor")
    return colour
