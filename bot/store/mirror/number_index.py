"""The identifiers of an account's numbers in this process's memory: a part of one is found among 100,000 at once.

No index of the databases finds a part of a text without an extension that many an installation may not create. The
mirror stays the truth: its writes are numbered, and what was written since is read before each search.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.mirror.reads import last, numbers_scope
from bot.store.mirror.schema import numbers

# So many are read and searched at a time: some milliseconds, in which the event loop waits.
BLOCK = 2000
_BETWEEN = "\x00"
_COLUMNS = (numbers.c.number, numbers.c.number_folded, numbers.c.digits, numbers.c.is_listed)


@dataclass(slots=True)
class _Block:
    """Some numbers that follow each other, and one text with all their writings, to be searched at a stroke."""

    lines: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    text: str = ""

    def build(self) -> None:
        self.names = sorted(self.lines)
        lines = [self.lines[name] for name in self.names]
        self.starts = list(accumulate(map(len, lines), initial=0))
        self.text = "".join(lines)

    def matching(self, needle: str) -> Iterable[str]:
        at = self.text.find(needle)
        while at >= 0:
            found = bisect_right(self.starts, at) - 1
            yield self.names[found]
            at = self.text.find(needle, self.starts[found + 1])


class NumberIndex:
    """The listed numbers of one workspace. A search brings the index up to date in the caller's transaction."""

    def __init__(self, account_sid: str, workspace_id: int) -> None:
        self.account_sid, self.workspace_id = account_sid, workspace_id
        self._is_own = (numbers.c.account_sid == account_sid, numbers.c.workspace_id == workspace_id)
        self._scope = numbers_scope(account_sid, workspace_id)
        self._blocks: list[_Block] = []
        self._firsts: list[str] = []
        # By folded writing, the few that are written otherwise; some may be listed no longer.
        self._capitalised: dict[str, set[str]] = {}
        self._written = -1
        self._updating = asyncio.Lock()

    async def search(self, tx: AsyncConnection, folded: str, digits: Sequence[str], limit: int) -> list[str] | None:
        """Return listed numbers that hold `folded` or some of the `digits`: those written exactly so, then the others.

        None while somebody else reads the numbers for the first time. Raises DatabaseUnavailable.
        """
        if self._updating.locked() and self._written < 0:
            return None
        async with self._updating:
            await self._catch_up(tx)
            needles = dict.fromkeys((folded, *digits))
            found = dict.fromkeys(self._written_exactly(folded))
            for block in self._blocks:
                if len(found) >= limit:
                    break
                found |= dict.fromkeys(sorted({name for each in needles for name in block.matching(each)}))
            return list(found)[:limit]

    def _written_exactly(self, folded: str) -> list[str]:
        names = {folded, *self._capitalised.get(folded, ())}
        return sorted(name for name in names if self._blocks and name in self._block_of(name).lines)

    def _note(self, number: str, folded: str) -> None:
        if number != folded:
            self._capitalised.setdefault(folded, set()).add(number)

    def _block_of(self, number: str) -> _Block:
        return self._blocks[max(bisect_right(self._firsts, number) - 1, 0)]

    async def _catch_up(self, tx: AsyncConnection) -> None:
        read = await last(tx, self._scope)
        writes = 0 if read is None else read.writes
        if writes == self._written:
            return
        if self._written < 0:
            await self._read_all(tx)
        else:
            query = select(*_COLUMNS).where(*self._is_own, numbers.c.written > self._written)
            self._take((await tx.execute(query)).all())
        self._written = writes

    async def _read_all(self, tx: AsyncConnection) -> None:
        lines: dict[str, str] = {}
        self._blocks, self._firsts, self._capitalised, after = [], [], {}, ""
        query = select(*_COLUMNS).where(*self._is_own, numbers.c.is_listed).order_by(numbers.c.number).limit(BLOCK)
        while rows := (await tx.execute(query.where(numbers.c.number > after))).all():
            lines |= {number: _line(folded, digits) for number, folded, digits, _ in rows}
            for number, folded, _, _ in rows:
                self._note(number, folded)
            after = rows[-1][0]
        # In the order of Python, by which blocks are found again: a database may have another one.
        names = await asyncio.to_thread(sorted, lines)
        for at in range(0, len(names), BLOCK):
            block = _Block({name: lines[name] for name in names[at : at + BLOCK]})
            block.build()
            self._blocks.append(block)
            self._firsts.append(block.names[0])
            await asyncio.sleep(0)

    def _take(self, rows: Iterable[tuple[str, str, str, bool]]) -> None:
        changed: dict[int, _Block] = {}
        for number, folded, digits, is_listed in rows:
            if not self._blocks:
                self._blocks, self._firsts = [_Block()], [number]
            block = self._block_of(number)
            if is_listed is (number in block.lines):
                continue
            if is_listed:
                block.lines[number] = _line(folded, digits)
                self._note(number, folded)
            else:
                del block.lines[number]
            changed[id(block)] = block
        for block in changed.values():
            block.build()


def _line(folded: str, digits: str) -> str:
    return f"{folded}{_BETWEEN}" if digits in folded else f"{folded}{_BETWEEN}{digits}{_BETWEEN}"
