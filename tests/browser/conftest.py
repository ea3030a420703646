"""One demo and one Chromium for all modules of this folder; every person has a window."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.demo_process import DemoProcess, town
from tests.browser.window import PATIENCE_MS, Window, Windows

# Without a desktop's browser around the page the same tests take a third less of the processor.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with town(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="package")
def pictures() -> Path | None:
    """The folder of the screenshots, BROWSER_PICTURES; without it none are taken."""
    folder = os.environ.get("BROWSER_PICTURES")
    if folder is None:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("This machine has no Chromium: apt-get install chromium-headless-shell")
    expect.set_options(timeout=PATIENCE_MS)
    # As root Chromium refuses to start with its sandbox.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=found, args=[*ARGUMENTS, *root])
        yield launched
        await launched.close()


@pytest.fixture(scope="package")
def windows(browser: Browser, demo: DemoProcess, pictures: Path | None) -> Windows:
    return Windows(browser, demo.address, pictures)


@pytest_asyncio.fixture(autouse=True, loop_scope="package")
async def calm(windows: Windows, demo: DemoProcess) -> AsyncIterator[None]:
    """Leave no fault behind; and nothing may have gone wrong in any window unseen."""
    yield
    demo.calm()
    await windows.close_others()
    mishaps, windows.mishaps = windows.mishaps, []
    assert mishaps == []


@pytest_asyncio.fixture(loop_scope="package")
async def rita(windows: Windows) -> Window:
    return await windows.open("rita")


@pytest_asyncio.fixture(loop_scope="package")
async def alan(windows: Windows) -> Window:
    return await windows.open("alan")
