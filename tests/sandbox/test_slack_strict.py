"""What Slack refuses, the stand-in refuses, with Slack's codes."""

import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.workspace.errors import CannotDo
from bot.sandbox.slack.workspace.seed import ALAN, EVE, GUS, OLD_NUMBERS, PHONE_ROUTING, RANDOM, RITA
from tests.sandbox.slack_app import APP_TOKEN, StandInHarness, bench
from tests.sandbox.test_slack_flow import CARD, NUMBER, form, opened, option, plain
from tests.sandbox.test_slack_limits import ANSWER, TABLE, refused, section


class Clock:
    def __init__(self) -> None:
        # The client library refuses signatures that are older than five minutes.
        self.at = time.time()

    def __call__(self) -> float:
        return self.at


@pytest.fixture
async def b() -> AsyncIterator[StandInHarness]:
    async with bench() as made:
        yield made


async def code(call: Awaitable[Any]) -> str:
    return str((await refused(call))["error"])


async def test_a_message_has_its_whole_limits(b: StandInHarness) -> None:
    post = b.client.chat_postMessage
    assert await code(post(channel=PHONE_ROUTING, text="x" * 4001)) == "msg_too_long"
    assert await code(post(channel=PHONE_ROUTING, text="x", blocks=[section("x" * 2700)] * 5)) == "msg_blocks_too_long"
    empty = b.client.api_call("chat.postMessage", json={"channel": PHONE_ROUTING, "text": ""})
    assert await code(empty) == "no_text"
    assert await code(post(channel=PHONE_ROUTING, text="x", blocks=[TABLE, TABLE])) == "invalid_attachments"
    bad = {"event_type": "x"}
    assert await code(post(channel=PHONE_ROUTING, text="x", metadata=bad)) == "invalid_metadata_format"
    await post(channel=PHONE_ROUTING, text="x", blocks=[TABLE, *CARD])


async def test_a_trigger_works_once_and_for_three_seconds() -> None:
    clock = Clock()
    async with bench(now=clock) as b:
        first = b.slack.triggers.issue(RITA)
        clock.at += 2.9
        await b.client.views_open(trigger_id=first, view=form(ANSWER))
        assert await code(b.client.views_open(trigger_id=first, view=form(ANSWER))) == "exchanged_trigger_id"
        late = b.slack.triggers.issue(RITA)
        clock.at += 3.1
        assert await code(b.client.views_open(trigger_id=late, view=form(ANSWER))) == "expired_trigger_id"
        assert await code(b.client.views_open(trigger_id="1.2.3", view=form(ANSWER))) == "invalid_trigger_id"


async def test_views_stack_up_to_three(b: StandInHarness) -> None:
    await opened(b, form(ANSWER))
    rita = b.slack.person("rita")
    for _ in range(2):
        trigger = b.slack.triggers.issue(RITA, rita.view().id)
        await b.client.views_push(trigger_id=trigger, view=form(ANSWER))
    trigger = b.slack.triggers.issue(RITA, rita.view().id)
    assert await code(b.client.views_push(trigger_id=trigger, view=form(ANSWER))) == "push_limit_reached"
    assert rita.view().root_view_id == b.world.stack(RITA)[0].id


async def test_a_closed_view_is_not_found(b: StandInHarness) -> None:
    await opened(b, form(ANSWER))
    view = b.slack.person("rita").view()
    await b.slack.person("rita").close()
    assert await code(b.client.views_update(view_id=view.id, view=form(ANSWER))) == "not_found"


async def test_channels_answer_as_the_bot_may_know_them(b: StandInHarness) -> None:
    private = b.world.add_channel("secret", [RITA], kind="private")
    post = b.client.chat_postMessage
    assert await code(post(channel=RANDOM, text="x")) == "not_in_channel"
    assert await code(post(channel=OLD_NUMBERS, text="x")) == "is_archived"
    assert await code(post(channel=private.id, text="x")) == "channel_not_found"
    assert await code(post(channel="C0NOTHERE00", text="x")) == "channel_not_found"
    assert await code(b.client.conversations_info(channel=private.id)) == "channel_not_found"
    assert await code(b.client.conversations_history(channel=RANDOM)) == "not_in_channel"
    assert not (await b.client.conversations_info(channel=RANDOM))["channel"]["is_member"]
    assert (await b.client.conversations_info(channel=PHONE_ROUTING))["channel"]["is_ext_shared"]
    assert EVE in (await b.client.conversations_members(channel=PHONE_ROUTING))["members"]
    ephemeral = b.client.chat_postEphemeral(channel="C07SUPPORT2", user=EVE, text="x")
    assert await code(ephemeral) == "user_not_in_channel"


async def test_only_the_bots_own_messages_can_be_changed(b: StandInHarness) -> None:
    said = await b.slack.person("alan").say("phone-routing", "mine")
    assert await code(b.client.chat_update(channel=PHONE_ROUTING, ts=said.ts, text="x")) == "cant_update_message"
    assert await code(b.client.chat_delete(channel=PHONE_ROUTING, ts=said.ts)) == "cant_delete_message"
    assert await code(b.client.chat_update(channel=PHONE_ROUTING, ts="1.000001", text="x")) == "message_not_found"


async def test_tokens_methods_and_scopes_are_checked(b: StandInHarness) -> None:
    def client(token: str) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=f"{b.url}/api/")

    assert await code(client("").auth_test()) == "not_authed"
    assert await code(client("xoxb-wrong").auth_test()) == "invalid_auth"
    assert await code(client(APP_TOKEN).users_info(user=RITA)) == "not_allowed_token_type"
    assert await code(b.client.api_call("chat.shout")) == "unknown_method"
    b.world.app.scopes.remove("channels:history")
    answer = await refused(b.client.conversations_history(channel=PHONE_ROUTING))
    assert answer["error"] == "missing_scope"
    assert answer["needed"] == "channels:history"
    assert "chat:write" in answer["provided"]
    assert await code(b.client.team_info()) == "missing_scope"
    told = await b.client.auth_test()
    assert told.headers["x-oauth-scopes"].split(",") == b.world.app.scopes
    assert told["team_id"] == b.world.team.id


async def test_tokens_are_never_kept(b: StandInHarness) -> None:
    await b.client.auth_test()
    await b.client.api_call("auth.test", data={"token": b.client.token})
    kept = str(list(b.slack.recorder.requests))
    assert str(b.client.token) not in kept
    assert {request.token for request in b.slack.recorder.requests} == {"bot token"}


async def test_people_are_told_as_what_they_are(b: StandInHarness) -> None:
    async def shown(user: str) -> dict[str, Any]:
        answer: dict[str, Any] = (await b.client.users_info(user=user))["user"]
        return answer

    assert not (await shown(ALAN))["is_restricted"]
    assert (await shown(GUS))["is_restricted"]
    assert (await shown(EVE))["is_stranger"]
    assert (await shown(EVE))["team_id"] != b.world.team.id
    assert (await shown(b.world.app.bot_user_id))["is_bot"]
    b.world.users[ALAN].deleted = True
    assert (await shown(ALAN))["deleted"]
    assert await code(b.client.users_info(user="U0NOBODY")) == "user_not_found"


async def test_a_type_ahead_is_held_to_its_limits(b: StandInHarness) -> None:
    await opened(b, form(NUMBER))
    rita = b.slack.person("rita")
    offers: list[dict[str, Any]] = [
        {"options": [option(f"o{n}", f"v{n}") for n in range(101)]},
        {"options": [option("x" * 76, "v")]},
        {"options": [option("x", "v" * 151)]},
        {"options": [], "option_groups": []},
    ]
    for offer in offers:
        b.app.on("block_suggestion", offer)
        with pytest.raises(CannotDo):
            await rita.look_up("Number", "x")
    b.app.on("block_suggestion", {"option_groups": [{"label": plain("Near"), "options": [option("o", "v")]}]})
    assert await rita.look_up("Number", "x") == ["o"]
