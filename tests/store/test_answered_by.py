"""Numbers are found by the agents that answer them, at 100,000 numbers as at ten."""

from collections.abc import Awaitable, Callable, Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.account import ListedAgent, ListedNumber
from bot.domain.assignment import Assignment, WeightedAgent
from bot.store.database import Database
from bot.store.mirror import agents as mirror_agents
from bot.store.mirror import numbers as mirror_numbers
from bot.store.mirror.number_index import NumberIndex
from bot.store.mirror.number_pages import Sought, page
from tests.store.stored_changes import HOUR, NOW, key
from tests.store.test_mirror import ACCOUNT, BERLIN, DESK, MUNICH, WORKSPACE, listed, put, replace_agents, replace_all
from tests.store.test_plans import MOST, Watched

NUMBERS = 100_000
# Each of a thousand agents has a hundred of them, and one agent has them all.
AT_ONCE = 2_500
ROWS = {
    "sqlite": "WITH RECURSIVE counted (i) AS (SELECT :a UNION ALL SELECT i + 1 FROM counted WHERE i < :z)",
    "postgresql": "WITH counted AS (SELECT i FROM generate_series(CAST(:a AS integer), CAST(:z AS integer)) AS i)",
}
FILL = """
    INSERT INTO numbers
        (account_sid, workspace_id, number, number_folded, digits, assignment, as_of, is_listed, written)
    {rows}
    SELECT 'AC1', 7, '+1' || (2000000000 + i), '+1' || (2000000000 + i), '1' || (2000000000 + i),
        '{{"inbound": [{{"agent_id": "agent_' || (i % 1000) || '", "version": null, "weight": "0.5"}}, '
        || '{{"agent_id": "agent_all", "version": null, "weight": "0.5"}}], "is_time_routing_enabled": null, '
        || '"outbound": [], "webhook_url": null}}',
        '2026-01-01T00:00:00.000000+00:00', true, 1
    FROM counted
"""
# The last page of what many hold in common, and the first one of what many agents answer.
LAST = f"+1{2_000_000_000 + NUMBERS - 10}"
Look = Callable[[AsyncConnection, NumberIndex], Awaitable[Sequence[object]]]
LOOKS: dict[str, Look] = {
    "all": lambda tx, _: mirror_numbers.answered_by(tx, ACCOUNT, WORKSPACE, ["agent_all"], 99),
    "few": lambda tx, _: mirror_numbers.answered_by(tx, ACCOUNT, WORKSPACE, ["agent_7", "agent_all", "agent_8"], 99),
    "none": lambda tx, _: mirror_numbers.answered_by(tx, ACCOUNT, WORKSPACE, ["agent_none"], 99),
    "first": lambda tx, _: mirror_numbers.search(tx, ACCOUNT, WORKSPACE, "", 99),
    "page of all": lambda tx, index: page(tx, index, Sought(), LAST, 21),
    "page of many": lambda tx, index: page(tx, index, Sought("+12000"), "", 21),
    "page of some": lambda tx, index: page(tx, index, Sought("0777"), "", 21),
    "page of an agent": lambda tx, index: page(tx, index, Sought("zz", agent_ids=["agent_all"]), LAST, 21),
    "page of agents": lambda tx, index: page(
        tx, index, Sought("zz", agent_ids=[f"agent_{at}" for at in range(100)]), "", 21
    ),
    "page of names": lambda tx, index: page(
        tx, index, Sought("zz", named=[f"+1{2_000_000_001 + 100 * at}" for at in range(900)]), "", 21
    ),
}

pytestmark = pytest.mark.timeout(120)


async def answered_by(database: Database, *agents: str, limit: int = 10) -> list[str]:
    async with database.reading() as tx:
        found = await mirror_numbers.answered_by(tx, ACCOUNT, WORKSPACE, agents, limit)
    return [each.listed.key.number for each in found]


async def test_a_number_is_found_by_each_of_its_agents(database: Database) -> None:
    agents = tuple(WeightedAgent(agent) for agent in ("agent_1", "agent_2", "agent_2"))
    split = ListedNumber(key(MUNICH), Assignment(inbound=agents))
    await replace_all(database, listed(BERLIN), split, listed(DESK, "agent_3"))
    assert await answered_by(database, "agent_1") == [BERLIN, MUNICH]
    assert await answered_by(database, "agent_2") == [MUNICH]
    assert set(await answered_by(database, "agent_2", "agent_3")) == {MUNICH, DESK}
    assert await answered_by(database, "agent_1", limit=1) == [BERLIN]
    assert await answered_by(database) == []


async def test_what_answers_a_number_is_followed_whoever_writes_it(database: Database) -> None:
    await replace_all(database, listed(BERLIN), listed(MUNICH))
    await put(database, listed(BERLIN, "agent_2"), NOW + HOUR)
    assert await answered_by(database, "agent_1") == [MUNICH]
    assert await answered_by(database, "agent_2") == [BERLIN]
    await replace_all(database, listed(MUNICH), as_of=NOW + 2 * HOUR)
    assert await answered_by(database, "agent_2") == []
    await replace_all(database, listed(BERLIN, "agent_2"), as_of=NOW + 3 * HOUR)
    assert await answered_by(database, "agent_2") == [BERLIN]
    async with database.transaction() as tx:
        await tx.execute(text("DELETE FROM numbers"))
        assert await tx.scalar(text("SELECT count(*) FROM number_agents")) == 0


async def test_agents_are_named_by_what_people_read(database: Database) -> None:
    await replace_agents(database, ListedAgent("agent_0", "Sales", (0,)), ListedAgent("agent_1", "50 %", (0,)))
    async with database.reading() as tx:
        assert await mirror_agents.named(tx, WORKSPACE, " sAL", 10) == ["agent_0"]
        assert await mirror_agents.named(tx, WORKSPACE, "%", 10) == ["agent_1"]
        assert await mirror_agents.named(tx, WORKSPACE, "agent_0", 10) == []
        assert await mirror_agents.named(tx, WORKSPACE, " ", 10) == []


async def test_g8_a_hundred_thousand_numbers_are_not_gone_through(database: Database) -> None:
    fill = text(FILL.format(rows=ROWS[database.dialect]))
    for first in range(1, NUMBERS + 1, AT_ONCE):
        async with database.transaction() as tx:
            await tx.execute(fill, {"a": first, "z": first + AT_ONCE - 1})
    if database.dialect == "postgresql":
        async with database.transaction() as tx:
            await tx.execute(text("ANALYZE numbers, number_agents"))
    index = NumberIndex(ACCOUNT, WORKSPACE)
    async with database.reading() as tx:
        # The first search in a process reads all the identifiers, once.
        await page(tx, index, Sought("zz"), "", 21)
    for name, look in LOOKS.items():
        async with database.reading() as tx:
            watched = Watched(tx)
            await watched.begin()
            before = await watched.amount()
            assert bool(await look(tx, index)) is (name != "none")
            assert await watched.amount() - before <= MOST[database.dialect], name
