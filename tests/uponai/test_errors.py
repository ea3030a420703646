"""One test for each way in which a call can fail, over the table of uponai's statuses and over real sockets."""

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bot.domain.assignment import Assignment, Field, WeightedAgent
from bot.sandbox.uponai import seed
from bot.sandbox.uponai.app import UponAIStandIn
from bot.uponai.client import UponAIClient
from bot.uponai.errors import (
    Forbidden,
    OutcomeUnknown,
    Refused,
    Unauthorized,
    Unavailable,
    UnexpectedReply,
    UponAIError,
)
from tests.uponai.serving import TOKEN, Scripted, client_of, key, served, stand_in

NUMBER = "+14155550123"
WEBHOOK = "https://user:zq1-pw@hooks.example.com/x?token=zq1-query"
PATCH = Assignment(inbound=(WeightedAgent(seed.SUPPORT, 6),), webhook_url=WEBHOOK).patch_to(
    [Field.INBOUND, Field.WEBHOOK]
)


async def put_to(app: Scripted) -> UponAIError:
    client = client_of(app)
    with pytest.raises(UponAIError) as raised:
        await client.put_assignment(key(NUMBER), PATCH)
    await client.aclose()
    assert len(app.asked) == 1, "a write is never repeated"
    return raised.value


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorized), (403, Forbidden)])
async def test_unauthorized_and_forbidden_name_the_setting(status: int, kind: type[UponAIError]) -> None:
    error = await put_to(Scripted((status, b"{}")))
    assert type(error) is kind
    assert "UPONAI_API_TOKEN" in str(error)


@pytest.mark.parametrize("status", [400, 404, 409, 422, 415])
async def test_refused_shows_their_message(status: int) -> None:
    error = await put_to(Scripted((status, b'{"message": "Not\\n today."}')))
    assert isinstance(error, Refused)
    assert (error.status, error.message) == (status, "Not today.")
    assert "Not today." in str(error)


@pytest.mark.parametrize("body", [b"<html>no</html>", b"", b'{"message": null}', b"[1]", b"[" * 100_000])
async def test_refused_without_a_message(body: bytes) -> None:
    error = await put_to(Scripted((422, body)))
    assert isinstance(error, Refused)
    assert str(error) == "UponAI refused this (422) and gave no reason."


async def test_g6_a_200_without_success_is_refused() -> None:
    error = await put_to(Scripted((200, b'{"success": false, "message": "Busy."}')))
    assert isinstance(error, Refused)
    assert error.message == "Busy."


async def test_a_redirect_is_not_followed() -> None:
    error = await put_to(Scripted((308, b"", {"Location": "http://elsewhere.test/"})))
    assert isinstance(error, Refused)
    assert "UPONAI_API_URL" in str(error)


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("0.5", 0.5), ("-3", 0), ("999999999", 3600), ("soon", None)]
)
async def test_g6_too_many_requests_were_not_applied_and_say_when_again(header: str, seconds: float | None) -> None:
    error = await put_to(Scripted((429, b"", {"Retry-After": header})))
    assert isinstance(error, Unavailable)
    assert error.retry_after == (None if seconds is None else timedelta(seconds=seconds))


async def test_retry_after_as_a_date() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    error = await put_to(Scripted((429, b"", {"Retry-After": at})))
    assert isinstance(error, Unavailable)
    assert error.retry_after is not None
    assert timedelta(seconds=25) < error.retry_after <= timedelta(seconds=30)


@pytest.mark.parametrize(
    "answer",
    [
        (408, b"{}"),
        (500, b"{}"),
        (503, b"{}"),
        (200, b'{"success": true, '),
        (200, b"[]"),
        (200, b'{"weight": NaN}'),
        (204, b""),
        (303, b""),
        (200, b'{"success": true, "x": "' + b"x" * 1024 * 1024 + b'"}'),
        (200, b"no gzip", {"Content-Encoding": "gzip"}),
    ],
)
async def test_g6_these_answers_leave_the_outcome_unknown(
    answer: tuple[int, bytes] | tuple[int, bytes, dict[str, str]],
) -> None:
    assert isinstance(await put_to(Scripted(answer)), OutcomeUnknown)


@pytest.fixture
async def uponai() -> UponAIStandIn:
    return stand_in()


@pytest.fixture
async def client(uponai: UponAIStandIn) -> AsyncIterator[UponAIClient]:
    async with served(uponai.app) as address:
        found = client_of(base_url=address, seconds=0.5)
        yield found
        await found.aclose()


def is_applied(uponai: UponAIStandIn) -> bool:
    return bool(uponai.account.numbers[NUMBER]["inbound_agent_id"] == seed.SUPPORT)


@pytest.mark.parametrize(
    ("fault", "applied"), [("lost_answer", True), ("lost_before", False), ("unreadable", True), ("error", False)]
)
async def test_g6_a_lost_answer_is_no_failure(
    uponai: UponAIStandIn, client: UponAIClient, fault: str, applied: bool
) -> None:
    uponai.faults.switch({"fault": fault, "times": 1})
    with pytest.raises(OutcomeUnknown):
        await client.put_assignment(key(NUMBER), PATCH)
    assert is_applied(uponai) is applied
    assert len(uponai.journal.to_json()) == 1


async def test_g6_no_answer_in_time_leaves_the_outcome_unknown(uponai: UponAIStandIn) -> None:
    client = client_of(uponai.app, seconds=0.1)
    uponai.faults.switch({"fault": "slow", "delay": 5})
    with pytest.raises(OutcomeUnknown, match="in time"):
        await client.put_assignment(key(NUMBER), PATCH)
    await client.aclose()


async def test_g6_a_late_put_lands_after_its_connection_broke(uponai: UponAIStandIn, client: UponAIClient) -> None:
    uponai.faults.switch({"fault": "late", "delay": 0.05, "times": 1})
    with pytest.raises(OutcomeUnknown):
        await client.put_assignment(key(NUMBER), PATCH)
    assert not is_applied(uponai)
    async with asyncio.timeout(30):
        while (
            listed := (await client.find_number(key(NUMBER))).listed
        ) and listed.assignment.inbound != PATCH.wanted.inbound:
            pass
    assert is_applied(uponai)


async def test_g6_interference_shows_in_the_answer(uponai: UponAIStandIn, client: UponAIClient) -> None:
    uponai.faults.switch({"fault": "interferes", "times": 1})
    answer = await client.put_assignment(key(NUMBER), PATCH)
    assert answer.listed is not None
    assert PATCH.missing_from(answer.listed.assignment) == {Field.INBOUND, Field.WEBHOOK}


async def test_g6_nobody_listens_means_that_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    client = client_of(base_url=f"http://127.0.0.1:{port}", seconds=0.3)
    with pytest.raises(Unavailable):
        await client.put_assignment(key(NUMBER), PATCH)
    with pytest.raises(Unavailable):
        await client.list_numbers()
    await client.aclose()


async def test_reads_are_repeated_after_broken_connections(uponai: UponAIStandIn, client: UponAIClient) -> None:
    uponai.faults.switch({"fault": "down", "times": 1})
    assert len((await client.list_numbers()).numbers) == 12
    uponai.faults.switch({"fault": "down"})
    with pytest.raises(Unavailable):
        await client.list_numbers()


async def test_reads_wait_as_long_as_they_are_asked_to() -> None:
    app = Scripted((429, b"", {"Retry-After": "0.05"}), (503, b"", {"Retry-After": "0"}), (200, b"[]"))
    client = client_of(app)
    assert (await client.list_numbers()).numbers == ()
    assert len(app.asked) == 3
    await client.aclose()


async def test_a_read_that_would_wait_too_long_gives_up_at_once() -> None:
    app = Scripted((429, b"", {"Retry-After": "60"}))
    client = client_of(app)
    with pytest.raises(Unavailable) as raised:
        await client.list_numbers()
    assert raised.value.retry_after == timedelta(seconds=60)
    assert len(app.asked) == 1
    await client.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"not json"),
        (200, b'{"success": false, "numbers": []}'),
        (200, b'{"other": []}'),
        (200, b"3"),
        (204, b""),
        (200, b"no gzip", {"Content-Encoding": "gzip"}),
        (200, b"[]", {"Content-Length": str(200 * 1024 * 1024)}),
    ],
)
async def test_an_unreadable_read_is_an_unexpected_reply(
    answer: tuple[int, bytes] | tuple[int, bytes, dict[str, str]],
) -> None:
    client = client_of(Scripted(answer))
    with pytest.raises(UnexpectedReply):
        await client.list_numbers()
    await client.aclose()


async def test_a_small_answer_may_not_be_large() -> None:
    client = client_of(Scripted((200, b'["' + b"x" * 1024 * 1024 + b'"]')))
    with pytest.raises(UnexpectedReply, match="larger than 1 MB"):
        await client.list_workspaces()
    await client.aclose()


async def test_a_long_message_is_cut() -> None:
    error = await put_to(Scripted((422, b'{"error": "' + b"x" * 5000 + b'"}')))
    assert isinstance(error, Refused)
    assert len(error.message or "") == 500


async def test_g12_secrets_are_in_no_error_and_no_repr() -> None:
    long = "x" * 600
    echo = f'{{"message": "{TOKEN} sent {WEBHOOK} and token=zq1-query as user:zq1-pw {long}"}}'
    for status in (422, 500, 401, 429, 200):
        client = client_of(Scripted((status, echo.encode())))
        shown = [repr(client), str(vars(client)), repr(vars(client._calls))]
        try:
            shown.append(repr(await client.put_assignment(key(NUMBER), PATCH)))
        except UponAIError as error:
            shown += [repr(error), "".join(traceback.format_exception(error))]
        await client.aclose()
        for text in shown:
            assert TOKEN not in text
            assert "zq1" not in text
