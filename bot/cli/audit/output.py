"""The forms in which the audit record is printed: no value is cut off, and nothing in it can steer a terminal."""

import csv
import json
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Protocol, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.audit.words import lines_of
from bot.domain.audit import ChainedEvent, canonical_json
from bot.domain.label import format_label
from bot.store.audit import Head

_ROWS_A_TABLE = 200
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PLAIN_COLUMNS = (7, 27, 13, 22, 8, 15)
# With these a spreadsheet begins a formula, the last four in some languages of it.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Output(Protocol):
    """Prints a record event by event, so that one of any length can be printed."""

    def begin(self) -> None:
        """Start."""

    def event(self, event: ChainedEvent) -> None:
        """Print one event."""

    def end(self, head: Head) -> None:
        """Say where the record ends."""


class JsonlOutput:
    """One JSON object a line, with every field that is hashed; the last line is the head of the whole record.

    What some reader takes for the end of a line, or a terminal for an order, stands there by its number.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def begin(self) -> None:
        """Start without a heading."""

    def event(self, event: ChainedEvent) -> None:
        """Print one event."""
        self._out.write(_visible_json(_values(event)) + "\n")

    def end(self, head: Head) -> None:
        """Print the head."""
        self._out.write(canonical_json({"head": {"id": head.event_id, "hash": head.hash}}) + "\n")


class CsvOutput:
    """Comma-separated values with a heading; `before` and `after` are JSON; the head goes to standard error.

    Spreadsheets calculate what looks like a formula, and what people write must not: an apostrophe stands before it.
    Where semicolons separate values, one within a reason would begin a cell: JSON says it by its number as well.
    """

    def __init__(self, out: TextIO) -> None:
        self._writer = csv.writer(out, lineterminator="\n")

    def begin(self) -> None:
        """Print the heading."""
        self._writer.writerow([f.name for f in _ordered_fields()])

    def event(self, event: ChainedEvent) -> None:
        """Print one event."""
        values = _values(event)
        self._writer.writerow([_cell(value) for value in values.values()])

    def end(self, head: Head) -> None:
        """Print the head."""
        _print_head(head)


class TableOutput:
    """A table for people: in words and colours on a terminal, a plain whole line an event in a pipe.

    The head goes to standard error.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._console = Console(file=out) if out.isatty() else None
        self._rows: list[tuple[str, ...]] = []
        self._count = 0

    def begin(self) -> None:
        """Print the heading of the plain form."""
        if self._console is None:
            self._plain(("ID", "AT", "WHO", "EVENT", "CHANGE", "FROM", "WHAT"))

    def event(self, event: ChainedEvent) -> None:
        """Print one event, or keep it for the next table."""
        self._count += 1
        names = (
            visible(event.actor_id),
            visible(event.event),
            "" if event.change_id is None else format_label(event.change_id),
            visible(event.origin),
        )
        if self._console is None:
            self._plain((str(event.id), _at(event.at), *names, visible(_what(event))))
            return
        what = "\n".join(visible(line) for line in lines_of(event))
        self._rows.append((str(event.id), f"{event.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}", *names, what))
        if len(self._rows) == _ROWS_A_TABLE:
            self._print_table()

    def end(self, head: Head) -> None:
        """Print what is left, and the head."""
        if self._rows:
            self._print_table()
        if self._count == 0:
            sys.stderr.write("No audit event fits.\n")
        _print_head(head)

    def _plain(self, row: tuple[str, ...]) -> None:
        padded = [cell.ljust(width) for cell, width in zip(row, _PLAIN_COLUMNS, strict=False)]
        self._out.write("  ".join([*padded, row[-1]]).rstrip() + "\n")

    def _print_table(self) -> None:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for heading, style in (
            ("ID", "dim"),
            ("At (UTC)", ""),
            ("Who", "cyan"),
            ("Event", "bold"),
            ("Change", "magenta"),
        ):
            table.add_column(heading, style=style, no_wrap=True, overflow="fold")
        table.add_column("From", overflow="fold")
        table.add_column("What", overflow="fold", ratio=1)
        for row in self._rows:
            # Text, not markup: what people wrote must not be read as styles.
            table.add_row(*(Text(cell) for cell in row))
        if self._console is not None:
            self._console.print(table)
        self._rows.clear()


def _cell(value: Any) -> Any:
    if isinstance(value, Mapping):
        # Semicolons stand in the texts of JSON alone.
        return _visible_json(value).replace(";", "\\u003b")
    if not isinstance(value, str):
        return value
    # A lone carriage return would end the row: the writer puts no quotes around it.
    shown = visible(value)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _visible_json(value: object) -> str:
    """Write JSON that says the same, and holds nothing that can only be seen by what it does."""
    written = canonical_json(value)
    if written.isascii() and written.isprintable():
        return written
    return "".join(json.dumps(c)[1:-1] if unicodedata.category(c) in _UNSEEN else c for c in written)


def visible(text: str) -> str:
    """Write control characters, and those that reorder or hide text, as their escapes."""
    return "".join(f"\\u{ord(letter):04x}" if unicodedata.category(letter) in _UNSEEN else letter for letter in text)


def _what(event: ChainedEvent) -> str:
    before, after = (None if value is None else canonical_json(value) for value in (event.before, event.after))
    if before is None or before == "{}":
        return after or ""
    return f"{before} -> {after}"


def _ordered_fields() -> list[Any]:
    found = {f.name: f for f in fields(ChainedEvent)}
    return [found.pop("id"), *found.values()]


def _values(event: ChainedEvent) -> dict[str, Any]:
    values = {f.name: getattr(event, f.name) for f in _ordered_fields()}
    return {name: _at(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _print_head(head: Head) -> None:
    sys.stderr.write(f"Head: {json.dumps({'id': head.event_id, 'hash': head.hash})}\n")
