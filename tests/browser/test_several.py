"""Several numbers in the browser: the button, the field that it makes room for, one card, one table of results."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.demo_process import DemoProcess
from tests.browser.window import Window

pytestmark = pytest.mark.asyncio(loop_scope="package")

REASON = "All of them at night"


async def test_several_numbers_are_asked_approved_and_told_in_one_table(
    rita: Window, alan: Window, demo: DemoProcess
) -> None:
    numbers = [demo.new_number() for _ in range(3)]
    form = rita.form
    await rita.type(f"/route-number {numbers[0]}")
    await form.knows(numbers[0])
    await form.button("Several numbers").click()
    more = form.field("More numbers")
    await more.fill(f"{numbers[1]}\n{numbers[2]}")
    await expect(rita.page.get_by_text("3 numbers in all: all are like this one now.")).to_be_visible()
    await form.choose("Time routing", "On")
    await expect(more).to_have_value(f"{numbers[1]}\n{numbers[2]}")
    await form.reason(REASON)
    await form.ask()
    await expect(rita.messages).to_contain_text(REASON)
    await alan.messages.get_by_role("button", name=re.compile(r"^Approve RN-\d+ and 2 more$")).click()
    await alan.dialog(re.compile(r"^Approve RN-\d+ and 2 more\?$")).get_by_role("button", name="Approve").click()
    ended = rita.messages.get_by_role("article").filter(has_text=re.compile(r"RN-\d+ and 2 more · 3 numbers"))
    await expect(ended).to_contain_text("State: applied")
    await ended.get_by_role("button", name=re.compile(r"\d repl(y|ies)")).click()
    thread = rita.thread
    await expect(thread.get_by_role("table")).to_contain_text("live")
    await expect(thread.get_by_role("row")).to_have_count(4)
    await rita.picture("several")
