"""Two replicas that answer people and three that work, on one PostgreSQL, with clocks up to a minute off.

`REPLICA_NUMBERS=100` presses on the changes of so many numbers, four for each.
"""

import os
from collections import defaultdict
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bot.domain.events import Event
from tests.guarantees import AtRest, broken
from tests.replicas.fleet import Fleet, fleet, until
from tests.replicas.people import (
    ask_everything,
    assert_decided_once,
    assert_in_order,
    is_settled,
    press_all,
    presses_on,
)

NUMBERS = [f"+1415556{serial:04}" for serial in range(int(os.environ.get("REPLICA_NUMBERS", "6")))]
DEADLOCKS = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def dialect() -> str:
    return "postgresql"


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[Fleet]:
    async with fleet(database_url, NUMBERS) as made:
        yield made


async def test_g3_hundreds_of_presses_at_once_come_to_one_decision_each_in_order(replicas: Fleet) -> None:
    database = replicas.webs[0].context.database
    async with database.reading() as tx:
        before = await tx.scalar(DEADLOCKS)
    asked = await ask_everything(replicas, NUMBERS)
    outcomes = await press_all(presses_on(replicas, asked))
    await until(lambda: is_settled(replicas.webs[0]))
    assert await broken(database, replicas.slack.world, replicas.end.landed) == []

    rest = await AtRest.read(database)
    assert_decided_once(rest)
    assert_in_order(replicas.arrived, rest)
    approvals: dict[int, int] = defaultdict(int)
    for press, counts in outcomes:
        approvals[press.change_id] += press.verb == "approve" and counts
    for change in rest.changes.values():
        assert approvals[change.id] == [event.event for event in rest.events_of(change)].count(Event.APPROVED)
    async with database.reading() as tx:
        assert await tx.scalar(DEADLOCKS) == before
