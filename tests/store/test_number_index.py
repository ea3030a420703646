"""The index in memory offers what the database would, and follows what is written to the mirror."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store.database import Database
from bot.store.mirror import numbers as mirror_numbers
from bot.store.mirror.number_index import BLOCK, NumberIndex, _Block, _line
from tests.store.test_mirror import ACCOUNT, BERLIN, DESK, MUNICH, WORKSPACE, listed, replace_all

WRITINGS = st.text("0123456789+-ext ", min_size=1, max_size=6)
WRITTEN = ["415", "+1415", "030", "0049", "0 30 1", "desk", "DESK", "+49 (0)30", "ex", " ", "", "zzz", "-", "1"]


async def both(database: Database, index: NumberIndex, text: str, limit: int) -> tuple[Sequence[str], Sequence[str]]:
    async with database.reading() as tx:
        offered = await mirror_numbers.offered(tx, index, text, limit)
        found = await mirror_numbers.search(tx, ACCOUNT, WORKSPACE, text, limit)
    return [one.listed.key.number for one in offered], [one.listed.key.number for one in found]


@pytest.mark.parametrize("text", WRITTEN)
async def test_the_index_offers_what_the_database_finds(database: Database, text: str) -> None:
    many = [listed(f"+1415{i:07}") for i in range(300)]
    await replace_all(database, listed(BERLIN), listed(MUNICH), listed(DESK), listed("ext-415"), *many)
    index = NumberIndex(ACCOUNT, WORKSPACE)
    for limit in (1, 5, 99):
        offered, found = await both(database, index, text, limit)
        assert offered == found


async def test_the_index_follows_each_write(database: Database) -> None:
    index = NumberIndex(ACCOUNT, WORKSPACE)
    assert await both(database, index, "49", 9) == ([], [])
    for numbers in ([BERLIN], [BERLIN, MUNICH], [MUNICH, DESK], [BERLIN]):
        await replace_all(database, *map(listed, numbers))
        offered, found = await both(database, index, "4", 9)
        assert offered == found


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_account_of_several_blocks_is_searched_whole(database: Database) -> None:
    numbers = [f"+1{i:07}" for i in range(0, 2 * BLOCK + 20, 2)]
    await replace_all(database, *map(listed, numbers))
    index = NumberIndex(ACCOUNT, WORKSPACE)
    last = numbers[-1]
    assert (await both(database, index, last[2:], 9))[0] == [last]
    await replace_all(database, *map(listed, ["+10000001", *numbers[1:], "+19999999"]))
    for text in ("0000001", "9999999", "0000000", "+1"):
        offered, found = await both(database, index, text, 9)
        assert offered == found


@settings(max_examples=200)
@given(st.lists(WRITINGS, max_size=8), st.text("0123456789+-ext ", max_size=3))
def test_a_block_finds_each_line_that_holds_a_text(names: list[str], needle: str) -> None:
    block = _Block({name: _line(name, "") for name in names})
    block.build()
    if needle:
        assert sorted(block.matching(needle)) == sorted({name for name in names if needle in name})
