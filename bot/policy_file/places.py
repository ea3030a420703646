"""Where something stands in a policy file: `rules[2].windows[0].zone`, and in which line, as far as that shows."""

import re
from collections import Counter
from collections.abc import Iterator

Place = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*=""")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def written(place: Place) -> str:
    """Write a place as people read it."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


class Lines:
    """Knows the lines in which tables and keys begin; what is written in an unusual way has the line around it."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Place, int] = {}
        for place, line in _scan(text):
            self._lines.setdefault(place, line)

    def describe(self, place: Place) -> str:
        """Write a place with its line."""
        nearest = next((place[:length] for length in range(len(place), 0, -1) if place[:length] in self._lines), None)
        return written(place) if nearest is None else f"{written(place)} (line {self._lines[nearest]})"


def _scan(text: str) -> Iterator[tuple[Place, int]]:
    counted: Counter[Place] = Counter()
    table: Place = ()
    key: Place = ()
    for line, content in enumerate(text.splitlines(), start=1):
        if header := _HEADER.fullmatch(content):
            table = _table(header[2].split("."), counted, is_array=header[1] == "[[")
            key = ()
            yield table, line
        elif found := _KEY.match(content):
            key = (*table, next(name for name in found.groups() if name is not None))
            yield key, line
        elif key and content.lstrip().startswith("{"):
            # One table a line, in a list over several lines.
            counted[key] += 1
            yield (*key, counted[key] - 1), line


def _table(names: list[str], counted: Counter[Place], *, is_array: bool) -> Place:
    """Return the place of a table that a header begins; a header inside a list is in its last element."""
    place: Place = ()
    for position, name in enumerate(names):
        place = (*place, name)
        is_last = position == len(names) - 1
        if is_last and is_array:
            counted[place] += 1
        if counted[place]:
            place = (*place, counted[place] - 1)
    return place
