"""What somebody sees who starts the demo for the first time, and the pictures of it at the head of README.

`README_PICTURES=tests/browser/pictures pytest -n0 tests/browser/test_first_look.py` makes those anew.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from tests.browser.demo_process import DemoProcess, town
from tests.browser.test_flow import REASON, ask_for_a_split
from tests.browser.window import Window, Windows

pytestmark = pytest.mark.asyncio(loop_scope="package")

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZE = ViewportSize(width=1120, height=720)
LARGEST = 200_000
# On a busy machine they come while one looks.
EXAMPLES_MS = 90_000


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with town(tmp_path_factory.mktemp("fresh"), examples="on") as running:
        yield running


@pytest.fixture(scope="module")
def readme_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("README_PICTURES") or tmp_path_factory.mktemp("readme"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def test_a_fresh_demo_shows_finished_cards_and_what_to_try_first(
    browser: Browser, fresh: DemoProcess, pictures: Path | None, readme_pictures: Path
) -> None:
    windows = Windows(browser, fresh.address, pictures)
    rita, alan = await windows.open("rita"), await windows.open("alan")
    applied = rita.messages.get_by_text("State: applied", exact=True)
    await expect(applied).to_have_count(2, timeout=EXAMPLES_MS)
    await expect(rita.messages.get_by_text("State: denied", exact=True)).to_have_count(1)
    await expect(rita.form.node).to_be_hidden()
    await rita.picture("26-first-look")
    for window in (rita, alan):
        await window.page.get_by_role("button", name="Dismiss what to try first").click()

    await ask_for_a_split(rita)
    card = rita.card(REASON)
    await card.of(alan).says("pending")
    await _pictures(alan, "card", readme_pictures)
    await card.of(alan).approve()
    await card.ends("applied")
    await card.open_thread()
    await expect(rita.thread.get_by_role("button", name=re.compile("^Revert RN-"))).to_be_visible()
    await _pictures(rita, "thread", readme_pictures)
    assert windows.mishaps == []
    await windows.close()


async def _pictures(window: Window, name: str, folder: Path) -> None:
    await window.page.set_viewport_size(SIZE)
    for scheme in SCHEMES:
        await window.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await window.page.mouse.move(0, 0)
        await window.page.evaluate("document.activeElement.blur()")
        await window.page.evaluate("document.fonts.ready")
        path = folder / f"{name}-{scheme}.png"
        await window.page.screenshot(path=path, animations="disabled", caret="hide")
        assert path.stat().st_size < LARGEST
    await window.page.emulate_media(color_scheme="light", reduced_motion="reduce")
