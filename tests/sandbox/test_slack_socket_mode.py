"""Socket Mode, by the real client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from tests.sandbox.slack_app import APP_TOKEN, BOT_TOKEN, StandInHarness, bench
from tests.sandbox.test_slack_flow import CARD


@pytest.fixture
async def b() -> AsyncIterator[StandInHarness]:
    async with bench(over_socket=True) as made:
        yield made


@asynccontextmanager
async def connected(b: StandInHarness, answer: Any = None) -> AsyncIterator[list[SocketModeRequest]]:
    taken: list[SocketModeRequest] = []

    async def take(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        taken.append(request)
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))

    web = AsyncWebClient(token=APP_TOKEN, base_url=f"{b.url}/api/")
    client: Any = SocketModeClient(app_token=APP_TOKEN, web_client=web, ping_interval=0.2)
    client.socket_mode_request_listeners.append(take)
    before = b.slack.socket_mode.connections
    await client.connect()
    await b.slack.until(lambda: b.slack.socket_mode.connections > before)
    try:
        yield taken
    finally:
        await client.disconnect()
        await client.close()


async def test_a_command_comes_in_an_envelope_and_its_answer_is_shown(b: StandInHarness) -> None:
    rita = b.slack.person("rita")
    async with connected(b, {"text": "Hello."}) as taken:
        assert await rita.command("phone-routing", "/route-number help")
    assert taken[0].type == "slash_commands"
    assert taken[0].payload["text"] == "help"
    assert rita.ephemeral("phone-routing")[0].text == "Hello."


async def test_one_of_several_connections_gets_each_envelope(b: StandInHarness) -> None:
    card = await b.client.chat_postMessage(channel=PHONE_ROUTING, text="card", blocks=CARD)
    alan = b.slack.person("alan")
    async with connected(b) as one, connected(b) as other:
        for _ in range(20):
            assert await alan.press("phone-routing", card["ts"], "approve")
        assert len(one) + len(other) == 20
        assert one
        assert other
        assert {request.type for request in one} == {"interactive"}


async def test_without_a_connection_the_command_fails_as_in_slack(b: StandInHarness) -> None:
    rita = b.slack.person("rita")
    assert not await rita.command("phone-routing", "/route-number")
    assert rita.notices == ['/route-number failed with the error "dispatch_failed"']


async def test_a_refreshed_connection_comes_back(b: StandInHarness) -> None:
    rita = b.slack.person("rita")
    async with connected(b) as taken:
        await b.slack.socket_mode.refresh()
        await b.slack.until(lambda: b.slack.socket_mode.connections == 1)
        assert await rita.command("phone-routing", "/route-number")
        assert taken


async def test_an_address_is_good_for_one_connection(b: StandInHarness) -> None:
    answer = await b.client.apps_connections_open(app_token=APP_TOKEN)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(answer["url"]) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await session.ws_connect(answer["url"])


async def test_only_an_app_token_opens_connections(b: StandInHarness) -> None:
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await b.client.apps_connections_open(app_token=BOT_TOKEN)
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await AsyncWebClient(token=APP_TOKEN, base_url=f"{b.url}/api/").auth_test()


async def test_a_missed_acknowledgement_is_told_to_the_person(b: StandInHarness) -> None:
    b.slack.ack_seconds = 0.1
    web = AsyncWebClient(token=APP_TOKEN, base_url=f"{b.url}/api/")
    client: Any = SocketModeClient(app_token=APP_TOKEN, web_client=web)
    await client.connect()
    rita = b.slack.person("rita")
    assert not await rita.command("phone-routing", "/route-number")
    assert rita.notices == ['/route-number failed with the error "operation_timeout"']
    await client.disconnect()
    await client.close()
