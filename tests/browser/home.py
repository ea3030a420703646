"""The app's Home tab in a window."""

import re

from playwright.async_api import Locator, expect

from tests.browser.window import Window


class Home:
    """Somebody's Home tab."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.node = window.page.get_by_role("region", name="App Home")

    async def open(self) -> None:
        """Open the app, at Home."""
        page = self.window.page
        menu = page.get_by_role("button", name="Channels", exact=True)
        sidebar = page.get_by_role("navigation", name="Channels and messages")
        if not await sidebar.is_visible() and await menu.is_visible():
            await menu.click()
        await sidebar.get_by_role("button", name=re.compile("route-number")).click()
        tab = page.get_by_role("tab", name="Home", exact=True)
        if await tab.get_attribute("aria-selected") != "true":
            await tab.click()
        await expect(self.node.get_by_text("What you can type")).to_be_visible()

    def button(self, name: str, label: str = "") -> Locator:
        """Find a button by its word, and the change that it names for screen readers."""
        return self.node.get_by_role("button", name=re.compile(rf"^{name}\b.*{label}$"))
