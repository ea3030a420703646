"""Databases with a long history: 200,000 changes and 1,000,000 events, written by the databases themselves.

Triggers are off meanwhile. The last 600 changes are open, the others have ended; each has its review and five events.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # It ships no types.

from bot.domain.audit import canonical_json
from tests.store.stored_changes import RITA, TEAM, draft, key

CHANGES = 200_000
EVENTS = 5 * CHANGES
OPEN = 600
NUMBERS = 2000
# All of it happened within a second, each event a microsecond after the one before.
START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(seconds=1)

_CONSTANTS = {
    "team_id": TEAM,
    "account_sid": key().account_sid,
    "workspace_id": key().workspace_id,
    "requester_id": RITA,
    "reason": "Because",
    "before": canonical_json(draft().before.to_json()),
    "patch": canonical_json(draft().patch.to_json()),
    "touched": 1,
    "agent_names": "{}",
    "is_outbound_version_newest": False,
    "policy": canonical_json(draft().policy.to_json()),
    "quorum": 1,
    "channel_id": "C1",
    "revision": 1,
    "version": 5,
    "attempts": 1,
    "details": "{}",
}
_STATE = """CASE WHEN i <= {ended} THEN
        CASE i % 8 WHEN 0 THEN 'denied' WHEN 1 THEN 'canceled' WHEN 2 THEN 'expired' WHEN 3 THEN 'stale'
            WHEN 4 THEN 'failed' WHEN 5 THEN 'resolved' ELSE 'applied' END
    ELSE CASE i % 6 WHEN 0 THEN 'unclear' WHEN 1 THEN 'pending' WHEN 2 THEN 'pending' ELSE 'approved' END END"""

_COUNT_SQLITE = (
    "WITH RECURSIVE counted (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < {}) SELECT i FROM counted"
)


def number_of(change_id: int) -> str:
    """Return the number that a change of the history is about."""
    return f"+1{change_id % NUMBERS + 10_000_000}"


def fill_sqlite(path: Path, changes: int = CHANGES) -> None:
    """Write the history into a migrated file, and let SQLite look at it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for setting in ("synchronous = OFF", "journal_mode = OFF", "cache_size = -500000"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("BEGIN")
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in _history("text", _COUNT_SQLITE, changes):
            connection.execute(statement)
        for _, definition in triggers:
            connection.execute(definition)
        connection.execute("COMMIT")
        connection.execute("ANALYZE")


async def fill_postgresql(url: str, changes: int = CHANGES) -> None:
    """Write the history into a migrated database."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        # Nobody reads this after a crash; a table goes after those that refer to it.
        for table in (
            "outbox",
            "review_rules",
            "change_rules",
            "overrides",
            "reviews",
            "cards",
            "changes",
            "audit_events",
        ):
            await connection.execute(f"ALTER TABLE {table} SET UNLOGGED")
        for statement in _history("timestamptz", "SELECT i FROM generate_series(1, {}) AS i", changes):
            await connection.execute(statement)
        # As autovacuum leaves tables that have grown over years.
        await connection.execute("VACUUM (ANALYZE) changes, reviews, change_rules, review_rules, audit_events, outbox")
    finally:
        await connection.close()


def _history(time: str, count: str, changes: int) -> Iterator[str]:
    """Write the statements; `time` is the type of times, and `count` formatted with a number counts up to it."""
    at = f"CAST('2026-01-01T00:00:00.' || {_digits('(i - 1) * 5', 6)} || '+00:00' AS {time})"

    def moment(day_and_time: str) -> str:
        return f"CAST('{day_and_time}.000000+00:00' AS {time})"

    was_decided = "state NOT IN ('pending', 'denied', 'canceled')"
    columns = {
        **{name: _literal(value) for name, value in _CONSTANTS.items()},
        "number": f"'+1' || CAST(i % {NUMBERS} + 10000000 AS text)",
        "before_at": at,
        "submission_key": "'history-' || CAST(i AS text)",
        "created_at": at,
        # Of the open ones nothing has expired, and nothing can be sent: it waits, or is planned for later.
        "expires_at": moment("2026-01-02T00:00:00"),
        "due_at": f"CASE WHEN state = 'approved' AND i % 6 = 5 THEN {moment('2026-02-01T00:00:00')} ELSE {at} END",
        "not_before": f"CASE WHEN state = 'approved' THEN {moment('2026-01-01T00:10:00')} END",
        "state": "state",
        "approved_at": f"CASE WHEN {was_decided} THEN {at} END",
        "apply_before": f"CASE WHEN {was_decided} THEN {moment('2026-03-01T00:00:00')} END",
        "approval_order": f"CASE WHEN {was_decided} THEN i END",
        "finished_at": f"CASE WHEN state NOT IN ('pending', 'approved') THEN {at} END",
        "leased_until": f"CASE WHEN state = 'unclear' THEN {at} END",
    }
    state, events = _STATE.format(ended=changes - OPEN), changes * 5
    with_states = f"SELECT i, {state} AS state FROM ({count.format(changes)}) AS n"  # noqa: S608 - all of it is written here.
    yield _insert("changes", columns, with_states)
    review = {"change_id": "i", "revision": "1", "reviewer_id": "'UALAN'", "verdict": "'approve'", "at": at}
    yield _insert("reviews", review, count.format(changes))
    rule = {"change_id": "i", "revision": "1", "name": "''", "quorum": "1", "denial": "'ends'", "is_for_all": "true"}
    yield _insert("change_rules", rule, count.format(changes))
    yield "INSERT INTO review_rules (review_id, name) SELECT id, '' FROM reviews"
    yield _insert("audit_events", _event(time), count.format(events))
    yield f"UPDATE audit_head SET event_id = {events}, hash = '{'0' * 57}{events:07}'"  # noqa: S608 - see above.
    message = {
        "team_id": _literal(TEAM),
        "lane": "'change/' || CAST(i AS text)",
        "kind": "'thread'",
        "change_id": "i",
        "fact": "'fact-' || CAST(i AS text)",
        "payload": "'{}'",
        "due_at": at,
        "attempts": "1",
        "done_at": f"CASE WHEN i <= {changes - OPEN} THEN {at} END",
        "is_parked": "false",
    }
    yield _insert("outbox", message, count.format(changes))


def _event(time: str) -> dict[str, str]:
    return {
        "id": "i",
        "at": f"CAST('2026-01-01T00:00:00.' || {_digits('i - 1', 6)} || '+00:00' AS {time})",
        "team_id": _literal(TEAM),
        "actor_id": "'U' || CAST(i % 50 AS text)",
        "event": "'change.step'",
        "origin": "'worker'",
        "change_id": "(i + 4) / 5",
        "change_version": "(i + 4) % 5 + 1",
        "after": "'{}'",
        "previous_hash": f"'{'0' * 57}' || {_digits('i - 1', 7)}",
        "hash": f"'{'0' * 57}' || {_digits('i', 7)}",
    }


def _insert(table: str, columns: dict[str, str], source: str) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(columns.values())} FROM ({source}) AS source"  # noqa: S608 - see above.


def _digits(number: str, width: int) -> str:
    """Write a number with leading zeros, in the words of both dialects."""
    return f"substr(CAST({10**width} + {number} AS text), 2)"


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()
