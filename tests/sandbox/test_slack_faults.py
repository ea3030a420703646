"""Faults on demand, missed acknowledgements, response URLs and the snapshot."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.app import SlackStandIn
from bot.sandbox.slack.delivery.response_urls import LIFETIME_SECONDS
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING, demo_world
from tests.sandbox.slack_app import APP_TOKEN, BOT_TOKEN, SECRET, StandInHarness, bench
from tests.sandbox.test_slack_flow import CARD, form, opened, text_input
from tests.sandbox.test_slack_strict import Clock


@pytest.fixture
async def b() -> AsyncIterator[StandInHarness]:
    async with bench() as made:
        made.client.retry_handlers.clear()
        yield made


async def test_a_rate_limit_hits_its_method_as_often_as_told(b: StandInHarness) -> None:
    b.slack.faults.add(Fault("rate_limit", methods=["chat.postMessage"], times=1, retry_after=7))
    await b.client.auth_test()
    with pytest.raises(SlackApiError) as caught:
        await b.client.chat_postMessage(channel=PHONE_ROUTING, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    await b.client.chat_postMessage(channel=PHONE_ROUTING, text="x")
    assert len(b.world.messages[PHONE_ROUTING]) == 1


async def test_a_lost_answer_has_done_its_work(b: StandInHarness) -> None:
    b.slack.faults.add(Fault("lost_answer", methods=["chat.postMessage"], times=1))
    with pytest.raises(aiohttp.ClientError):
        await b.client.chat_postMessage(channel=PHONE_ROUTING, text="x")
    assert len(b.world.messages[PHONE_ROUTING]) == 1


async def test_while_it_is_down_nothing_is_done(b: StandInHarness) -> None:
    b.slack.faults.switch("down", on=True)
    with pytest.raises(aiohttp.ClientError):
        await b.client.chat_postMessage(channel=PHONE_ROUTING, text="x")
    assert b.world.messages[PHONE_ROUTING] == []
    b.slack.faults.switch("down", on=False)
    await b.client.chat_postMessage(channel=PHONE_ROUTING, text="x")


async def test_a_server_error_may_come_after_the_work(b: StandInHarness) -> None:
    b.slack.faults.add(Fault("server_error", times=1))
    with pytest.raises(SlackApiError):
        await b.client.chat_postMessage(channel=PHONE_ROUTING, text="x")
    assert len(b.world.messages[PHONE_ROUTING]) == 1


async def test_a_deleted_card_is_not_found_and_leaves_its_thread(b: StandInHarness) -> None:
    card = await b.client.chat_postMessage(channel=PHONE_ROUTING, text="card")
    await b.client.chat_postMessage(channel=PHONE_ROUTING, text="reply", thread_ts=card["ts"])
    await b.client.chat_delete(channel=PHONE_ROUTING, ts=card["ts"])
    with pytest.raises(SlackApiError, match="message_not_found"):
        await b.client.chat_update(channel=PHONE_ROUTING, ts=card["ts"], text="x")
    shown = await b.client.conversations_replies(channel=PHONE_ROUTING, ts=card["ts"])
    assert [message.get("subtype") for message in shown["messages"]] == ["tombstone", None]


async def test_an_answer_to_a_message_that_is_gone_without_a_trace_stands_in_the_channel(b: StandInHarness) -> None:
    card = await b.client.chat_postMessage(channel=PHONE_ROUTING, text="card")
    await b.client.chat_delete(channel=PHONE_ROUTING, ts=card["ts"])
    reply = await b.client.chat_postMessage(channel=PHONE_ROUTING, text="reply", thread_ts=card["ts"])
    assert "thread_ts" not in reply["message"]
    history = await b.client.conversations_history(channel=PHONE_ROUTING)
    assert [message["text"] for message in history["messages"]] == ["reply"]


async def test_an_app_that_is_too_slow_is_given_up_on(b: StandInHarness) -> None:
    b.slack.ack_seconds = 0.1

    async def dawdle(_body: dict[str, Any]) -> None:
        await asyncio.sleep(0.5)

    for kind in ("command", "block_actions"):
        b.app.on(kind, dawdle)
    rita = b.slack.person("rita")
    assert not await rita.command("phone-routing", "/route-number")
    assert rita.notices == ['/route-number failed with the error "operation_timeout"']
    card = await b.client.chat_postMessage(channel=PHONE_ROUTING, text="card", blocks=CARD)
    assert not await rita.press("phone-routing", card["ts"], "approve")
    assert rita.notices[-1] == "Operation timed out. Apps need to respond within 3 seconds."


async def test_a_form_stays_open_when_the_app_fails(b: StandInHarness) -> None:
    await opened(b, form(text_input("Reason", "reason", initial_value="x")))
    rita = b.slack.person("rita")
    b.app.status = 500
    assert await rita.submit() == {"ok": False, "notice": "We had some trouble connecting. Try again?"}
    assert rita.value("Reason") == "x"
    b.app.status = 200
    assert await rita.submit() == {"ok": True}


async def test_an_app_that_is_not_there_gets_nothing(b: StandInHarness) -> None:
    b.slack.request_url = "http://127.0.0.1:9/slack/events"
    rita = b.slack.person("rita")
    assert not await rita.command("phone-routing", "/route-number")
    assert rita.notices == ['/route-number failed with the error "dispatch_failed"']


async def test_a_response_url_works_five_times_within_half_an_hour() -> None:
    clock = Clock()
    async with bench(now=clock) as b, httpx.AsyncClient(trust_env=False) as client:
        rita = b.slack.person("rita")
        await rita.command("phone-routing", "/route-number")
        address = b.app.last("command")["response_url"]
        for _ in range(5):
            assert (await client.post(address, json={"text": "done"})).status_code == 200
        assert (await client.post(address, json={"text": "done"})).json()["error"] == "used_url"
        assert len(rita.ephemeral("phone-routing")) == 5
        await rita.command("phone-routing", "/route-number")
        clock.at += LIFETIME_SECONDS + 1
        late = await client.post(b.app.last("command")["response_url"], json={"text": "done"})
        assert late.json()["error"] == "expired_url"


async def test_a_snapshot_brings_the_messages_back(tmp_path: Path) -> None:
    def stand_in() -> SlackStandIn:
        return SlackStandIn(
            bot_token=BOT_TOKEN,
            app_token=APP_TOKEN,
            signing_secret=SECRET,
            request_url=None,
            world=demo_world(),
            snapshot=tmp_path / "slack.json",
        )

    first = stand_in()
    said = await first.person("rita").say("phone-routing", "remember me")
    async with asyncio.timeout(30):
        while not (tmp_path / "slack.json").exists():  # noqa: ASYNC110  A file gives no event.
            await asyncio.sleep(0.02)
    again = stand_in()
    assert again.person("alan").messages("phone-routing")[0] == said
    await first.close()
    await again.close()
