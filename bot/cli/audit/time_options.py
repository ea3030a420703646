"""Moments as people write them on a command line: ISO dates and times, or how long ago."""

import re
from datetime import UTC, datetime, timedelta

_AGO = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

FORMS = "an ISO date or time, as 2026-03-31 or 2026-03-31T14:00 (in UTC), or how long ago, as 2h or 7d"


def read_moment(text: str, *, now: datetime, is_end: bool = False) -> datetime:
    """Read a moment; a date alone is its beginning, or with `is_end` the end of that day.

    Raises:
        ValueError: It is none.
    """
    text = text.strip()
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if is_end and _DATE.fullmatch(text):
        moment += timedelta(days=1)
    return moment.astimezone(UTC)
