"""A clock that tests move by hand, in the place of the database's."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select
from sqlalchemy.ext.asyncio import AsyncConnection


class _Reading(ABC):
    """What a clock of a test does where the database's is read along with a row."""

    @abstractmethod
    async def read(self, tx: AsyncConnection) -> datetime:
        """Return the time."""

    async def read_with(
        self, tx: AsyncConnection, query: Select[Any], values: dict[str, Any]
    ) -> tuple[Sequence[RowMapping], datetime]:
        rows = (await tx.execute(query, values)).mappings().all()
        return rows, await self.read(tx)


class Clock(_Reading):
    """The real time, moved by what a test adds."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    async def read(self, tx: AsyncConnection) -> datetime:
        _ = tx
        return self.now()

    def advance(self, by: timedelta = timedelta(0), **more: float) -> None:
        self._ahead += by + timedelta(**more)


class StepClock(Clock):
    """A clock that goes on by a millisecond a look: what a slow machine does in between takes no time."""

    def __init__(self) -> None:
        super().__init__()
        self._at = datetime.now(UTC)

    def now(self) -> datetime:
        self._at += timedelta(milliseconds=1)
        return self._at + self._ahead


class StillClock(_Reading):
    """A clock that stands."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    async def read(self, tx: AsyncConnection) -> datetime:
        _ = tx
        return self.at
