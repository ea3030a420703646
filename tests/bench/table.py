"""The figures of a run: medians over its rounds, their spread, and the ratio to the floor of the same run."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass
class Figure:
    """One figure: a value a round, and those of its floor in the same rounds."""

    what: str
    subject: str
    unit: str
    values: list[float] = field(default_factory=list)
    floor: str = ""
    floor_values: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float | None:
        """Return the median over the floor's."""
        below = median(self.floor_values) if self.floor_values else 0
        return median(self.values) / below if below else None


class Figures:
    """All figures of a run, in the order in which they came up first."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, str], Figure] = {}

    def add(self, what: str, subject: str, unit: str, value: float) -> None:
        """Add the value of one round."""
        self._by_name.setdefault((what, subject), Figure(what, subject, unit)).values.append(value)

    def compare(self, what: str, floor: str, *, of: str | None = None) -> None:
        """Compare a figure of all subjects with a floor's: of the same name, or of the name `of`."""
        below = self._by_name.get((of or what, floor))
        for (name, subject), figure in self._by_name.items():
            if below is not None and name == what and (subject, of) != (floor, None):
                figure.floor, figure.floor_values = f"{floor}{f', {of}' if of else ''}", below.values

    def __iter__(self) -> Iterator[Figure]:
        return iter(self._by_name.values())

    def to_json(self) -> str:
        """Write all values for machines."""
        rows: list[dict[str, Any]] = [{**asdict(each), "ratio": each.ratio} for each in self._by_name.values()]
        return json.dumps(rows, indent=1)

    def show(self) -> None:
        """Print the table."""
        table = Table("what", "subject", "median", "spread", "unit", "ratio", "of")
        for each in self._by_name.values():
            spread = f"{_short(min(each.values))} to {_short(max(each.values))}"
            ratio = "" if each.ratio is None else f"{_short(each.ratio)} x"
            table.add_row(each.what, each.subject, _short(median(each.values)), spread, each.unit, ratio, each.floor)
        Console(width=None if Console().is_terminal else 160).print(table)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
