"""Watches the mirror's writes for numbers that were changed outside."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.account import ListedNumber
from bot.domain.outside import NOTHING_OWN, MovedOutside, fields_moved_outside
from bot.service.context import WORKER_ID, Actor, ServiceContext, Work
from bot.service.outside.noticing import note
from bot.service.unit_of_work import UnitOfWork
from bot.store import own_deeds
from bot.store.mirror import known as mirror_known
from bot.store.mirror.numbers import MirroredNumbers
from bot.store.mirror.whole_read import Write


@dataclass(slots=True)
class WatchedNumbers:
    """The mirror of the numbers, for one whole reading that began when `since` was the number of the last write.

    What was written later is left to the next reading: whether this one is older or newer cannot be told. So is what a
    PUT of ours may be changing right now: its result is written when it is known; and what shows again what a change of
    ours replaced within the last refresh. Everything else that is written here is newer than what it takes the place
    of, whatever the clocks say.
    """

    context: ServiceContext
    since: int
    has_found: bool = False
    work: Work = field(default_factory=lambda: Work(0))

    @property
    def _plain(self) -> MirroredNumbers:
        return MirroredNumbers(self.context.account_sid, self.context.workspace_id)

    @property
    def scope(self) -> str:
        """Name the list."""
        return self._plain.scope

    def compared(self, entry: ListedNumber) -> Hashable:
        """Do as the mirror does."""
        return self._plain.compared(entry)

    async def page(
        self, tx: AsyncConnection, after: str | None, limit: int, now: datetime
    ) -> Sequence[tuple[str, Hashable, bool]]:
        """Do as the mirror does."""
        return await self._plain.page(tx, after, limit, now)

    async def unlist(self, tx: AsyncConnection, names: Sequence[str], as_of: datetime, write: Write) -> None:
        """Do as the mirror does: a number that is gone for a while is compared when it is back."""
        await self._plain.unlist(tx, names, as_of, write)

    async def ending(self, tx: AsyncConnection) -> Callable[[ListedNumber], int]:
        """Tell of a number how many of its changes may end when it was changed outside."""
        counts = await own_deeds.count_open(tx, self.context.workspace)
        return lambda entry: counts[entry.key.number]

    async def hold(self, tx: AsyncConnection, entries: Sequence[ListedNumber]) -> None:
        """Hold the changes that may end because of what is written."""
        await own_deeds.hold_open(tx, self.context.workspace, [each.key.number for each in entries])

    async def put(self, tx: AsyncConnection, entries: Sequence[ListedNumber], as_of: datetime, write: Write) -> None:
        """Write numbers, and note in the same transaction which of them were changed outside."""
        workspace = self.context.workspace
        known = await mirror_known.of_numbers(tx, workspace, [each.key.number for each in entries])
        differing = [
            each.key.number
            for each in entries
            if (former := known.get(each.key.number)) and former.assignment.differing(each.assignment)
        ]
        own = await own_deeds.of_numbers(tx, workspace, differing) if differing else {}
        lagging_since = write.at - self.context.mirror_refresh
        left: list[str] = []
        written: list[ListedNumber] = []
        moved: list[MovedOutside] = []
        for entry in entries:
            former, deeds = known.get(entry.key.number), own.get(entry.key.number, NOTHING_OWN)
            if former is not None and former.written > self.since:
                continue
            if deeds.is_under_way or (
                former is not None and deeds.may_lag(former.assignment, entry.assignment, lagging_since)
            ):
                left.append(entry.key.number)
                continue
            written.append(entry)
            if former is not None and (fields := fields_moved_outside(former.assignment, entry.assignment, deeds)):
                moved.append(MovedOutside(entry.key, former.assignment, entry.assignment, fields))
        if left:
            await mirror_known.leave_unconfirmed(tx, workspace, left, write.number)
        if written:
            await self._plain.put_newest(tx, written, as_of, write)
        if moved:
            unit = UnitOfWork(tx, Actor("", WORKER_ID, "worker"), write.at)
            await note(unit, self.context, moved)
            await unit.close()
            self.has_found, self.work = True, self.work | unit.work
