"""A command, a form, a card and its buttons, through the real client library."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.workspace.errors import CannotDo
from bot.sandbox.slack.workspace.seed import ALAN, BOT, PHONE_ROUTING
from tests.sandbox.slack_app import StandInHarness, bench


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(text: str, value: str) -> dict[str, Any]:
    return {"text": plain(text), "value": value}


def text_input(label: str, block_id: str, **more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "typed", **more}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element}


def form(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("Route a number"), "submit": plain("Ask"), "blocks": list(blocks), **more}


RADIOS = {
    "type": "input",
    "block_id": "inbound",
    "label": plain("Inbound calls"),
    "dispatch_action": True,
    "element": {
        "type": "radio_buttons",
        "action_id": "mode",
        "options": [option("Keep as is", "keep"), option("One agent", "one")],
        "initial_option": option("Keep as is", "keep"),
    },
}
NUMBER = {
    "type": "input",
    "block_id": "number",
    "label": plain("Number"),
    "element": {"type": "external_select", "action_id": "which", "min_query_length": 0},
}


@pytest.fixture
async def b() -> AsyncIterator[StandInHarness]:
    async with bench() as made:
        yield made


async def opened(b: StandInHarness, view: dict[str, Any]) -> dict[str, Any]:
    async def answer(body: dict[str, Any]) -> None:
        await b.client.views_open(trigger_id=body["trigger_id"], view=view)

    b.app.on("command", answer)
    assert await b.slack.person("Rita Vogel").command("phone-routing", "/route-number +1 206 555 0100")
    return b.app.last("command")


async def test_a_command_brings_all_its_fields_and_opens_a_form(b: StandInHarness) -> None:
    command = await opened(b, form(text_input("Reason", "reason")))
    rita = b.slack.person("rita")
    assert command["text"] == "+1 206 555 0100"
    assert command["channel_id"] == PHONE_ROUTING
    assert command["channel_name"] == "phone-routing"
    assert command["user_id"] == rita.id
    assert command["is_enterprise_install"] == "false"
    assert rita.labels() == ["Reason"]


async def test_a_form_is_filled_by_labels_and_submitted_whole(b: StandInHarness) -> None:
    await opened(b, form(NUMBER, RADIOS, text_input("Reason", "reason", multiline=True)))
    rita = b.slack.person("rita")
    b.app.on("block_suggestion", {"options": [option("+1 206 555 0100", "n1"), option("+1 206 555 0199", "n2")]})
    await rita.fill("Number", "+1 206 555 0199")
    assert b.app.last("block_suggestion")["value"] == "+1 206 555 0199"
    await rita.fill("Inbound calls", "One agent")
    action = b.app.last("block_actions")
    assert action["actions"][0]["selected_option"]["value"] == "one"
    assert action["view"]["state"]["values"]["number"]["which"]["selected_option"]["value"] == "n2"
    assert action["view"]["state"]["values"]["reason"]["typed"] == {"type": "plain_text_input", "value": None}
    assert await rita.submit() == {"ok": False, "errors": {"reason": "Please complete this required field."}}
    await rita.fill("Reason", "Holiday")
    assert await rita.click("Ask")
    submitted = b.app.last("view_submission")["view"]["state"]["values"]
    assert submitted["reason"]["typed"]["value"] == "Holiday"
    assert not rita.has_view


async def test_entries_survive_an_update_and_ignore_new_initial_values(b: StandInHarness) -> None:
    await opened(b, form(text_input("Reason", "reason")))
    rita = b.slack.person("rita")
    await rita.fill("Reason", "Mine")
    view = rita.view()
    updated = form(text_input("Reason", "reason", initial_value="Theirs"), text_input("New", "new", initial_value="x"))
    await b.client.views_update(view_id=view.id, hash=view.hash, view=updated)
    assert rita.value("Reason") == "Mine"
    assert rita.value("New") == "x"
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await b.client.views_update(view_id=view.id, hash="1.old", view=updated)


async def test_gaps_in_the_state_can_be_had_on_demand(b: StandInHarness) -> None:
    await opened(b, form(text_input("Reason", "reason", initial_value="x")))
    rita = b.slack.person("rita")
    b.world.has_state_gaps = True
    more = form(text_input("Reason", "reason"), text_input("New", "new", initial_value="y"))
    await b.client.views_update(view_id=rita.view().id, view=more)
    await rita.submit()
    assert set(b.app.last("view_submission")["view"]["state"]["values"]) == {"reason"}
    await opened(b, form(text_input("Reason", "reason", initial_value="x")))
    await b.client.views_update(view_id=rita.view().id, view=more)
    await rita.fill("New", "z")
    await rita.submit()
    assert set(b.app.last("view_submission")["view"]["state"]["values"]) == {"reason", "new"}


async def test_errors_stand_at_their_fields_and_must_name_inputs(b: StandInHarness) -> None:
    await opened(b, form(text_input("Reason", "reason", initial_value="x")))
    rita = b.slack.person("rita")
    b.app.on("view_submission", {"response_action": "errors", "errors": {"reason": "Say more."}})
    assert (await rita.submit())["errors"] == {"reason": "Say more."}
    assert rita.errors() == {"Reason": "Say more."}
    b.app.on("view_submission", {"response_action": "errors", "errors": {"elsewhere": "Say more."}})
    assert (await rita.submit())["notice"] == "We had some trouble connecting. Try again?"
    assert rita.has_view


async def test_views_are_pushed_and_updated_by_an_answer(b: StandInHarness) -> None:
    await opened(b, form(text_input("Reason", "reason", initial_value="x")))
    rita = b.slack.person("rita")
    b.app.on("view_submission", {"response_action": "push", "view": form(text_input("Second", "s", initial_value="y"))})
    await rita.submit()
    assert rita.labels() == ["Second"]
    b.app.on("view_submission", {"response_action": "update", "view": form(text_input("Third", "t"))})
    await rita.submit()
    assert rita.labels() == ["Third"]
    await rita.close()
    assert rita.labels() == ["Reason"]
    b.app.on("view_submission", {"response_action": "clear"})
    await rita.submit()
    assert not rita.has_view


CARD: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*RN-1*"}},
    {
        "type": "actions",
        "elements": [{"type": "button", "action_id": "approve", "text": plain("Approve"), "value": "RN-1"}],
    },
]


async def test_a_press_on_a_card_brings_who_where_and_what(b: StandInHarness) -> None:
    metadata = {"event_type": "route_number", "event_payload": {"change": "RN-1", "fact": "f1"}}
    posted = await b.client.chat_postMessage(channel=PHONE_ROUTING, text="RN-1 pending", blocks=CARD, metadata=metadata)
    alan = b.slack.person("Alan Brooks")
    assert await alan.press("phone-routing", posted["ts"], "approve")
    pressed = b.app.last("block_actions")
    assert pressed["user"] == {"id": ALAN, "username": "alan", "name": "alan", "team_id": b.world.team.id}
    assert pressed["container"]["message_ts"] == posted["ts"]
    assert pressed["channel"] == {"id": PHONE_ROUTING, "name": "phone-routing"}
    assert pressed["actions"][0]["value"] == "RN-1"
    assert pressed["message"]["blocks"][0]["block_id"]
    history = await b.client.conversations_history(channel=PHONE_ROUTING, include_all_metadata=True)
    assert history["messages"][0]["metadata"] == metadata
    await b.client.chat_update(channel=PHONE_ROUTING, ts=posted["ts"], text="RN-1 approved")
    with pytest.raises(CannotDo):
        await alan.press("phone-routing", posted["ts"], "approve")


async def test_threads_hold_their_replies(b: StandInHarness) -> None:
    card = await b.client.chat_postMessage(channel=PHONE_ROUTING, text="card")
    reply = await b.client.chat_postMessage(channel=PHONE_ROUTING, text="reply", thread_ts=card["ts"])
    thread = await b.client.conversations_replies(channel=PHONE_ROUTING, ts=card["ts"])
    assert [message["ts"] for message in thread["messages"]] == [card["ts"], reply["ts"]]
    history = await b.client.conversations_history(channel=PHONE_ROUTING)
    assert [message["reply_count"] for message in history["messages"]] == [1]


async def test_ephemeral_messages_are_seen_by_one_person(b: StandInHarness) -> None:
    await b.client.chat_postEphemeral(channel=PHONE_ROUTING, user=ALAN, text="Only you")
    assert [message.text for message in b.slack.person("alan").ephemeral("phone-routing")] == ["Only you"]
    assert b.slack.person("rita").messages("phone-routing") == []


async def test_a_command_may_answer_in_its_acknowledgement(b: StandInHarness) -> None:
    b.app.on("command", {"response_type": "ephemeral", "text": "Nothing is pending."})
    rita = b.slack.person("rita")
    assert await rita.command("phone-routing", "/route-number pending")
    assert [message.text for message in rita.ephemeral("phone-routing")] == ["Nothing is pending."]


async def test_a_direct_message_reaches_one_person(b: StandInHarness) -> None:
    channel = (await b.client.conversations_open(users=ALAN))["channel"]["id"]
    await b.client.chat_postMessage(channel=channel, text="For you")
    assert [message.text for message in b.slack.person("alan").messages("app")] == ["For you"]
    assert b.world.message(channel, b.world.messages[channel][0].ts) is not None
    assert b.world.channels[channel].members == sorted([ALAN, BOT])


async def test_a_home_is_published_when_it_is_opened(b: StandInHarness) -> None:
    async def answer(body: dict[str, Any]) -> None:
        assert body["event"]["type"] == "app_home_opened"
        home = {"type": "home", "blocks": [{"type": "header", "text": plain("Routing")}]}
        await b.client.views_publish(user_id=body["event"]["user"], view=home)

    b.app.on("event_callback", answer)
    home = await b.slack.person("rita").open_home()
    assert home is not None
    assert home.content["blocks"][0]["text"]["text"] == "Routing"
