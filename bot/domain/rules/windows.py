"""Hours in which changes may be sent, and times in which nothing is sent, by the clocks of a time zone.

A window is what the clock on the wall says: in the hour that comes twice it holds twice, and a beginning that the
clock jumps over is the moment of the jump.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Self
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_A_DAY = 24 * 60
# A window on one day a week can miss it once, where the clock jumps over the whole of the window.
_DAYS_AHEAD = 15


@dataclass(frozen=True, slots=True)
class Window:
    """Some hours on some days of the week; `start` and `end` are minutes of the day, `end` is outside."""

    days: tuple[str, ...]
    start: int
    end: int
    zone: str

    def contains(self, at: datetime) -> bool:
        """Say whether the clock in the zone is inside."""
        local = at.astimezone(ZoneInfo(self.zone))
        return DAYS[local.weekday()] in self.days and self.start <= local.hour * 60 + local.minute < self.end

    def next_open(self, at: datetime) -> datetime | None:
        """Return the first moment from `at` on that is inside, None when there is none."""
        if self.contains(at):
            return at
        today = at.astimezone(ZoneInfo(self.zone)).date()
        for ahead in range(_DAYS_AHEAD + 1):
            moments = self._beginnings(today + timedelta(days=ahead))
            found = [moment for moment in moments if moment >= at and self.contains(moment)]
            if found:
                return min(found)
        return None

    def _beginnings(self, day: date) -> Iterator[datetime]:
        """Yield the moments of a day at which the clock can come to be inside."""
        if DAYS[day.weekday()] not in self.days or self.start >= self.end:
            return
        zone = ZoneInfo(self.zone)
        start = datetime.combine(day, time(*divmod(self.start, 60)))
        yield from _instants(start, zone)
        shift = _shift_on(day, zone)
        if shift is not None:
            yield shift

    def to_json(self) -> dict[str, Any]:
        """Return this window as JSON values, for storing."""
        return {"days": list(self.days), "from": clock(self.start), "to": clock(self.end), "zone": self.zone}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(tuple(value["days"]), minutes(value["from"]), minutes(value["to"]), value["zone"])


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time in which nothing is sent; `start` and `end` are what the clock in the zone says, `end` is outside."""

    start: datetime
    end: datetime
    zone: str
    why: str = ""

    @property
    def begins_at(self) -> datetime:
        """The moment it begins, the first one where the clock shows it twice."""
        return min(_instants(self.start, ZoneInfo(self.zone)))

    @property
    def ends_at(self) -> datetime:
        """The moment it ends, the last one where the clock shows it twice."""
        return max(_instants(self.end, ZoneInfo(self.zone)))

    def contains(self, at: datetime) -> bool:
        """Say whether nothing is sent at this moment."""
        return self.begins_at <= at < self.ends_at

    def to_json(self) -> dict[str, Any]:
        """Return this freeze as JSON values, for storing."""
        return {"from": self.start.isoformat(), "to": self.end.isoformat(), "zone": self.zone, "why": self.why}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        start, end = datetime.fromisoformat(value["from"]), datetime.fromisoformat(value["to"])
        return cls(start, end, value["zone"], value["why"])


def minutes(text: str) -> int:
    """Read `08:00` as minutes of the day; `24:00` is its end. Raises ValueError."""
    if text == "24:00":
        return MINUTES_OF_A_DAY
    read = time.fromisoformat(text)
    if read.strftime("%H:%M") != text:
        raise ValueError(text)
    return read.hour * 60 + read.minute


def clock(minute: int) -> str:
    """Write minutes of the day as `08:00`."""
    return "{:02}:{:02}".format(*divmod(minute, 60))


# A moment is looked for step by step, over the same days again and again.
@lru_cache(maxsize=4096)
def _instants(local: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return both moments that a local time can mean; where the clock jumps, one lies on each side of the jump."""
    there = local.replace(tzinfo=zone)
    return there.replace(fold=0).astimezone(UTC), there.replace(fold=1).astimezone(UTC)


@lru_cache(maxsize=4096)
def _shift_on(day: date, zone: ZoneInfo) -> datetime | None:
    """Return the moment of a day at which the zone's clock is moved, None on an ordinary day."""
    low = min(_instants(datetime.combine(day, time.min), zone))
    high = max(_instants(datetime.combine(day + timedelta(days=1), time.min), zone))
    before = low.astimezone(zone).utcoffset()
    if before == high.astimezone(zone).utcoffset():
        return None
    while (between := (high - low) // timedelta(seconds=1)) > 1:
        middle = low + timedelta(seconds=between // 2)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
