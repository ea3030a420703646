"""The modal "Route a number", filled as a person fills it."""

import re

from playwright.async_api import Locator, Page, expect


class Form:
    """The open form of a window."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.node = page.get_by_role("dialog", name="Route a number")
        self.submit = self.node.get_by_role("button", name="Ask for approval")

    def field(self, label: str) -> Locator:
        """Find an input by its label."""
        return self.node.get_by_label(label, exact=True)

    def button(self, name: str) -> Locator:
        """Find a button of the form."""
        return self.node.get_by_role("button", name=name, exact=True)

    def error(self, label: str) -> Locator:
        """Find the complaint that stands at a field."""
        block = self.node.locator(".input-block").filter(has=self.page.get_by_text(label, exact=True))
        return block.locator(".field-error")

    async def knows(self, number: str) -> None:
        """Wait until the form shows the present assignment of a number."""
        digits = r"\D*".join(re.sub(r"\D", "", number)) if number.startswith("+") else re.escape(number)
        await expect(self.node.get_by_text(re.compile(rf"^\+?{digits}( \(.+\))? now:$"))).to_be_visible()

    async def choose(self, group: str, choice: str) -> None:
        """Choose one of the few options of a select."""
        box = self.select(group)
        await box.click()
        await self.page.get_by_role("option", name=choice, exact=True).click()
        await expect(box).to_have_value(choice)

    def select(self, label: str) -> Locator:
        """Find a select or a type-ahead; its value is what it says."""
        return self.node.get_by_role("combobox", name=label, exact=True)

    async def pick(self, label: str, query: str, option: str) -> None:
        """Type into a type-ahead and pick an option."""
        box = self.select(label)
        await box.click()
        await box.press_sequentially(query)
        await self.page.get_by_role("option", name=option, exact=True).click()
        await expect(box).to_have_value(option)

    async def pick_agent(self, label: str, query: str, option: str) -> None:
        """Pick an agent, and wait for the field of its version: the one of the former agent goes."""
        version = self.field(label.replace("Agent", "Version").replace("agent", "version"))
        former = await version.get_attribute("id")
        await self.pick(label, query, option)
        await expect(self.node.locator(f'[id="{former}"]')).to_have_count(0)

    async def reason(self, text: str) -> None:
        """Write the reason."""
        await self.field("Reason").fill(text)

    async def ask(self) -> None:
        """Submit, and see the form go."""
        await self.submit.click()
        await expect(self.node).to_be_hidden()
