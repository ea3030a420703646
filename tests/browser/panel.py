"""The panel "Behind the scenes": switches, requests, numbers, processes."""

from playwright.async_api import Locator, Page, expect


class Panel:
    """The control panel of a window."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.node = page.get_by_role("complementary", name="Behind the scenes")
        self.toggle = page.get_by_role("button", name="Behind the scenes", exact=True)

    async def tab(self, name: str) -> Locator:
        """Open the panel at a tab."""
        if await self.toggle.get_attribute("aria-expanded") == "false":
            await self.toggle.click()
        await self.node.get_by_role("tab", name=name, exact=True).click()
        return self.node.get_by_role("tabpanel", name=name, exact=True)

    async def switch(self, tab: str, name: str, *, on: bool = True) -> None:
        """Turn a fault on or off."""
        switch = (await self.tab(tab)).get_by_role("switch", name=name, exact=True)
        await switch.click()
        await expect(switch).to_have_attribute("aria-checked", str(on).lower())

    async def puts(self) -> Locator:
        """Show only what changes something, and return those requests, newest first."""
        tab = await self.tab("Requests")
        await tab.get_by_label("Only what changes something").check()
        return tab.locator(".request").filter(has_text="PUT")

    async def change_time_routing(self, number: str) -> None:
        """Change a number in UponAI's dashboard, behind the bot's back."""
        tab = await self.tab("Numbers")
        row = tab.locator(f'[data-number="{number}"]')
        await row.get_by_role("button", name=f"Change {number} in the dashboard").click()
        await row.get_by_label("Time routing").click()
        await row.get_by_role("button", name="Save in the dashboard").click()
        await expect(row.get_by_role("button", name="Save in the dashboard")).to_be_hidden()

    async def process(self, name: str, action: str, state: str) -> None:
        """Kill or restart one of the bot's processes."""
        row = (await self.tab("Processes")).get_by_role("listitem").filter(has_text=name)
        await row.get_by_role("button", name=f"{action} {name}").click()
        await expect(row.locator(".process-state")).to_contain_text(state)
