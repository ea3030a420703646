"""Holds every transaction of the tests against the one order in which rows are locked on PostgreSQL.

Whom the server found to wait in a circle all the same fails the test as well.

The order stands in the docstring of `bot.store.database`, and is read from there. What is not in it belongs to one of
those that are. Bots that are processes of their own are not watched.
"""

import re
from collections.abc import Callable, Iterator
from weakref import WeakKeyDictionary

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext

from bot.store import database

_ORDER = {
    name: place
    for place, line in enumerate(re.findall(r"^\d+\. (.+)$", database.__doc__ or "", re.MULTILINE))
    for name in re.findall(r"`([^`]+)`", line)
}
_TURN = "pg_advisory_xact_lock"
_LOCK = re.compile(r"\bFOR (?:NO KEY )?UPDATE(?: OF (\w+))?")
_FROM = re.compile(r"\bFROM (\w+)")
_WRITE = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")
_WAITS_FOR_NOBODY = "SKIP LOCKED"
_DEADLOCK = "40P01"
# A migration is alone, or waits only for as long as it may.
_OF_MIGRATIONS = ("CREATE", "ALTER", "DROP")

_held: "WeakKeyDictionary[Connection, set[str]]" = WeakKeyDictionary()
_migrating: "WeakKeyDictionary[Connection, bool]" = WeakKeyDictionary()
# What was locked in another order so far.
broken: list[str] = []


def _locked_by(statement: str, parameters: object) -> str | None:
    """Return what a statement locks, None for what only reads, or writes what was locked before."""
    if _TURN in statement:
        return next((name for name in _ORDER if name in str(parameters)), None)
    if lock := _LOCK.search(statement):
        alias = re.search(rf"\b(\w+) AS {lock[1]}\b", statement)
        found = alias or (None if lock[1] else _FROM.search(statement))
        return found[1] if found else lock[1]
    write = _WRITE.search(statement)
    if write is None or statement.startswith("INSERT INTO cards"):
        return None
    # A change is written by whoever has locked it, or while nobody else knows of it.
    return None if write[1] == "changes" else write[1]


def _note(connection: Connection, _cursor: object, statement: str, parameters: object, *_: object) -> None:
    if connection.dialect.name != "postgresql" or connection in _migrating:
        return
    if statement.startswith(_OF_MIGRATIONS):
        _migrating[connection] = True
        return
    name = _locked_by(statement, parameters)
    if name is None or name not in _ORDER:
        return
    held = _held.setdefault(connection, set())
    last = max(held, key=_ORDER.__getitem__, default=name)
    if _ORDER[name] < _ORDER[last] and _WAITS_FOR_NOBODY not in statement:
        broken.append(f"{name}, behind {last}: {statement[:300]}")
    held.add(name)


def _end(connection: Connection) -> None:
    _held.pop(connection, None)


def pytest_configure(config: pytest.Config) -> None:
    """Let tests say that a transaction of theirs is none that the bot has."""
    config.addinivalue_line("markers", "locks_by_hand: takes rows in an order of its own")


def _note_circle(context: ExceptionContext) -> None:
    if getattr(context.original_exception, "sqlstate", None) == _DEADLOCK:
        broken.append(f"waited in a circle: {context.statement}")


@pytest.fixture(scope="session", autouse=True)
def watched_locks() -> Iterator[None]:
    """Watch all that is sent."""
    seams: dict[str, Callable[..., None]] = {"before_cursor_execute": _note, "commit": _end, "rollback": _end}
    seams["handle_error"] = _note_circle
    for name, listener in seams.items():
        event.listen(Engine, name, listener)
    yield
    for name, listener in seams.items():
        event.remove(Engine, name, listener)


@pytest.fixture(autouse=True)
def rows_are_locked_in_one_order(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which they were not."""
    broken.clear()
    yield
    is_watched = request.node.get_closest_marker("locks_by_hand") is None
    assert not is_watched or not broken, "\n".join(broken)
