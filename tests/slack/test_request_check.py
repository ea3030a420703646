"""The contract: signed requests that make no sense get 400, and what may be of an older release gets none."""

from typing import Any

import pytest
from pydantic import ValidationError

from bot.service.context import Actor
from bot.slack.listeners.buttons import VERBS
from bot.slack.messages import card
from bot.slack.messages import thread_buttons as thread
from bot.slack.payload_parts import Place
from bot.slack.payloads import BlockActions
from bot.slack.request_check import parse
from tests.slack.bot_harness import BotHarness

USER = {"id": "U1", "team_id": "T1"}
META = '{"channel_id": "C1", "submission_key": "k"}'
FORM = {"id": "V1", "callback_id": "route_number", "private_metadata": META}
DENY = {"id": "V1", "callback_id": "deny", "private_metadata": "RN-1", "state": {"values": {"reason": {"reason": {}}}}}
COMMAND = {"command": "/route-number", "team_id": "T1", "user_id": "U1", "channel_id": "C1", "trigger_id": "1.2"}
APPROVE = {"action_id": card.APPROVE, "block_id": "b", "type": "button", "value": "RN-1"}
HOME = {
    "type": "event_callback",
    "team_id": "T1",
    "event": {"type": "app_home_opened", "user": "U1", "tab": "home"},
}
MOVE = {"action_id": thread.MOVE, "block_id": "move:RN-1", "selected_conversation": "C1"}


def acted(action: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"type": "block_actions", "user": USER, "team": {"id": "T1"}, "actions": [action], **rest}


def submitted(view: Any, **rest: Any) -> dict[str, Any]:
    return {"type": "view_submission", "user": USER, "team": {"id": "T1"}, "view": view, **rest}


def suggested(**rest: Any) -> dict[str, Any]:
    return {"type": "block_suggestion", "user": USER, "action_id": "form.number", "block_id": "number.1", **rest}


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "body",
    [
        {**COMMAND, "command": "/other"},
        {**COMMAND, "text": 5},
        {**COMMAND, "user_id": ""},
        {**COMMAND, "response_url": []},
        submitted({}),
        submitted({"id": "V1"}),
        submitted({**FORM, "id": ""}),
        submitted({**FORM, "id": 5}),
        submitted({**FORM, "callback_id": 5}),
        submitted({**FORM, "private_metadata": "{"}),
        submitted({**FORM, "private_metadata": ""}),
        submitted({**FORM, "private_metadata": "[]"}),
        submitted({**FORM, "private_metadata": "{}"}),
        submitted({**FORM, "blocks": [1]}),
        submitted({**FORM, "state": {"values": {"inbound": 1}}}),
        submitted({**DENY, "private_metadata": "nonsense"}),
        submitted({**DENY, "state": {}}),
        submitted(FORM, team="x"),
        submitted(FORM, user={"id": "U1"}, team=None),
        acted({**APPROVE, "value": 7}),
        acted({**APPROVE, "value": None}),
        acted({**APPROVE, "value": "nonsense"}),
        acted({**APPROVE, "action_id": 5}),
        acted({"type": "button"}),
        acted({**MOVE, "block_id": "move:"}),
        acted({**MOVE, "block_id": 5}),
        acted({**MOVE, "selected_conversation": {}}),
        acted(APPROVE, team="x"),
        acted(APPROVE, channel="C1"),
        acted(APPROVE, container="x"),
        acted(APPROVE, container={"channel_id": 5}),
        acted(APPROVE, message=[1]),
        acted(APPROVE, trigger_id=5),
        acted(APPROVE, response_url=5),
        acted(APPROVE, view={}),
        acted(APPROVE, user={"id": "U1", "team_id": 5}),
        acted({"action_id": "form.choice", "block_id": "inbound"}),
        acted({"action_id": "form.choice", "block_id": "inbound"}, view={**FORM, "private_metadata": "x"}),
        acted({"action_id": "form.remove", "block_id": "remove.r1"}, view=FORM),
        acted({"action_id": "form.withdraw", "block_id": "withdraw", "value": "RN-1"}),
        acted({"action_id": "form.withdraw", "block_id": "withdraw", "value": "nonsense"}, view=FORM),
        acted({"action_id": "form.withdraw", "block_id": "withdraw"}, view=FORM),
        suggested(action_id="unheard-of"),
        suggested(value=5),
        suggested(block_id=None),
        suggested(user={"id": 5}),
        suggested(user=None),
        {"type": ["block_actions"]},
        {"type": "view_closed", "user": USER, "view": "V1"},
        {"type": "shortcut", "user": "U1"},
        {"type": "event_callback", "event": {}},
        {"type": "event_callback", "event": {"type": "app_home_opened", "tab": "home"}},
    ],
)
def test_what_slack_cannot_send_makes_no_sense(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        parse(body)


async def test_g8_what_makes_no_sense_is_refused_and_breaks_nothing(bot_world: BotHarness) -> None:
    for body in (
        {**COMMAND, "command": "/other"},
        submitted({}),
        acted({**APPROVE, "value": 7}),
        acted(APPROVE, team="x"),
        suggested(action_id="unheard-of"),
    ):
        answer = await bot_world.app.handle(body)
        assert (answer.status, answer.body) == (400, "bad request")


async def test_g8_what_is_nested_very_deeply_breaks_nothing(bot_world: BotHarness) -> None:
    answer = await bot_world.app.handle(
        {"type": "event_callback", "event": {"type": "message", "blocks": nested(5000)}}
    )
    # Nobody looks into an event that the bot does not know; the door refuses it before that.
    assert (answer.status, answer.body) == (200, "")


@pytest.mark.parametrize(
    "body",
    [
        COMMAND,
        submitted(FORM),
        submitted(DENY),
        submitted({"id": "V1", "callback_id": "of-an-older-release"}),
        submitted(FORM, team=None),
        submitted(FORM, user={"id": "U1"}),
        acted(APPROVE, channel={"id": "C1"}, container={"channel_id": "C1"}, message={"ts": "1.2"}),
        acted(MOVE),
        acted({"action_id": "of-an-older-release", "block_id": "b"}),
        acted({"action_id": "form.choice", "block_id": "inbound"}, view=FORM),
        acted({"action_id": "form.withdraw", "block_id": "withdraw", "value": "RN-1"}, view=FORM),
        suggested(),
        {"type": "view_closed", "user": USER, "view": {}},
        {"type": "event_callback", "event": {"type": "unheard_of"}},
    ],
)
def test_what_slack_can_send_makes_sense(body: dict[str, Any]) -> None:
    parse(body)


@pytest.mark.parametrize(
    ("body", "team_id", "origin"),
    [
        (COMMAND, "T1", "slack:command"),
        (acted(APPROVE), "T1", "slack:button"),
        (acted(APPROVE, user={"id": "U1"}, team={"id": "T2"}), "T2", "slack:button"),
        (acted(APPROVE, team={"id": "T2"}), "T1", "slack:button"),
        (acted({"action_id": "form.withdraw", "value": "RN-1"}, view=FORM), "T1", "slack:modal"),
        (submitted(FORM), "T1", "slack:modal"),
        (suggested(), "T1", "slack:modal"),
        ({"type": "view_closed", "user": USER, "view": {}}, "T1", "slack:modal"),
        (HOME, "T1", "slack:home"),
    ],
)
def test_every_payload_says_who_did_it_and_from_where(body: dict[str, Any], team_id: str, origin: str) -> None:
    assert parse(body).actor == Actor(team_id, "U1", origin)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({**COMMAND, "response_url": "https://far"}, Place("C1", "U1", None, "https://far")),
        (acted(APPROVE, channel={"id": "C2"}, container={"channel_id": "C1"}), Place("C2", "U1")),
        (acted(APPROVE, container={"channel_id": "C1"}), Place("C1", "U1")),
        (acted({"action_id": "form.choice", "block_id": "inbound"}, view=FORM), Place("C1", "U1")),
        (acted(APPROVE), None),
        (submitted(DENY), None),
        (HOME, None),
    ],
)
def test_every_payload_says_where_its_answer_is_read(body: dict[str, Any], place: Place | None) -> None:
    assert parse(body).place == place


@pytest.mark.parametrize("action_id", VERBS)
def test_every_button_has_to_name_its_change(action_id: str) -> None:
    pressed = parse(acted({"action_id": action_id, "block_id": "b:RN-12"}))
    assert isinstance(pressed, BlockActions)
    assert pressed.action.change_id == 12
    with pytest.raises(ValidationError):
        parse(acted({"action_id": action_id, "block_id": "b"}))
