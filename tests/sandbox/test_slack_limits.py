"""Every limit of blocks and views, refused with Slack's words and the place."""

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
import pytest_asyncio
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.workspace.seed import PHONE_ROUTING, RITA
from tests.sandbox.slack_app import StandInHarness, bench
from tests.sandbox.test_slack_flow import form, option, plain, text_input

# One stand-in serves all of these: a refusal leaves nothing behind.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def b() -> AsyncIterator[StandInHarness]:
    async with bench() as made:
        yield made


async def refused(call: Awaitable[Any]) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        await call
    answer: dict[str, Any] = caught.value.response.data
    return answer


def section(text: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": plain(text), **more}


def button(action_id: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain("Press"), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def select(count: int, **more: Any) -> dict[str, Any]:
    options = [option(f"o{n}", f"v{n}") for n in range(count)]
    return {"type": "static_select", "action_id": "s", "options": options, **more}


TABLE: dict[str, Any] = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
NUMBER_INPUT: dict[str, Any] = {
    "type": "input",
    "label": plain("Weight"),
    "element": {"type": "number_input", "action_id": "w", "is_decimal_allowed": False},
}
CONFIRM = {"title": plain("Sure?"), "text": plain("x" * 301), "confirm": plain("Yes"), "deny": plain("No")}

BAD_MESSAGES: dict[str, list[dict[str, Any]]] = {
    "51 blocks": [section() for _ in range(51)],
    "an unknown block": [{"type": "fancy"}],
    "an unknown key": [section(colour="red")],
    "a section without words": [{"type": "section"}],
    "a text of 3001": [section("x" * 3001)],
    "an empty text": [section("")],
    "a field of 2001": [{"type": "section", "fields": [plain("x" * 2001)]}],
    "11 fields": [{"type": "section", "fields": [plain("x")] * 11}],
    "a header of 151": [{"type": "header", "text": plain("x" * 151)}],
    "a header in mrkdwn": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    "no actions": [actions()],
    "26 actions": [actions(*(button(f"a{n}") for n in range(26)))],
    "11 context elements": [{"type": "context", "elements": [plain("x")] * 11}],
    "a button's text of 76": [actions(button(text=plain("x" * 76)))],
    "a button's value of 2001": [actions(button(value="x" * 2001))],
    "a button without action_id": [actions({"type": "button", "text": plain("x")})],
    "an action_id of 256": [actions(button("x" * 256))],
    "a style unheard of": [actions(button(style="green"))],
    "the same action_id twice": [actions(button("a"), button("a"))],
    "the same block_id twice": [section(block_id="b"), section(block_id="b")],
    "101 options": [actions(select(101))],
    "an option's text of 76": [actions({**select(0), "options": [option("x" * 76, "v")]})],
    "an option's value of 151": [actions({**select(0), "options": [option("x", "v" * 151)]})],
    "an initial option not among them": [actions(select(2, initial_option=option("o9", "v9")))],
    "a confirm text of 301": [actions(button(confirm=CONFIRM))],
    "6 in an overflow": [actions({**select(6), "type": "overflow"})],
    "11 radio buttons": [actions({**select(11), "type": "radio_buttons"})],
    "a number input in a message": [NUMBER_INPUT],
    "an alert in a message": [{"type": "alert", "text": plain("x")}],
    "a multi-select among actions": [actions({**select(2), "type": "multi_static_select"})],
    "a table of 101 rows": [{**TABLE, "rows": TABLE["rows"] * 101}],
    "an image without alt_text": [{"type": "image", "image_url": "https://x.example/i.png"}],
    "a rich text leaf unheard of": [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "blink"}]}]}
    ],
}


@pytest.mark.parametrize("what", BAD_MESSAGES)
async def test_a_message_is_refused_for(b: StandInHarness, what: str) -> None:
    answer = await refused(b.client.chat_postMessage(channel=PHONE_ROUTING, text="x", blocks=BAD_MESSAGES[what]))
    assert answer["error"] == "invalid_blocks"
    assert "[json-pointer:/blocks" in answer["response_metadata"]["messages"][0]
    assert b.world.messages[PHONE_ROUTING] == []


ANSWER = text_input("Reason", "reason")
BAD_VIEWS: dict[str, dict[str, Any]] = {
    "a title of 25": form(title=plain("x" * 25)),
    "a submit of 25": form(submit=plain("x" * 25)),
    "an input without submit": form(ANSWER, submit=None),
    "101 blocks": form(*(section() for _ in range(101))),
    "metadata of 3001": form(private_metadata="x" * 3001),
    "a callback_id of 256": form(callback_id="x" * 256),
    "a table": form(TABLE),
    "the same block_id twice": form(ANSWER, ANSWER),
    "an unknown key": form(colour="red"),
    "two in focus": form(text_input("A", "a", focus_on_load=True), text_input("B", "b", focus_on_load=True)),
    "a home for a modal": {"type": "home", "blocks": []},
    "a size over 250 kB": form(*(section("ü" * 3000) for _ in range(20))),
    "an initial value over its max_length": form(text_input("A", "a", max_length=2, initial_value="abc")),
    "an input inside actions": form(actions({"type": "plain_text_input", "action_id": "a"})),
    "an input without label": form({"type": "input", "element": ANSWER["element"]}),
    "a number as a number": form({**NUMBER_INPUT, "element": {**NUMBER_INPUT["element"], "initial_value": 5}}),
}


@pytest.mark.parametrize("what", BAD_VIEWS)
async def test_a_view_is_refused_for(b: StandInHarness, what: str) -> None:
    trigger = b.slack.triggers.issue(RITA)
    answer = await refused(b.client.views_open(trigger_id=trigger, view=BAD_VIEWS[what]))
    assert answer["error"] == "invalid_arguments"
    assert "[json-pointer:/view" in answer["response_metadata"]["messages"][0]
    assert not b.slack.person("rita").has_view
