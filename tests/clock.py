"""A clock that tests move by hand, in the place of the database's."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection


class Clock:
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


class StillClock:
    """A clock that stands."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    async def read(self, tx: AsyncConnection) -> datetime:
        _ = tx
        return self.at
