"""Whatever an app sends, the check answers with a refusal or with content; it never breaks."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack.block_kit.blocks import accept_message
from bot.sandbox.slack.block_kit.offers import accept_offer
from bot.sandbox.slack.block_kit.views import accept_view
from bot.sandbox.slack.block_kit.words import words_of
from bot.sandbox.slack.workspace.errors import SlackError
from tests.sandbox.test_slack_flow import CARD, NUMBER, RADIOS, form, option, plain, text_input
from tests.sandbox.test_slack_limits import NUMBER_INPUT, TABLE, select

RICH = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "x", "style": {"bold": True}}]},
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U1"}]}],
        },
    ],
}
MESSAGE: list[dict[str, Any]] = [*CARD, TABLE, RICH, {"type": "actions", "elements": [select(2)]}]
VIEW = form(NUMBER, RADIOS, NUMBER_INPUT, text_input("Reason", "reason", max_length=5), RICH)
OFFER = {"option_groups": [{"label": plain("Near"), "options": [option("o", "v")]}]}

words = st.sampled_from(["", "x", "plain_text", "mrkdwn", "button", "section", "rich_text", "x" * 200])
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "x"]), inner),
    max_leaves=5,
)


@st.composite
def spoiled(draw: st.DrawFn, whole: Any) -> Any:
    content = copy.deepcopy(whole)
    here, places = content, []
    while isinstance(here, (dict, list)) and here:
        key = draw(st.sampled_from(sorted(here) if isinstance(here, dict) else list(range(len(here)))))
        places.append((here, key))
        here = here[key]
    container, key = draw(st.sampled_from(places))
    container[key] = draw(junk)
    return content


@given(spoiled(MESSAGE))
def test_any_message_is_taken_or_refused(blocks: Any) -> None:
    try:
        kept = accept_message("x", blocks)
    except SlackError:
        return
    assert isinstance(words_of(kept), str)


@given(spoiled(VIEW))
def test_any_view_is_taken_or_refused(view: Any) -> None:
    try:
        kept = accept_view(view, kind="modal")
    except SlackError:
        return
    assert isinstance(words_of(kept["blocks"]), str)


@given(spoiled(OFFER))
def test_any_offer_is_taken_or_refused(offer: Any) -> None:
    try:
        accept_offer(offer)
    except SlackError:
        return


def test_rich_text_and_tables_are_read_line_by_line() -> None:
    assert words_of([RICH, TABLE]) == "x\n<U1>\nx"
