"""How the values of a policy file are read where a type cannot say it. Each raises ValueError with what is wrong."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.number import normalise, without_invisible
from bot.domain.rules.windows import minutes

_DURATION = re.compile(r"([1-9][0-9]{0,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LONGEST = timedelta(days=365)


def duration(value: Any) -> timedelta:
    """Read `90m`, `8h` or `2d`."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    length = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None
    if length is None or length > LONGEST:
        raise ValueError
    return length


def minute_of_day(value: Any) -> int:
    """Read `08:00`."""
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 - pydantic takes a ValueError for a wrong value
    return minutes(value)


def zone(value: str) -> str:
    """Read the name of a time zone."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, OSError) as exc:
        raise ValueError from exc
    return value


def local_time(value: datetime) -> datetime:
    """Read what a clock on the wall says: the zone stands beside it."""
    if value.tzinfo is not None:
        raise ValueError
    return value


def number(value: str) -> str:
    """Read a number as it is listed: a phone number in any writing becomes E.164, anything else stays as it is."""
    written = without_invisible(value)
    if not written.startswith("+") or "*" in written or "?" in written:
        return written
    return normalise(written, None) or written


def line(value: str) -> str:
    """Read a name: some visible characters on one line, that cannot be taken for one of Slack's mentions."""
    text = " ".join(value.split())
    if not text or not {"<", ">"}.isdisjoint(text) or without_invisible(value) != value.strip() or len(text) > 75:  # noqa: PLR2004 - Slack's room for a button
        raise ValueError
    return text
