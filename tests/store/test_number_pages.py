"""Numbers come page by page, each once and in one order, whatever they are found by."""

import pytest

from bot.store.database import Database
from bot.store.mirror import number_pages
from bot.store.mirror.number_index import NumberIndex
from bot.store.mirror.number_pages import Sought
from tests.store.stored_changes import HOUR, NOW
from tests.store.test_mirror import ACCOUNT, BERLIN, DESK, MUNICH, WORKSPACE, listed, replace_all

MANY = [f"+1415{at:07}" for at in range(0, 90, 3)]


async def pages(database: Database, sought: Sought, limit: int = 7) -> list[str]:
    """Read page after page, and return all numbers in the order in which they came."""
    index, found = NumberIndex(ACCOUNT, WORKSPACE), [""]
    while True:
        async with database.reading() as tx:
            some = await number_pages.page(tx, index, sought, found[-1], limit)
        if not some:
            return found[1:]
        assert len(some) <= limit
        found += [one.listed.key.number for one in some]


@pytest.mark.parametrize(
    ("sought", "numbers"),
    [
        (Sought(), [*MANY, BERLIN, MUNICH, DESK]),
        (Sought("415"), MANY),
        (Sought("(0)30 1"), [BERLIN]),
        (Sought("DESK"), [DESK]),
        (Sought("zzz"), []),
        (Sought("zzz", named=[MUNICH, "+4999", MANY[3]]), [MANY[3], MUNICH]),
        (Sought("zzz", agent_ids=["agent_2", "agent_9"]), [*MANY[10:], MUNICH]),
        (Sought("+14150000000", named=[BERLIN], agent_ids=["agent_2"]), [MANY[0], *MANY[10:], BERLIN, MUNICH]),
    ],
)
async def test_what_is_sought_comes_once_in_order(database: Database, sought: Sought, numbers: list[str]) -> None:
    answered = [listed(number, "agent_2") for number in (*MANY[10:], MUNICH)]
    await replace_all(database, *map(listed, (*MANY[:10], BERLIN, DESK)), *answered)
    found = await pages(database, sought)
    assert len(found) == len(set(found))
    assert sorted(found) == sorted(numbers)
    assert await pages(database, sought, limit=50) == found


async def test_what_is_listed_no_longer_comes_no_more(database: Database) -> None:
    await replace_all(database, listed(BERLIN), listed(MUNICH))
    await replace_all(database, listed(MUNICH), as_of=NOW + HOUR)
    for sought in (Sought(), Sought("49"), Sought("zzz", named=[BERLIN, MUNICH]), Sought("zzz", agent_ids=["agent_1"])):
        assert await pages(database, sought) == [MUNICH]


async def test_more_numbers_than_are_looked_up_one_by_one_come_whole(database: Database) -> None:
    many = [f"+1415{at:07}" for at in range(number_pages.FEW + 5)]
    await replace_all(database, *map(listed, many), listed(BERLIN))
    assert await pages(database, Sought("415", named=[BERLIN]), limit=400) == [*many, BERLIN]
