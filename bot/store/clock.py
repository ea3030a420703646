"""The one clock that all processes share: the database's.

Leases, ages and expiries are compared by processes on machines whose own clocks differ. So every transaction takes
its time from the database, once; between transactions a process goes on counting from the last such reading.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import RowMapping, Select, func, text
from sqlalchemy.ext.asyncio import AsyncConnection

# An operator is told of a process whose own clock is further off: its log and Slack's signatures go by it.
MOST_SKEW = timedelta(seconds=1)

_AT = "read_at"
_CLOCK_TIMESTAMP = text("SELECT clock_timestamp()")


class Clock(Protocol):
    """What tells the time; the other implementation is the one that tests move by hand."""

    def now(self) -> datetime:
        """Return the shared time as well as it is known without asking: aware UTC."""

    async def read(self, tx: AsyncConnection) -> datetime:
        """Return the shared time as the database of this transaction has it: aware UTC."""

    async def read_with(
        self, tx: AsyncConnection, query: Select[Any], values: dict[str, Any]
    ) -> tuple[Sequence[RowMapping], datetime]:
        """Run a query, and return the time with its rows: both in one statement, where it finds any."""


class DatabaseClock:
    """The database's clock. On SQLite that is the machine's own, since all processes are on one machine."""

    def __init__(
        self, *, wall: Callable[[], datetime] | None = None, elapsed: Callable[[], float] | None = None
    ) -> None:
        """Take the process's own clocks: `wall` for the time of day, `elapsed` for seconds that no one can set."""
        self._wall = wall or _wall
        self._elapsed = elapsed or count_seconds
        self._reading: tuple[datetime, float] | None = None
        self._timed: dict[Select[Any], Select[Any]] = {}
        self.skew: timedelta | None = None

    def now(self) -> datetime:
        """Count from the last reading; before the first one, go by the process's own clock.

        Never ahead of the database, and behind it by no more than one round trip and the drift since.
        """
        if self._reading is None:
            return self._wall()
        at, mark = self._reading
        return at + timedelta(seconds=self._elapsed() - mark)

    async def read(self, tx: AsyncConnection) -> datetime:
        """Read the clock, one statement on PostgreSQL and none on SQLite, and notice how far the own one is off."""
        if tx.dialect.name == "sqlite":
            return self._wall()
        asked_at = self._wall()
        return self._note((await tx.execute(_CLOCK_TIMESTAMP)).scalar_one(), asked_at)

    async def read_with(
        self, tx: AsyncConnection, query: Select[Any], values: dict[str, Any]
    ) -> tuple[Sequence[RowMapping], datetime]:
        """Read the clock with the rows, as `read` does; where they have to be waited for, before the wait."""
        if tx.dialect.name == "sqlite":
            return (await tx.execute(query, values)).mappings().all(), self._wall()
        timed = self._timed.get(query)
        if timed is None:
            timed = self._timed[query] = query.add_columns(func.clock_timestamp().label(_AT))
        asked_at = self._wall()
        rows = (await tx.execute(timed, values)).mappings().all()
        return rows, self._note(rows[0][_AT], asked_at) if rows else await self.read(tx)

    def _note(self, at: datetime, asked_at: datetime) -> datetime:
        at = at.astimezone(UTC)
        self._reading = at, self._elapsed()
        # The database read its clock at some moment between the question and the answer.
        behind, ahead = at - self._wall(), asked_at - at
        self.skew = max(timedelta(0), ahead) - max(timedelta(0), behind)
        return at

    @property
    def warning(self) -> str | None:
        """Say what an operator should mend, None while the two clocks agree."""
        return None if self.skew is None or abs(self.skew) <= MOST_SKEW else skew_sentence(self.skew)


def skew_sentence(skew: timedelta) -> str:
    """Say how far the clock of this machine is from the database's."""
    direction = "ahead of" if skew > timedelta(0) else "behind"
    return (
        f"The clock of this machine is {abs(skew).total_seconds():.1f} s {direction} the database's. "
        "Let both take their time from the same servers (NTP)."
    )


def _wall() -> datetime:
    return datetime.now(UTC)


def count_seconds() -> float:
    """Return seconds since some moment, by a clock that nobody can set."""
    # Where it exists, the clock that also counts while the machine sleeps: a lease goes on ageing then.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
