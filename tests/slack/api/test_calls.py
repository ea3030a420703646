"""The Web API's errors as one tree, and calls that nothing repeats behind the caller's back."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.slack.api.calls import (
    SlackError,
    SlackMisconfigured,
    SlackRateLimited,
    SlackRefused,
    SlackUnavailable,
    call,
    close_client,
    make_client,
)
from tests.slack.bot_harness import BotHarness
from tests.uponai.serving import Scripted, served

SECOND = timedelta(seconds=1)


@asynccontextmanager
async def client_at(url: str) -> AsyncIterator[AsyncWebClient]:
    client = make_client("xoxb-made-up", f"{url}/api/")
    try:
        yield client
    finally:
        await close_client(client)


async def post(bot_world: BotHarness, **arguments: Any) -> dict[str, Any]:
    given = {"channel": PHONE_ROUTING, "text": "Hello", **arguments}
    return await call(bot_world.client, "chat.postMessage", timeout=SECOND, **given)


@pytest.mark.parametrize(
    ("fault", "is_expected"),
    [
        (Fault("rate_limit", retry_after=7), lambda e: isinstance(e, SlackRateLimited) and e.retry_after == 7 * SECOND),
        (Fault("error_before"), lambda e: isinstance(e, SlackUnavailable) and e.was_sent),
        (Fault("lost_answer"), lambda e: isinstance(e, SlackUnavailable) and e.was_sent),
        (Fault("server_error"), lambda e: isinstance(e, SlackUnavailable) and e.was_sent),
        (Fault("slow", delay=3), lambda e: isinstance(e, SlackUnavailable) and e.was_sent),
        (
            Fault("error", code="token_revoked"),
            lambda e: isinstance(e, SlackMisconfigured) and e.error == "token_revoked",
        ),
        (Fault("error", code="is_archived"), lambda e: isinstance(e, SlackRefused) and e.error == "is_archived"),
        (Fault("error", code="internal_error"), lambda e: isinstance(e, SlackUnavailable)),
    ],
    ids=lambda value: f"{value.kind}-{value.code}" if isinstance(value, Fault) else "",
)
async def test_each_failure_is_its_own_error(
    bot_world: BotHarness, fault: Fault, is_expected: Callable[[SlackError], bool]
) -> None:
    bot_world.slack.faults.add(fault)
    with pytest.raises(SlackError) as caught:
        await post(bot_world)
    assert is_expected(caught.value), repr(caught.value)
    assert "xoxb" not in str(caught.value)


@pytest.mark.parametrize("kind", ["error_before", "lost_answer"])
async def test_g9_a_post_whose_answer_is_lost_is_not_repeated_by_itself(bot_world: BotHarness, kind: Any) -> None:
    await post(bot_world, text="First, for a connection that is kept")
    fault = bot_world.slack.faults.add(Fault(kind, methods=["chat.postMessage"], times=2))
    with pytest.raises(SlackUnavailable):
        await post(bot_world)
    assert fault.hits == 1


async def test_nobody_listening_means_that_nothing_was_sent() -> None:
    client = make_client("xoxb-made-up", "http://127.0.0.1:1/api/")
    try:
        with pytest.raises(SlackUnavailable) as caught:
            await call(client, "chat.postMessage", timeout=SECOND, channel="C1", text="x")
        assert not caught.value.was_sent
    finally:
        await close_client(client)


async def test_a_wrong_token_is_a_fault_of_the_installation(bot_world: BotHarness) -> None:
    client = make_client("xoxb-wrong", bot_world.client.base_url)
    try:
        with pytest.raises(SlackMisconfigured):
            await call(client, "auth.test", timeout=SECOND)
    finally:
        await close_client(client)


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "answer",
    [
        (200, b'{"ok": true, "channel": {"name": "night \\ud83d shift\\u0000"}}', JSON),
        (200, b'{"ok": false, "error": "night \\ud83d shift\\u0000"}', JSON),
    ],
)
async def test_what_no_database_can_store_is_replaced_in_answers(answer: tuple[int, bytes, dict[str, str]]) -> None:
    async with served(Scripted(answer)) as url, client_at(url) as client:
        try:
            said = (await call(client, "conversations.info", timeout=SECOND, channel="C1"))["channel"]["name"]
        except SlackRefused as error:
            said = error.error
    assert said == "night \ufffd shift\ufffd"


@pytest.mark.parametrize(
    "answer",
    [
        (200, b'{"ok": true, "name": "\xff\xfe"}', JSON),
        (200, b'"ok"', JSON),
        (200, b"[1]", JSON),
        (200, b"fine", {"Content-Type": "text/plain"}),
        (200, b"[" * 100_000, JSON),
    ],
)
async def test_an_answer_that_cannot_be_read_is_no_answer(answer: tuple[int, bytes, dict[str, str]]) -> None:
    async with served(Scripted(answer)) as url, client_at(url) as client:
        with pytest.raises(SlackUnavailable) as caught:
            await call(client, "chat.postMessage", timeout=SECOND, channel="C1", text="x")
    assert caught.value.was_sent


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("conversations.open", b'{"ok": true}'),
        ("conversations.open", b'{"ok": true, "channel": "D1"}'),
        ("chat.postMessage", b'{"ok": true, "ts": null}'),
        ("views.open", b'{"ok": true, "view": {"id": ""}}'),
        ("auth.test", b'{"ok": true, "bot_id": "B1", "team_id": "T1"}'),
    ],
)
async def test_an_answer_without_what_was_asked_for_is_no_answer(method: str, answer: bytes) -> None:
    arguments: dict[str, Any] = {
        "conversations.open": {"users": "U1"},
        "chat.postMessage": {"channel": "C1", "text": "x"},
        "views.open": {"trigger_id": "1", "view": {}},
    }
    async with served(Scripted((200, answer, JSON))) as url, client_at(url) as client:
        with pytest.raises(SlackUnavailable) as caught:
            await call(client, method, timeout=SECOND, **arguments.get(method, {}))
    assert caught.value.was_sent
