"""The record's exports hold any text: for a spreadsheet no formula, for a program one line an event, for a terminal
no order."""

import contextlib
import csv
import io
import json
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from bot.cli.audit.output import CsvOutput, JsonlOutput, Output, TableOutput, visible
from bot.domain.audit import GENESIS, AuditEvent, ChainedEvent, chain, digest
from bot.domain.storable import is_storable_text
from bot.store.audit import Head

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
HOSTILE = (
    *(f'{sign}HYPERLINK("https://evil.example","ok")' for sign in FORMULAS),
    'a;=cmd|"/c calc"!A1',
    'a","=1+1","',
    "\n=1+1\r\n@SUM(A1)",
    "\x1b]0;title\x07\x1b[2J",
    "\x9b31mred",
    "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg",
    "\u202eetats\u202c",
    "\U000e0001tagged",
    "'quoted",
    "",
)
texts = st.sampled_from(HOSTILE) | st.text(max_size=40).filter(is_storable_text)
values = st.recursive(
    texts | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
events = st.builds(
    AuditEvent,
    at=st.just(datetime(2026, 3, 31, 12, tzinfo=UTC)),
    team_id=texts,
    actor_id=texts,
    event=texts,
    origin=texts,
    change_id=st.none() | st.integers(1, 10**9),
    before=st.none() | st.dictionaries(texts, values, max_size=3),
    after=st.dictionaries(texts, values, max_size=3),
)


def printed(make: Callable[[io.StringIO], Output], *kept: ChainedEvent) -> str:
    out = io.StringIO(newline="")
    output = make(out)
    output.begin()
    for event in kept:
        output.event(event)
    with contextlib.redirect_stderr(io.StringIO()):
        output.end(Head(len(kept), GENESIS))
    return out.getvalue()


def kept(event: AuditEvent) -> ChainedEvent:
    return chain(event, id=1, previous_hash=GENESIS)


def cells_of(text: str, separator: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]


@given(events)
def test_g11_no_cell_of_a_csv_export_is_a_formula_and_each_says_what_was_recorded(event: AuditEvent) -> None:
    text = printed(CsvOutput, kept(event))
    assert not [cell for cell in cells_of(text, ",") if cell.startswith(FORMULAS)]
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    for name in ("team_id", "actor_id", "event", "origin"):
        assert row[name] in (visible(getattr(event, name)), f"'{visible(getattr(event, name))}")
    assert json.loads(row["after"]) == event.after
    assert (json.loads(row["before"]) if row["before"] else None) == event.before


@given(texts)
def test_g11_where_semicolons_separate_cells_no_reason_begins_one(reason: str) -> None:
    event = AuditEvent(
        at=datetime(2026, 3, 31, tzinfo=UTC), team_id="T1", actor_id="U1", event="e", origin="o", after={"r": reason}
    )
    text = printed(CsvOutput, kept(event))
    assert not [cell for cell in cells_of(text, ";") if cell.startswith(FORMULAS)]


@given(events)
def test_g11_a_jsonl_export_is_one_line_an_event_whose_hash_can_be_checked(event: AuditEvent) -> None:
    text = printed(JsonlOutput, kept(event), kept(event))
    first, second, head = text.splitlines()
    assert first == second
    assert all(character == "\n" or is_seen(character) for character in text)
    assert json.loads(head)["head"]["id"] == 2
    read: dict[str, Any] = json.loads(first)
    back = ChainedEvent(**{**read, "at": datetime.fromisoformat(read["at"])})
    assert digest(back, id=back.id, previous_hash=back.previous_hash) == back.hash == kept(event).hash


@given(events)
def test_g11_a_table_in_a_pipe_is_one_line_an_event_and_no_order_to_a_terminal(event: AuditEvent) -> None:
    text = printed(TableOutput, kept(event))
    assert len(text.splitlines()) == 2
    assert all(character == "\n" or is_seen(character) for character in text)


class Terminal(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self) -> bool:
        return True


@given(events)
@example(AuditEvent(at=datetime(2026, 3, 31, tzinfo=UTC), team_id="", actor_id="", event="[bold", origin="[/]"))
def test_g11_a_table_on_a_terminal_sends_the_orders_of_its_own_styles_alone(event: AuditEvent) -> None:
    terminal = Terminal()
    output = TableOutput(terminal)
    output._console = Console(file=terminal, width=200, color_system=None, force_terminal=False)
    output.begin()
    output.event(kept(event))
    with contextlib.redirect_stderr(io.StringIO()):
        output.end(Head(1, GENESIS))
    assert all(character == "\n" or is_seen(character) for character in terminal.getvalue())


def is_seen(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp", "Cs")
