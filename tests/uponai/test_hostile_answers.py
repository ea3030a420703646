"""Whatever UponAI answers, it is read or refused in our own words: nothing else gets out of the client.

`HOSTILE_EXAMPLES=10000` makes the runs long.
"""

import asyncio
import contextlib
import copy
import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from bot.domain.assignment import Assignment, Field
from bot.uponai.errors import UponAIError
from bot.uponai.lists import AgentList, NumberList, PutAnswer, Reading
from tests.uponai.serving import ACCOUNT, Scripted, client_of, key, served

FUZZ = settings(max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "60")), suppress_health_check=list(HealthCheck))
NUMBER: dict[str, Any] = {
    "id": 1,
    "number": "+1",
    "account_sid": ACCOUNT,
    "workspace_id": 1,
    "agent_id": "a",
    "inbound_agent_id": "a",
    "inbound_agents": [{"agent_id": "a", "agent_version": 0, "weight": 0.5}, {"agent_id": "b", "weight": 0.5}],
    "outbound_agents": [{"agent_id": "a", "agent_version": 1, "weight": 1}],
    "inbound_webhook_url": "https://hooks.example.com/x",
    "is_time_routing_enabled": True,
    "platform_import_error": False,
    "platform_import_error_message": None,
}
PUT = {"success": True, "message": "done", "numbers": [NUMBER], "assignment": {"platform_import_error": True}}
AGENTS = {
    "data": [{"agent_id": "a", "version": 1, "agent_name": "Sales", "updated_at": "2026-07-12T09:30:00Z"}],
    "pagination_key": None,
    "pagination_key_version": 4,
}
TIME_ROUTING = Assignment(is_time_routing_enabled=True).patch_to([Field.TIME_ROUTING])
HUGE = ["x" * 100_000, "9" * 5000, 10**400, -(10**30), 1e308, 1e-320, [[]] * 50, "\u202e\u2066" * 99, "e\u0301" * 999]
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(HUGE)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(NUMBER)), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def spoiled(draw: st.DrawFn, whole: Any) -> Any:
    """Write something else at up to three places, or leave them out."""
    made = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 3))):
        here: Any = made
        container: Any = None
        at: Any = None
        while isinstance(here, (dict, list)) and here and (container is None or draw(st.booleans())):
            container, at = (
                here,
                draw(st.sampled_from(sorted(here) if isinstance(here, dict) else list(range(len(here))))),
            )
            here = container[at]
        if container is None:
            return draw(junk)
        if isinstance(container, dict) and draw(st.booleans()):
            del container[at]
        else:
            container[at] = draw(junk)
    return made


bodies = st.binary(max_size=200) | st.sampled_from(
    [b"", b"[" * 200_000, b'{"numbers":' * 3000, b"\xef\xbb\xbf[]", b"1" * 9999]
)
statuses = st.sampled_from([200, 200, 200, 201, 204, 304, 401, 418, 500])
headers = st.sampled_from(
    [
        {},
        {"Content-Length": "9" * 30},
        {"Content-Encoding": "gzip"},
        {"Retry-After": "\u00b2"},
        {"Retry-After": "1e999"},
    ]
)


def written(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


async def ask(app: Scripted) -> None:
    """Ask everything that the bot asks; each is answered in our words."""
    client = client_of(app, seconds=0.2)
    for work, kind in (
        (client.list_numbers, NumberList),
        (lambda: client.find_number(key("+1")), Reading),
        (client.list_agents, AgentList),
        (lambda: client.list_versions("a"), tuple),
        (client.list_workspaces, tuple),
        (lambda: client.put_assignment(key("+1"), TIME_ROUTING), PutAnswer),
    ):
        told = ""
        try:
            assert isinstance(await work(), kind)
        except UponAIError as error:
            told = str(error)
        assert len(told) < 1000
    await client.aclose()


@FUZZ
@given(spoiled([NUMBER, NUMBER]) | spoiled(PUT) | spoiled(AGENTS))
async def test_any_json_is_read_or_refused(value: Any) -> None:
    await ask(Scripted((200, written(value))))


@FUZZ
@given(bodies, statuses, headers)
async def test_any_bytes_are_refused_in_our_words(body: bytes, status: int, more: dict[str, str]) -> None:
    await ask(Scripted((status, body, more)))


@pytest.mark.parametrize(
    "more", [{"pagination_key": "x" * 100_000}, {"pagination_key": "x", "pagination_key_version": 10**400}]
)
async def test_a_next_page_that_fits_no_address_is_refused(more: dict[str, Any]) -> None:
    client = client_of(Scripted((200, written({**AGENTS, **more}))))
    with pytest.raises(UponAIError, match="fits no address"):
        await client.list_agents()
    await client.aclose()


async def test_an_answer_without_end_is_left_at_its_limit() -> None:
    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while scope and (await _told(receive)) is not True:
            await send({"type": "http.response.body", "body": b" " * 1_000_000, "more_body": True})

    async with served(endless) as url:
        client = client_of(base_url=url, seconds=30)
        with pytest.raises(UponAIError, match="larger than 16 MB"):
            await client.list_agents()
        await client.aclose()


async def _told(receive: Receive) -> bool:
    """Say whether the other end has gone."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0):
            return bool((await receive())["type"] == "http.disconnect")
    return False
