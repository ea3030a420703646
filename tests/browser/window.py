"""One browser window of the demo's page, as one person: channel, cards, threads, form."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Error, Locator, Page, Request, expect
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from tests.browser.demo_process import PEOPLE, PHONE_ROUTING
from tests.browser.form import Form
from tests.browser.panel import Panel

PATIENCE_MS = 30_000
FINAL = re.compile("^State: (applied|denied|canceled|expired|stale|failed|unclear|resolved)$")


class Card:
    """The card of one change in a window: its message in the channel, and its thread."""

    # A finished card has no reason any more: by then it is found by its label, in every window of that demo.
    labels: ClassVar[dict[tuple[str, str], str]] = {}

    def __init__(self, window: "Window", reason: str) -> None:
        self.window = window
        self.reason = reason

    @property
    def message(self) -> Locator:
        """The card's message."""
        articles = self.window.messages.get_by_role("article").filter(has_text="State: ")
        label = self.labels.get(self._key)
        return articles.filter(has_text=self.reason if label is None else re.compile(rf"\b{label} · ")).last

    @property
    def _key(self) -> tuple[str, str]:
        return urlsplit(self.window.page.url).netloc, self.reason

    async def says(self, state: str) -> None:
        """Wait for the card to show a state."""
        await expect(self.message.get_by_text(f"State: {state}", exact=True)).to_be_visible()
        await self.label()

    async def ends(self, state: str) -> None:
        """Wait for the card to show a final state, and fail at once when it is another one."""
        await expect(self.message.get_by_text(FINAL)).to_have_text(f"State: {state}")

    def of(self, window: "Window") -> "Card":
        """Find the same card in another person's window."""
        return window.card(self.reason)

    @property
    def replies(self) -> Locator:
        """Find the number of replies in the thread."""
        return self.message.locator(".replies-count")

    async def label(self) -> str:
        """Return what the change is called: RN-12."""
        found = re.search(r"RN-\d+(?= · )", await self.message.inner_text())
        assert found
        self.labels[self._key] = found[0]
        return found[0]

    def button(self, name: str) -> Locator:
        """Find a button of the card by its word; for screen readers it says of which change it is."""
        return self.message.get_by_role("button", name=re.compile(rf"^{name} (of )?RN-\d+$"))

    async def press(self, name: str, *, sure: str | None = None) -> None:
        """Press a button, and confirm where it asks."""
        await self.button(name).click()
        if sure is not None:
            await self.window.dialog(re.compile(rf"^{sure} RN-\d+\?$")).get_by_role("button", name=sure).click()

    async def approve(self) -> None:
        """Approve, through the confirm dialog."""
        await self.press("Approve", sure="Approve")

    async def open_thread(self) -> Locator:
        """Open the thread and return its list of replies."""
        replies = self.message.get_by_role("button", name=re.compile(r"\d repl(y|ies)"))
        await replies.click()
        try:
            await self.window.thread.wait_for(timeout=PATIENCE_MS / 6)
        except PlaywrightTimeoutError:
            # The message was drawn anew at the very moment of the click.
            await replies.click()
        return self.window.thread


class Window:
    """A page as one person sees it."""

    def __init__(self, page: Page, pictures: Path | None) -> None:
        self.page = page
        self.pictures = pictures
        self.messages = page.get_by_role("log", name="Messages")
        self.thread = page.get_by_role("log", name="Replies")
        self.composer = page.locator(".pane").get_by_role("textbox", name=re.compile("^Message "))
        self.form = Form(page)
        self.panel = Panel(page)

    def dialog(self, name: str | re.Pattern[str]) -> Locator:
        """Find a dialog by its title."""
        return self.page.get_by_role("dialog", name=name)

    def card(self, reason: str) -> Card:
        """Find a card by the reason that stands on it, which every test chooses differently."""
        return Card(self, reason)

    def only_you(self, text: str) -> Locator:
        """Find an ephemeral message."""
        return self.page.locator("article.ephemeral").filter(has_text="Only visible to you").filter(has_text=text)

    async def go_to(self, place: str) -> None:
        """Open a channel or the app from the sidebar, however much of it is unread."""
        await self.place(place).click()

    def place(self, name: str) -> Locator:
        """Find a channel or the app in the sidebar."""
        return self.page.get_by_role("button", name=re.compile(rf"^{name}( \d+ unread)?$"))

    async def type(self, text: str) -> None:
        """Type into the composer and send."""
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def open_form(self, number: str) -> None:
        """Open the form by the command; who is told that it took too long tries again."""
        await self.type(f"/route-number {number}")
        try:
            await self.form.node.wait_for(timeout=PATIENCE_MS / 3)
        except PlaywrightTimeoutError:
            await self.type(f"/route-number {number}")
        await self.form.knows(number)

    async def ask_time_routing(self, number: str, choice: str, reason: str) -> Card:
        """Ask for the smallest change there is, and return its card."""
        await self.open_form(number)
        await self.form.choose("Time routing", choice)
        await self.form.reason(reason)
        await self.form.ask()
        card = self.card(reason)
        await card.says("pending")
        return card

    async def tidy(self) -> None:
        """Close the thread and the panel."""
        for name in ("Close thread", "Close behind the scenes"):
            button = self.page.get_by_role("button", name=name)
            if await button.is_visible():
                await button.click()

    async def picture(self, name: str) -> None:
        """Save what the window shows, when BROWSER_PICTURES names a folder."""
        if self.pictures is None:
            return
        await self.page.evaluate("document.fonts.ready")
        await self.page.screenshot(path=self.pictures / f"{name}.png", animations="disabled")


class Windows:
    """One window a person, each in a profile of its own: of several pages in one, only the newest counts as visible.

    Those of the two whom nearly every test needs stay open from test to test; each of the others would draw along all
    that the next tests do. What goes wrong in one of them without being seen is collected in `mishaps`.
    """

    _STAY = ("rita", "alan")

    def __init__(self, browser: Browser, address: str, pictures: Path | None) -> None:
        self.mishaps: list[str] = []
        self._browser = browser
        self._address = address
        self._pictures = pictures
        self._open: dict[str, Window] = {}
        self._looks: dict[str, tuple[int, int, str]] = {}

    async def open(
        self,
        person: str,
        *,
        channel: str = PHONE_ROUTING,
        width: int = 1440,
        height: int = 900,
        scheme: Literal["light", "dark"] = "light",
    ) -> Window:
        """Open a person's window at a channel, with nothing else open in it."""
        window = self._open.get(person) or await self._first(person)
        address = f"{self._address}/?as={PEOPLE[person]}&channel={channel}"
        await window.tidy()
        if self._looks.get(person) != (width, height, scheme) or window.page.url != address:
            self._looks[person] = (width, height, scheme)
            await window.page.set_viewport_size({"width": width, "height": height})
            await window.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await window.page.goto(address)
        await expect(window.composer).to_be_visible()
        return window

    async def close(self) -> None:
        """Close all windows."""
        await self._close(list(self._open))

    async def close_others(self) -> None:
        """Close the windows of those whom only some tests need."""
        await self._close([person for person in self._open if person not in self._STAY])

    async def _close(self, people: Iterable[str]) -> None:
        for person in people:
            await self._open.pop(person).page.context.close()
            self._looks.pop(person)

    async def another(self, window: Window) -> Window:
        """Open a second window of the same person, in the same profile."""
        page = await window.page.context.new_page()
        self._watch(page)
        await page.goto(window.page.url)
        return Window(page, self._pictures)

    async def _first(self, person: str) -> Window:
        page = await (await self._browser.new_context()).new_page()
        self._watch(page)
        self._open[person] = Window(page, self._pictures)
        return self._open[person]

    def _watch(self, page: Page) -> None:
        page.on("pageerror", self._threw)
        page.on("console", self._said)
        page.on("request", self._asked)

    def _threw(self, error: Error) -> None:
        self.mishaps.append(f"An error in the page: {error}")

    def _said(self, message: ConsoleMessage) -> None:
        # The page tells a refused request itself; the browser's own line about it is no mishap.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.mishaps.append(f"On the console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self._address, "data:", "blob:")):
            self.mishaps.append(f"A request to {request.url}")
