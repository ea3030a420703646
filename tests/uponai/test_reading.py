import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.assignment import Assignment, WeightedAgent
from bot.sandbox.uponai import seed
from bot.uponai.client import Workspace
from bot.uponai.errors import UnexpectedReply
from bot.uponai.lists import read_number_list
from bot.uponai.shared_read import SharedRead
from bot.uponai.wire import WireNumber, read_entry
from tests.domain.strategies import NOW
from tests.uponai.serving import ACCOUNT, Scripted, client_of, key, stand_in

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(WireNumber.model_fields)), inner)
    ),
    max_leaves=12,
)


def assignment_of(**fields: Any) -> Assignment:
    wire = read_entry(WireNumber, {"number": "+1", **fields})
    assert wire is not None
    return wire.to_listed(ACCOUNT, 1).assignment


@given(st.lists(json_values, max_size=5))
def test_any_entry_is_read_or_counted(entries: list[Any]) -> None:
    read = read_number_list(entries, ACCOUNT, 1, NOW)
    assert len(read.numbers) + len(read.elsewhere) + read.unreadable == len(entries)


@pytest.mark.parametrize("missing", [{}, dict.fromkeys(WireNumber.model_fields) | {"number": "+1"}, {"unknown": [1]}])
def test_anything_may_be_missing_or_null(missing: dict[str, Any]) -> None:
    assert assignment_of(**missing) == Assignment()


def test_the_single_agents_of_older_objects_are_read() -> None:
    found = assignment_of(
        agent_id="out", outbound_agent_version=2, inbound_agent_id="in", inbound_agent_version=0, inbound_agents=None
    )
    assert found == Assignment(inbound=(WeightedAgent("in", 0),), outbound=(WeightedAgent("out", 2),))


def test_a_list_of_agents_wins_over_the_single_one() -> None:
    assert assignment_of(inbound_agents=[], inbound_agent_id="in", outbound_agents=[], agent_id="out") == Assignment()


def test_agents_without_a_weight_share_what_is_left() -> None:
    found = assignment_of(
        inbound_agents=[{"agent_id": "a", "weight": Decimal("0.5")}, {"agent_id": "b"}, {"agent_id": "c"}]
    )
    assert [agent.weight for agent in found.inbound] == [Decimal("0.5"), Decimal("0.25"), Decimal("0.25")]
    assert assignment_of(inbound_agents=[{"agent_id": "a", "weight": None}]).inbound == (WeightedAgent("a"),)


@pytest.mark.parametrize("weight", [Decimal("1e-999999"), Decimal("1e999999"), -1, "many"])
def test_a_weight_that_makes_no_sense_makes_the_entry_unreadable(weight: object) -> None:
    entry = {"number": "+1", "inbound_agents": [{"agent_id": "a", "weight": weight}]}
    assert read_entry(WireNumber, entry) is None


@pytest.mark.parametrize("envelope", [b"%s", b'{"success": true, "numbers": %s}'])
async def test_both_envelopes_of_the_numbers_are_read(envelope: bytes) -> None:
    numbers: list[Any] = [
        {"number": "+1", "inbound_agents": [{"agent_id": "a", "weight": 0.3333333333333333}]},
        {"bad": 1},
    ]
    client = client_of(Scripted((200, envelope % json.dumps(numbers).encode())))
    read = await client.list_numbers()
    assert read.by_number["+1"].assignment.inbound[0].weight == Decimal("0.3333333333333333")
    assert read.unreadable == 1
    await client.aclose()


async def test_a_listed_number_that_cannot_be_read_is_not_taken_for_an_unlisted_one() -> None:
    client = client_of(Scripted((200, b'[{"number": "+1", "inbound_agents": 3}]')))
    with pytest.raises(UnexpectedReply, match="values that cannot be read"):
        await client.find_number(key("+1"))
    assert (await client.find_number(key("+2"))).listed is None
    await client.aclose()


# Half of a surrogate pair as an escape and as bytes, a NUL, and bytes that are no UTF-8.
UNSTORABLE = [rb"\ud83d", rb"\uDE00", b"\xed\xa0\xbd", rb"\u0000", b"\xff"]


@pytest.mark.parametrize("bad", UNSTORABLE)
async def test_what_no_database_can_store_is_replaced_in_names_and_webhooks(bad: bytes) -> None:
    agents = b'[{"agent_id": "a", "version": 1, "agent_name": "Sales %s"}]' % bad
    numbers = b'[{"number": "+1", "inbound_webhook_url": "https://hooks.example.com/%s"}, {"number": "+2"}]' % bad
    client = client_of(Scripted((200, agents), (200, numbers)))
    (agent,) = (await client.list_agents()).agents
    one, two = (await client.list_numbers()).numbers
    for text in (agent.name, one.assignment.webhook_url):
        assert text is not None
        assert "\ufffd" in text
        assert text.encode()
    assert two.assignment == Assignment()
    await client.aclose()


@pytest.mark.parametrize("bad", UNSTORABLE)
async def test_two_identifiers_never_become_one(bad: bytes) -> None:
    agents = b'[{"agent_id": "a%s", "version": 1}, {"agent_id": "a\\ufffd", "version": 1}]' % bad
    numbers = (
        b'[{"number": "ext%s"}, {"number": "ext\\udc00"}, {"number": "+1", "inbound_agents": [{"agent_id": "a%s"}]}]'
        % (bad, bad)
    )
    client = client_of(Scripted((200, agents), (200, numbers)))
    read = await client.list_agents()
    assert (read.agents, read.unreadable) == ((), 2)
    listed = await client.list_numbers()
    assert (listed.numbers, listed.unreadable) == ((), 3)
    with pytest.raises(UnexpectedReply, match="values that cannot be read"):
        await client.find_number(key("+1"))
    await client.aclose()


async def test_whole_pairs_and_escaped_backslashes_stay() -> None:
    body = rb'[{"agent_id": "a", "version": 1, "agent_name": "\ud83d\ude00 \\ud83d \\u0000"}]'
    client = client_of(Scripted((200, body)))
    (agent,) = (await client.list_agents()).agents
    assert agent.name == "\U0001f600 \\ud83d \\u0000"
    await client.aclose()


async def test_the_numbers_of_other_workspaces_are_kept_apart() -> None:
    client = client_of(stand_in().app)
    read = await client.list_numbers()
    assert len(read.numbers) == 12
    assert [listed.key.number for listed in read.elsewhere] == ["+33140205050"]
    assert (await client.find_number(key("+33140205050"))).listed is None
    await client.aclose()


async def test_agents_versions_and_workspaces_are_read() -> None:
    client = client_of(stand_in().app)
    agents = {agent.agent_id: agent for agent in (await client.list_agents()).agents}
    assert agents[seed.SALES].versions == (3, 2, 1, 0)
    assert agents[seed.NAMELESS].display_name == seed.NAMELESS
    assert agents[seed.BILLING].name == "Billing <VIP> & *Co*"
    versions = await client.list_versions(seed.SUPPORT)
    assert [one.version for one in versions] == [6, 5, 4, 3, 2, 1, 0]
    assert versions[0].updated_at == datetime(2026, 7, 12, 9, 30, tzinfo=UTC)
    assert await client.list_workspaces() == (Workspace(1, "Main"), Workspace(2, "Paris office"))
    await client.aclose()


def page(*agents: tuple[str, int], key: str | None = None) -> tuple[int, bytes]:
    data = [
        {"agent_id": agent_id, "version": version, "agent_name": f"{agent_id} {version}"}
        for agent_id, version in agents
    ]
    return 200, json.dumps({"data": data, "pagination_key": key, "pagination_key_version": 4}).encode()


async def test_pages_with_a_key_are_followed_and_versions_put_together() -> None:
    app = Scripted(page(("a", 1), ("b", 0), key="k"), page(("a", 2), ("a", 0), key=None))
    client = client_of(app)
    read = await client.list_agents()
    assert [(agent.agent_id, agent.name, agent.versions) for agent in read.agents] == [
        ("a", "a 2", (2, 1, 0)),
        ("b", "b 0", (0,)),
    ]
    assert [path for _, path, _ in app.asked] == [
        "/api/agents?workspaceId=1&limit=1000",
        "/api/agents?workspaceId=1&limit=1000&paginationKey=k&paginationKeyVersion=4",
    ]
    await client.aclose()


async def test_a_server_that_repeats_a_page_for_ever_is_left() -> None:
    app = Scripted(page(("a", 1), key="k"))
    client = client_of(app)
    assert len((await client.list_agents()).agents) == 1
    assert len(app.asked) == 2
    await client.aclose()


async def test_bare_pages_are_followed_until_one_is_short() -> None:
    uponai = stand_in()
    uponai.account.agents = {
        f"agent_{i}": {"agent_id": f"agent_{i}", "agent_name": None, "versions": [{"version": 1}, {"version": 0}]}
        for i in range(1100)
    }
    client = client_of(uponai.app)
    assert len((await client.list_agents()).agents) == 1100
    assert len(uponai.journal.to_json()) == 3
    await client.aclose()


class Gate:
    """A read that is let through by hand."""

    def __init__(self) -> None:
        self.started = 0
        self.running = 0
        self.begun = asyncio.Event()
        self.open = asyncio.Event()

    async def read(self) -> int:
        self.started += 1
        self.running += 1
        assert self.running == 1
        mine = self.started
        self.begun.set()
        await self.open.wait()
        self.running -= 1
        return mine


async def test_g5_a_read_serves_who_came_before_it_started_and_nobody_later() -> None:
    gate = Gate()
    shared = SharedRead(gate.read)
    early = [asyncio.create_task(shared.get()) for _ in range(3)]
    await gate.begun.wait()
    late = [asyncio.create_task(shared.get()) for _ in range(3)]
    await asyncio.sleep(0)
    assert gate.started == 1
    gate.open.set()
    assert await asyncio.gather(*early) == [1, 1, 1]
    assert await asyncio.gather(*late) == [2, 2, 2]
    assert gate.started == 2


async def test_who_gives_up_takes_the_read_from_nobody() -> None:
    gate = Gate()
    shared = SharedRead(gate.read)
    leaving, staying = asyncio.create_task(shared.get()), asyncio.create_task(shared.get())
    await gate.begun.wait()
    leaving.cancel()
    gate.open.set()
    assert await staying == 1
    assert leaving.cancelled() or await asyncio.gather(leaving, return_exceptions=True)


async def test_a_failed_read_fails_its_waiters_and_not_the_next() -> None:
    app = Scripted((200, b"broken"), (200, b"[]"))
    client = client_of(app)
    first = await asyncio.gather(client.list_numbers(), client.list_numbers(), return_exceptions=True)
    assert [type(error) for error in first] == [UnexpectedReply, UnexpectedReply]
    assert (await client.list_numbers()).numbers == ()
    await client.aclose()
