"""Bolt: a request goes to its listener by its id, as Bolt's own search would choose."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_bolt.authorization import AuthorizeResult

from bot.slack.bolt import BoltApp
from bot.slack.payloads import Event
from bot.slack.request_check import parse


async def _authorize() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_user_id="U0", bot_id="B0", bot_token="xoxb-1")


async def test_of_two_listeners_with_one_name_the_first_is_taken_as_by_bolt() -> None:
    app = BoltApp(name="app", authorize=_authorize, request_verification_enabled=False)
    taken: list[str] = []

    async def first(parsed: Event) -> None:
        taken.append(f"first {parsed.event.tab}")

    async def second() -> None:
        taken.append("second")

    app.event("app_home_opened")(first)
    app.event("app_home_opened")(second)
    body = {"type": "event_callback", "event": {"type": "app_home_opened", "user": "U1", "tab": "home"}}
    answer = await app.answer(body, parse(body))
    assert (answer.status, answer.body, taken) == (200, "", ["first home"])


async def test_a_listener_of_a_pattern_or_with_other_arguments_is_left_to_bolt() -> None:
    app = BoltApp(name="app", authorize=_authorize, request_verification_enabled=False, process_before_response=True)
    taken: list[Any] = []

    async def by_pattern(ack: AsyncAck) -> None:
        taken.append("pattern")
        await ack()

    async def by_body(ack: AsyncAck, body: dict[str, Any]) -> None:
        taken.append(body["actions"][0]["action_id"])
        await ack()

    app.action(re.compile("old"))(by_pattern)
    app.action("whole")(by_body)
    for action_id in ("an-old-one", "whole"):
        action = {"action_id": action_id, "block_id": "b", "type": "button"}
        body = {
            "type": "block_actions",
            "user": {"id": "U1", "team_id": "T1"},
            "team": {"id": "T1"},
            "actions": [action],
        }
        assert (await app.answer(body, parse(body))).status == 200
    assert taken == ["pattern", "whole"]
