"""The clock of a history."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from tests.clock import StillClock


class HistoryClock(StillClock):
    """A clock that goes on by a millisecond a look, and never by itself."""

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    async def read(self, tx: AsyncConnection) -> datetime:
        _ = tx
        return self.now()

    def advance(self, by: timedelta = timedelta(0), **more: float) -> None:
        self.at += by + timedelta(**more)
