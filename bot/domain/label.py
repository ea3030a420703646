"""The name of a change as people see and write it: `RN-12`."""

import re

from bot.domain.errors import UnknownChange

_WRITTEN = re.compile(r"(?:rn\s*[-\u2010-\u2015]?\s*)?0*([1-9][0-9]{0,17})", re.IGNORECASE | re.ASCII)


def format_label(change_id: int) -> str:
    """Name the change with this id."""
    return f"RN-{change_id}"


def parse_label(text: str) -> int:
    """Read the name of a change: RN-12, rn 12 and 12 are one. Raises UnknownChange."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise UnknownChange("Changes are named like RN-12.")
    return int(match[1])
