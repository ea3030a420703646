"""Looking one number up: what is read of the list for it, and how many lists."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from bot.uponai.errors import UnexpectedReply
from bot.uponai.lists import NumberEntries
from bot.uponai.reading import LARGEST_FAST, Progress, exchange, parse_json_now
from bot.uponai.wire import WireAgent, read_entry
from tests.domain.strategies import NOW
from tests.uponai.serving import ACCOUNT, Scripted, client_of, key

PIECES = 8


class WatchedWeight(float):
    """A weight that remembers that somebody has read it."""

    is_read = False

    def __str__(self) -> str:
        self.is_read = True
        return super().__repr__()


def entry(number: str, weight: object) -> dict[str, Any]:
    return {"number": number, "inbound_agents": [{"agent_id": "a", "weight": weight}]}


def entries(*listed: Any) -> NumberEntries:
    return NumberEntries(list(listed), ACCOUNT, 1, NOW)


def test_only_the_entry_that_is_asked_for_is_read() -> None:
    weights = {number: WatchedWeight("0.5") for number in ("+1", "+2", "+3")}
    read = entries(*(entry(number, weight) for number, weight in weights.items()))
    assert read.find("+2") is not None
    assert [number for number, weight in weights.items() if weight.is_read] == ["+2"]
    assert len(read.read_all().numbers) == 3
    assert all(weight.is_read for weight in weights.values())


def test_unreadable_entries_of_other_numbers_do_not_matter() -> None:
    read = entries(entry("+1", -1), None, {"number": 3}, "text", {}, entry("+2", 1))
    assert read.find("+2") is not None
    assert read.find("+3") is None
    with pytest.raises(UnexpectedReply, match="values that cannot be read"):
        read.find("+1")


def test_of_two_entries_of_one_number_the_later_one_of_our_workspace_holds() -> None:
    theirs = {**entry("+1", 1), "workspace_id": 2}
    read = entries(entry("+1", 0.25), entry("+1", -1), entry("+1", 0.75), theirs)
    found = read.find("+1")
    assert found is not None
    assert found.assignment.inbound[0].weight == Decimal("0.75")
    assert read.read_all().by_number["+1"] == found
    assert entries(theirs).find("+1") is None


async def test_looks_that_are_asked_at_once_are_one_read() -> None:
    app = Scripted((200, json.dumps([entry(f"+{i}", 1) for i in range(50)]).encode()))
    client = client_of(app)
    looks = await asyncio.gather(*(client.find_number(key(f"+{i}")) for i in range(50)))
    assert all(look.listed is not None for look in looks)
    assert len({look.started_at for look in looks}) == 1
    assert len(app.asked) == 1
    await client.aclose()


@pytest.mark.parametrize("text", ["0.3333333333333333", "0.33333333333333333333333", "0.50", "1", "5e-1", "1.0"])
def test_a_weight_is_the_same_from_a_short_and_from_a_long_answer(text: str) -> None:
    short = f'{{"agent_id": "a", "weight": {text}}}'.encode()
    long = short + b" " * LARGEST_FAST
    assert read_entry(WireAgent, parse_json_now(short)) == read_entry(WireAgent, parse_json_now(long)) is not None


@pytest.mark.parametrize("text", [b"", b"[1,]", b"[NaN]", b"[-Infinity]", b"[1] 2", b"[" * 100_000, b'["\x01"]'])
def test_what_is_no_json_is_refused_in_short_and_long_answers(text: bytes) -> None:
    for body in (text, text + b" " * LARGEST_FAST):
        with pytest.raises(ValueError):  # noqa: PT011 - the parsers' own errors
            parse_json_now(body)


def test_other_encodings_are_read_as_before() -> None:
    assert parse_json_now('["ä"]'.encode("utf-16")) == ["ä"]
    assert parse_json_now('["ä"]'.encode("utf-8-sig")) == ["ä"]


class AtOnce(httpx.AsyncByteStream):
    """A long answer, all of which is there already: nobody who reads it ever waits."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(PIECES):
            yield b" " * LARGEST_FAST


async def test_others_have_their_turn_while_a_long_answer_is_read() -> None:
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(count_turns())
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=AtOnce()))) as http:
        request = http.build_request("GET", "http://127.0.0.1/")
        limits: dict[str, Any] = {"within": timedelta(seconds=60), "largest": PIECES * LARGEST_FAST}
        reply = await exchange(http, request, progress=Progress(), **limits)
    other.cancel()
    assert reply.body is not None
    assert (len(reply.body), turns >= PIECES - 1) == (PIECES * LARGEST_FAST, True)
