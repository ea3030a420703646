"""Taking over a whole read of a list: compared with no transaction open, written in short ones.

A list can hold a hundred thousand entries, and SQLite has one writer: whoever presses a button meanwhile waits for a
batch, never for the list.

What is confirmed at the end must be what was read. So all writes to a list are numbered, a read remembers the number
from before it compared, and confirms only entries that were written no later; whatever came in meanwhile goes by its
own `as_of`. A read gives up when a newer one is complete. A process that dies between two batches leaves entries of two
ages, each with its own `as_of`, and confirms nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.mirror import reads as mirror_reads

# What SQLite's only writer is held for: some 20 ms of a slow machine, far below the 50 that nobody notices.
WRITTEN_AT_ONCE = 250
# What follows from a change of what was known (the record of it, above all) takes some times as long.
CHANGED_AT_ONCE = 100
# The end of an open change, that it brings with it, takes as long as so many of them: those of a batch share it.
AS_LONG_AS = 5
COMPARED_AT_ONCE = 500

T_contra = TypeVar("T_contra", contravariant=True)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Write:
    """One write to a list: its number, and the time of its transaction."""

    number: int
    at: datetime


class Followed(Protocol, Generic[T_contra]):
    """What else changes when entries are stored otherwise."""

    async def ending(self, tx: AsyncConnection) -> Callable[[T_contra], int]:
        """Return what tells how many open changes may end because of an entry."""

    async def hold(self, tx: AsyncConnection, entries: Sequence[T_contra]) -> None:
        """Lock what may end with some entries: before the list, which is locked last."""


class Mirrored(Protocol, Generic[T_contra]):
    """One mirrored list, and how its entries are stored."""

    @property
    def scope(self) -> str:
        """Name the list in `mirror_reads`."""

    def compared(self, entry: T_contra) -> Hashable:
        """Return what the row of a listed entry looks like; it is written when its stored row looks otherwise."""

    async def page(
        self, tx: AsyncConnection, after: str | None, limit: int, now: datetime
    ) -> Sequence[tuple[str, Hashable, bool]]:
        """Return stored rows behind `after`, in order: name, what the row looks like, whether it is listed.

        A row of the future looks like none that can be listed.
        """

    async def put(self, tx: AsyncConnection, entries: Sequence[T_contra], as_of: datetime, write: Write) -> None:
        """Write entries, but for those of which something newer is stored."""

    async def unlist(self, tx: AsyncConnection, names: Sequence[str], as_of: datetime, write: Write) -> None:
        """Mark entries as no longer listed, but for those of which something newer is stored."""


async def take_over(
    database: Database,
    clock: Clock,
    mirrored: Mirrored[T],
    listed: Mapping[str, T],
    as_of: datetime,
    *,
    since: int | None = None,
    followed: Followed[T] | None = None,
) -> None:
    """Store the entries of a complete read that started at `as_of`, by name; an older read changes nothing.

    `since` is the number of the last write before the read started, where that is known: of what was written later
    nothing is confirmed. `followed` says what else may change because some entries are stored otherwise now.

    Raises DatabaseUnavailable; what was written until then stays.
    """
    async with database.reading() as tx:
        now = await clock.read(tx)
        last = await mirror_reads.last(tx, mirrored.scope)
    as_of = min(as_of, now)
    differing, new, missing = await _compare(database, mirrored, listed, now)
    # Each with the entries that are stored otherwise.
    writes: list[tuple[Sequence[T], Callable[[AsyncConnection, Write], Awaitable[None]]]] = [
        *((batch, _put(mirrored, batch, as_of)) for batch in await _changed(database, differing, followed)),
        *(((), _put(mirrored, batch, as_of)) for batch in _batches(new, WRITTEN_AT_ONCE)),
        *(((), _unlist(mirrored, batch, as_of)) for batch in _batches(missing, WRITTEN_AT_ONCE)),
    ]
    for differs, write in writes:
        began = time.monotonic()
        async with database.transaction() as tx:
            if followed is not None and differs:
                await followed.hold(tx, differs)
            at = await clock.read(tx)
            written = await mirror_reads.begin_write(tx, mirrored.scope, at)
            if written.complete_as_of is not None and written.complete_as_of > as_of:
                return
            await write(tx, Write(written.number, at))
        # Other processes ask SQLite for the writer again and again: they get as much of it as this one had.
        await asyncio.sleep(time.monotonic() - began if database.dialect == "sqlite" else 0)
    async with database.transaction() as tx:
        confirmed = since if since is not None else 0 if last is None else last.writes
        at = await clock.read(tx)
        await mirror_reads.record(tx, mirrored.scope, at=at, as_of=as_of, confirmed=confirmed)


def _put(mirrored: Mirrored[T], batch: Sequence[T], as_of: datetime) -> Callable[..., Awaitable[None]]:
    return lambda tx, write: mirrored.put(tx, batch, as_of, write)


def _unlist(mirrored: Mirrored[T], batch: Sequence[str], as_of: datetime) -> Callable[..., Awaitable[None]]:
    return lambda tx, write: mirrored.unlist(tx, batch, as_of, write)


def _batches(entries: Sequence[T], most: int) -> list[Sequence[T]]:
    return [entries[start : start + most] for start in range(0, len(entries), most)]


async def _changed(database: Database, differing: Sequence[T], followed: Followed[T] | None) -> Sequence[Sequence[T]]:
    """Return what is stored otherwise in batches none of which takes longer, with all that ends because of it."""
    if followed is None or not differing:
        return _batches(differing, CHANGED_AT_ONCE)
    async with database.reading() as tx:
        ending = await followed.ending(tx)
    batches: list[list[T]] = []
    left = 0
    for entry in differing:
        takes = 1 + AS_LONG_AS * ending(entry)
        if takes > left:
            batches.append([])
            left = CHANGED_AT_ONCE
        batches[-1].append(entry)
        left -= takes
    return batches


async def _compare(
    database: Database, mirrored: Mirrored[T], listed: Mapping[str, T], now: datetime
) -> tuple[list[T], list[T], list[str]]:
    """Return the entries whose stored rows differ, those that are new, and the names that are listed no more."""
    new = dict(listed)
    differing: list[T] = []
    missing: list[str] = []
    after: str | None = None
    while True:
        async with database.reading() as tx:
            page = await mirrored.page(tx, after, COMPARED_AT_ONCE, now)
        for name, stored, is_listed in page:
            entry = new.pop(name, None)
            if entry is None:
                missing += [name] if is_listed else []
            elif not is_listed or mirrored.compared(entry) != stored:
                differing.append(entry)
        if len(page) < COMPARED_AT_ONCE:
            return differing, list(new.values()), missing
        after = page[-1][0]
        # Everybody else in this process gets a turn.
        await asyncio.sleep(0)
