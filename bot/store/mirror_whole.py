"""Taking over a whole read of a list: compared with no transaction open, written in short ones.

A list can hold a hundred thousand entries, and SQLite has one writer: whoever presses a button meanwhile waits for a
batch, never for the list.

What is confirmed at the end must be what was read. So a read announces itself before it compares, and from then on
nothing that is older is written: an older read gives up at its next batch, and an entry that was read by itself is
taken only when it is newer. What is newer keeps its own `as_of` and is not touched by this read. A process that dies
between two batches leaves entries of two ages, each with its own `as_of`, and confirms nothing.
"""

import asyncio
from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import mirror_reads
from bot.store.clock import Clock
from bot.store.database import Database

# What SQLite's only writer is held for: some 20 ms of a slow disk.
WRITTEN_AT_ONCE = 500
COMPARED_AT_ONCE = 500

T_contra = TypeVar("T_contra", contravariant=True)
T = TypeVar("T")


class Mirrored(Protocol, Generic[T_contra]):
    """One mirrored list, and how its entries are stored."""

    @property
    def scope(self) -> str:
        """Name the list in `mirror_reads`."""

    def name_of(self, entry: T_contra) -> str:
        """Return what tells an entry from the others of its list."""

    def compared(self, entry: T_contra) -> Hashable:
        """Return what the row of a listed entry looks like; it is written when its stored row looks otherwise."""

    async def page(self, tx: AsyncConnection, after: str | None, limit: int) -> Sequence[tuple[str, Hashable, bool]]:
        """Return stored rows behind `after`, in order: name, what the row looks like, whether it is listed."""

    async def put(self, tx: AsyncConnection, entries: Sequence[T_contra], as_of: datetime, now: datetime) -> None:
        """Write entries, but for those of which something newer is stored."""

    async def unlist(self, tx: AsyncConnection, names: Sequence[str], as_of: datetime, now: datetime) -> None:
        """Mark entries as no longer listed, but for those of which something newer is stored."""


async def take_over(
    database: Database, clock: Clock, mirrored: Mirrored[T], listed: Sequence[T], as_of: datetime
) -> None:
    """Store the entries of a complete read that started at `as_of`; an older read changes nothing.

    Raises DatabaseUnavailable; what was written until then stays.
    """
    async with database.transaction() as tx:
        now = await clock.read(tx)
        as_of = min(as_of, now)
        if not await mirror_reads.announce(tx, mirrored.scope, as_of, now):
            return
    differing, missing = await _compare(database, mirrored, listed)
    for start in range(0, len(differing), WRITTEN_AT_ONCE):
        async with database.transaction() as tx:
            if not await mirror_reads.is_newest(tx, mirrored.scope, as_of):
                return
            await mirrored.put(tx, differing[start : start + WRITTEN_AT_ONCE], as_of, await clock.read(tx))
    for start in range(0, len(missing), WRITTEN_AT_ONCE):
        async with database.transaction() as tx:
            if not await mirror_reads.is_newest(tx, mirrored.scope, as_of):
                return
            await mirrored.unlist(tx, missing[start : start + WRITTEN_AT_ONCE], as_of, await clock.read(tx))
    async with database.transaction() as tx:
        if await mirror_reads.is_newest(tx, mirrored.scope, as_of):
            await mirror_reads.record(tx, mirrored.scope, as_of=as_of, at=await clock.read(tx))


async def _compare(database: Database, mirrored: Mirrored[T], listed: Sequence[T]) -> tuple[list[T], list[str]]:
    """Return the entries whose stored rows differ, or are not there, and the names that are listed no more."""
    new = {mirrored.name_of(entry): entry for entry in listed}
    differing: list[T] = []
    missing: list[str] = []
    after: str | None = None
    while True:
        async with database.reading() as tx:
            page = await mirrored.page(tx, after, COMPARED_AT_ONCE)
        for name, stored, is_listed in page:
            entry = new.pop(name, None)
            if entry is None:
                missing += [name] if is_listed else []
            elif not is_listed or mirrored.compared(entry) != stored:
                differing.append(entry)
        if len(page) < COMPARED_AT_ONCE:
            return [*differing, *new.values()], missing
        after = page[-1][0]
        # Everybody else in this process gets a turn.
        await asyncio.sleep(0)
