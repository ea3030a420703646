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
