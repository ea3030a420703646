"""The mirror: newer facts win, only what differs is written, numbers are found in any writing."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.account import ListedAgent, ListedNumber
from bot.domain.assignment import Assignment, WeightedAgent
from bot.domain.difference import agent_labels, one_line
from bot.domain.key import NumberKey
from bot.store.database import Database
from bot.store.mirror import agents as mirror_agents
from bot.store.mirror import numbers as mirror_numbers
from bot.store.mirror import reads as mirror_reads
from bot.store.mirror.agents import MirroredAgents
from bot.store.mirror.numbers import MirroredNumber, MirroredNumbers
from bot.store.mirror.whole_read import take_over
from tests.clock import StillClock
from tests.store.stored_changes import HOUR, NOW, key, run

SECOND = timedelta(seconds=1)
CLOCK = StillClock(NOW + 24 * HOUR)
ACCOUNT, WORKSPACE = "AC1", 7
BERLIN, MUNICH, DESK = "+493012345678", "+498912345678", "Front-Desk_1"


def listed(number: str, agent: str = "agent_1") -> ListedNumber:
    return ListedNumber(key(number), Assignment(inbound=(WeightedAgent(agent),)))


async def replace_all(database: Database, *numbers: ListedNumber, as_of: datetime = NOW) -> None:
    await take_over(database, CLOCK, MirroredNumbers(ACCOUNT, WORKSPACE), {n.key.number: n for n in numbers}, as_of)


async def replace_agents(database: Database, *agents: ListedAgent, as_of: datetime = NOW) -> None:
    await take_over(database, CLOCK, MirroredAgents(WORKSPACE), {a.agent_id: a for a in agents}, as_of)


async def put(database: Database, number: ListedNumber, as_of: datetime) -> None:
    async with database.transaction() as tx:
        await mirror_numbers.put(tx, number, as_of, CLOCK.at)


async def find(database: Database, number: str) -> MirroredNumber | None:
    async with database.reading() as tx:
        return await mirror_numbers.find(tx, key(number))


async def search(database: Database, text: str, limit: int = 10) -> list[str]:
    async with database.reading() as tx:
        found = await mirror_numbers.search(tx, ACCOUNT, WORKSPACE, text, limit)
    return [each.listed.key.number for each in found]


async def test_a_number_comes_back_as_it_was_listed(database: Database) -> None:
    number = replace(listed(BERLIN), import_error="SIP trunk rejected")
    await replace_all(database, number, listed(MUNICH))
    assert await find(database, BERLIN) == MirroredNumber(number, NOW)
    assert await find(database, "+1") is None


async def test_a_whole_read_confirms_what_it_does_not_change(database: Database) -> None:
    await replace_all(database, listed(BERLIN))
    await replace_all(database, listed(BERLIN), as_of=NOW + HOUR)
    assert await find(database, BERLIN) == MirroredNumber(listed(BERLIN), NOW + HOUR)


async def test_a_number_that_is_gone_is_no_longer_listed_until_it_is_back(database: Database) -> None:
    await replace_all(database, listed(BERLIN), listed(MUNICH))
    await replace_all(database, listed(MUNICH), as_of=NOW + SECOND)
    assert await find(database, BERLIN) is None
    assert await search(database, "") == [MUNICH]
    await replace_all(database, listed(BERLIN), as_of=NOW + 2 * SECOND)
    assert await search(database, "") == [BERLIN]


async def test_g5_a_whole_read_leaves_alone_what_was_read_after_it_started(database: Database) -> None:
    await replace_all(database, listed(BERLIN), listed(MUNICH))
    await put(database, listed(BERLIN, "agent_2"), NOW + HOUR)
    await put(database, listed(DESK), NOW + HOUR)
    await replace_all(database, listed(BERLIN, "agent_3"), listed(MUNICH, "agent_3"), as_of=NOW + SECOND)
    assert await find(database, BERLIN) == MirroredNumber(listed(BERLIN, "agent_2"), NOW + HOUR)
    assert await find(database, DESK) == MirroredNumber(listed(DESK), NOW + HOUR)
    assert await find(database, MUNICH) == MirroredNumber(listed(MUNICH, "agent_3"), NOW + SECOND)


async def test_an_older_whole_read_changes_nothing(database: Database) -> None:
    await replace_all(database, listed(BERLIN), as_of=NOW)
    await replace_all(database, listed(BERLIN), as_of=NOW + HOUR)
    await replace_all(database, listed(BERLIN, "agent_9"), listed(MUNICH), as_of=NOW + SECOND)
    assert await find(database, BERLIN) == MirroredNumber(listed(BERLIN), NOW + HOUR)
    assert await find(database, MUNICH) is None


async def test_an_older_single_read_changes_nothing(database: Database) -> None:
    await replace_all(database, listed(BERLIN))
    await put(database, listed(BERLIN, "agent_9"), NOW - SECOND)
    await put(database, listed(BERLIN, "agent_2"), NOW + HOUR)
    await put(database, listed(BERLIN, "agent_3"), NOW + SECOND)
    assert await find(database, BERLIN) == MirroredNumber(listed(BERLIN, "agent_2"), NOW + HOUR)


async def test_accounts_and_workspaces_are_kept_apart(database: Database) -> None:
    await replace_all(database, listed(BERLIN))
    await take_over(database, CLOCK, MirroredNumbers(ACCOUNT, 8), {}, NOW + HOUR)
    await take_over(database, CLOCK, MirroredNumbers("AC2", WORKSPACE), {}, NOW + HOUR)
    async with database.reading() as tx:
        assert await mirror_numbers.find(tx, NumberKey(ACCOUNT, 8, BERLIN)) is None
    assert await find(database, BERLIN) == MirroredNumber(listed(BERLIN), NOW)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("+49 30 1234", [BERLIN]),
        ("0049-30/1234", [BERLIN]),
        ("030 1234", [BERLIN]),
        ("+49 (0)30 12345678", [BERLIN]),
        ("12345678", [BERLIN, MUNICH]),
        ("345 678", [BERLIN, MUNICH]),
        ("front-desk", [DESK]),
        ("DESK_", [DESK]),
        ("desk%", []),
        ("desk__", []),
        ("", [BERLIN, MUNICH, DESK]),
        ("+1 555", []),
        ("½", []),
    ],
)
async def test_numbers_are_found_in_any_writing(database: Database, text: str, numbers: list[str]) -> None:
    await replace_all(database, listed(DESK), listed(MUNICH), listed(BERLIN))
    assert await search(database, text) == numbers


async def test_an_exact_match_comes_first(database: Database) -> None:
    await replace_all(database, *(listed(number) for number in ("1001", "100", "2100", "3100")))
    assert await search(database, "100", limit=2) == ["100", "1001"]


async def test_endings_are_listed_up_to_three(database: Database) -> None:
    await replace_all(database, *(listed(f"+{n}5678") for n in range(1, 6)), listed(DESK))
    async with database.reading() as tx:
        assert await mirror_numbers.endings(tx, ACCOUNT, WORKSPACE, "5678") == ["+15678", "+25678", "+35678"]
        assert await mirror_numbers.endings(tx, ACCOUNT, WORKSPACE, "15678") == ["+15678"]
        assert await mirror_numbers.endings(tx, ACCOUNT, WORKSPACE, "9999") == []
        assert await mirror_numbers.endings(tx, ACCOUNT, WORKSPACE, "") == []


@given(text=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_text_breaks_the_search(database: Database, text: str) -> None:
    await search(database, text)
    async with database.reading() as tx:
        await mirror_agents.search(tx, WORKSPACE, text, 5)


async def test_many_numbers_are_taken_over_and_confirmed(database: Database) -> None:
    numbers = [listed(f"+1415{n:07}") for n in range(3000)]
    await replace_all(database, *numbers)
    await replace_all(database, *numbers[:2000], as_of=NOW + SECOND)
    assert await find(database, "+14150001999") == MirroredNumber(numbers[1999], NOW + SECOND)
    assert await find(database, "+14150002000") is None


async def test_agents_are_found_by_name_first_then_by_id(database: Database) -> None:
    agents = [
        ListedAgent("agent_sales_id", "Zed", (2, 1)),
        ListedAgent("agent_1", "Sales Évening", (1,)),
        ListedAgent("agent_2", "after sales", (4, 3)),
        ListedAgent("agent_3", None, (1,)),
    ]
    await replace_agents(database, *agents, as_of=NOW)
    async with database.reading() as tx:

        async def ids(text: str, limit: int = 10) -> list[str]:
            return [agent.agent_id for agent in await mirror_agents.search(tx, WORKSPACE, text, limit)]

        assert await ids("SALES") == ["agent_2", "agent_1", "agent_sales_id"]
        assert await ids("SALES", limit=1) == ["agent_2"]
        assert await ids("éVENING") == ["agent_1"]
        assert await ids("agent_3") == ["agent_3"]
        assert await ids("") == ["agent_2", "agent_1", "agent_sales_id", "agent_3"]
        assert await ids("a%s") == []
        assert await mirror_agents.find(tx, WORKSPACE, ["agent_3", "gone"]) == {"agent_3": agents[3]}
        assert await mirror_agents.find(tx, 8, ["agent_3"]) == {}


@pytest.mark.parametrize("twin", ["Sa\u200bles Team", "sales  team", "\u202eSales\nTeam\u202c", "Sa\uff4ces Tearn"])
async def test_g11_agents_that_look_the_same_are_told_apart_by_their_ids(database: Database, twin: str) -> None:
    agents = [ListedAgent("agent_1", "Sales Team", (1,)), ListedAgent("agent_2", twin, (1,))]
    await replace_agents(database, *agents, as_of=NOW)
    async with database.reading() as tx:
        alone = agent_labels(await mirror_agents.names(tx, WORKSPACE, ["agent_2"]))
        both = agent_labels(await mirror_agents.names(tx, WORKSPACE, ["agent_1", "agent_2"]))
        assert alone == {"agent_2": f"{one_line(twin)} …nt_2"}
        assert both == {"agent_1": "Sales Team …nt_1", "agent_2": f"{one_line(twin)} …nt_2"}
        found = await mirror_agents.search(tx, WORKSPACE, " Sales   te\u200bam", 10)
        assert len(found) == 2 - ("Tearn" in twin)


async def test_g11_names_that_were_folded_otherwise_are_folded_anew_with_the_next_read(database: Database) -> None:
    agents = [ListedAgent("agent_1", "Sales", (1,)), ListedAgent("agent_2", "Sa\u200bles", (1,))]
    await replace_agents(database, *agents, as_of=NOW)
    await run(database, "UPDATE agents SET name_folded = lower(name), looks = ''")
    await replace_agents(database, *agents, as_of=NOW + SECOND)
    async with database.reading() as tx:
        assert len(await mirror_agents.search(tx, WORKSPACE, "sales", 10)) == 2
        assert await mirror_agents.names(tx, WORKSPACE, ["agent_1"]) == {"agent_1": "Sales …nt_1"}


async def test_g11_a_name_of_any_length_is_stored_and_told_apart(database: Database) -> None:
    agents = [ListedAgent("agent_1", "😀é" * 10_000, (1,)), ListedAgent("agent_2", "😀É" * 10_000, (1,))]
    await replace_agents(database, *agents, as_of=NOW)
    async with database.reading() as tx:
        (name,) = (await mirror_agents.names(tx, WORKSPACE, ["agent_1"])).values()
        assert name.endswith(" …nt_1")


async def test_an_agent_that_is_gone_is_no_longer_listed(database: Database) -> None:
    older, newer = ListedAgent("a", "A", (1,)), ListedAgent("b", "B", (1,))
    await replace_agents(database, older, newer, as_of=NOW)
    await replace_agents(database, replace(newer, versions=(2, 1)), as_of=NOW + SECOND)
    await replace_agents(database, older, as_of=NOW)
    async with database.reading() as tx:
        assert await mirror_agents.find(tx, WORKSPACE, ["a", "b"]) == {"b": replace(newer, versions=(2, 1))}


async def test_a_whole_read_is_claimed_by_one_until_it_is_due_again(database: Database) -> None:
    scope = mirror_reads.agents_scope(WORKSPACE)
    minute = timedelta(minutes=1)

    async def claim(lease_id: str, now: datetime) -> bool:
        async with database.transaction() as tx:
            return await mirror_reads.claim(
                tx, scope, now, older_than=minute, lease_id=lease_id, until=now + 2 * minute
            )

    async with database.reading() as tx:
        assert await mirror_reads.last(tx, scope) is None
    assert await claim("one", NOW)
    assert not await claim("two", NOW + minute)
    async with database.transaction() as tx:
        await mirror_reads.record(tx, scope, as_of=NOW, at=NOW + SECOND)
        await mirror_reads.record(tx, scope, as_of=NOW - HOUR, problem="503", at=NOW + 2 * SECOND)
        assert await mirror_reads.last(tx, scope) == mirror_reads.Read(NOW, NOW + 2 * SECOND, "503")
    assert not await claim("two", NOW + minute)
    assert await claim("two", NOW + minute + 2 * SECOND)
    assert await claim("three", NOW + 9 * minute)
