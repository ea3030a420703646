"""No look reads more because the history has grown: the plans, and the rows that are read by them, of all hot queries.

Each statement that the real code sends is explained, with its parameters, at 200,000 changes and 1,000,000 events. On
SQLite that is done without statistics, as the bot runs there, and with those that an operator may have gathered.
"""

import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import ALL_FIELDS, Assignment
from bot.domain.outside import MovedOutside
from bot.domain.policy import Review, Verdict
from bot.service.messages import card_is_dirty
from bot.store import (
    audit,
    bundles,
    cards,
    changes,
    claims,
    elsewhere,
    outbox,
    outbox_depth,
    overlaps,
    overrides,
    own_deeds,
    reviews,
)
from bot.store.database import Database
from bot.store.held import hold
from tests.clock import StillClock
from tests.databases import _execute, _migrate, _run
from tests.store.long_history import CHANGES, NOW, START, fill_postgresql, fill_sqlite, number_of
from tests.store.stored_changes import ALAN, LEASE, TEAM, draft, event_of, key

Look = Callable[[AsyncConnection], Awaitable[object]]

# Writing the history takes a while on a busy machine.
pytestmark = pytest.mark.timeout(300)

BIG = ("changes", "reviews", "change_rules", "review_rules", "audit_events", "outbox", "overrides")
PARTIAL = ("ix_outbox_due", "ix_outbox_undone", "ix_overrides_unreviewed", "ix_changes_number_unfinished")
# All that is open (600 changes with 600 messages), the history of one number (100 changes with 500 events), or some
# batches. Going through the smallest of the tables would be 200,000 rows, and a million steps of SQLite's machine.
MOST_ROWS = 1500
MOST = {"postgresql": 3 * MOST_ROWS, "sqlite": 100_000}
STEPS_AT_ONCE = 100
BATCH = 500
LAST = key(number_of(CHANGES))
HERE = LAST.workspace
ELSEWHERE = replace(HERE, workspace_id=77)


def a_while(first: int, last: int) -> dict[str, Any]:
    """Return the time of these events."""
    return {"since": START + timedelta(microseconds=first), "until": START + timedelta(microseconds=last)}


async def drawn(events: AsyncIterator[object]) -> None:
    """Draw two batches out of a stream."""
    count = 0
    async for _ in events:
        count += 1
        if count > BATCH:
            return


LOOKS: dict[str, Look] = {
    "next_to_apply": lambda tx: claims.next_to_apply(tx, NOW, HERE),
    "next_waiting": lambda tx: claims.next_waiting(tx, NOW, HERE),
    "next_abandoned": lambda tx: claims.next_abandoned(tx, NOW, HERE),
    "next_follow_up": lambda tx: claims.next_follow_up(tx, NOW, HERE),
    "next_expired": lambda tx: claims.next_expired(tx, NOW),
    "messages_to_claim": lambda tx: outbox.claim(tx, NOW, lease_id="x", until=NOW + LEASE, limit=8),
    "messages_not_due": lambda tx: outbox.claim(tx, START - LEASE, lease_id="x", until=NOW, limit=8),
    "depth": lambda tx: outbox_depth.depth(tx, NOW),
    "unpark_of_a_lane": lambda tx: outbox.unpark(tx, f"change/{CHANGES}", NOW),
    "reviews_of_a_change": lambda tx: reviews.of_change(tx, CHANGES),
    "pending": lambda tx: changes.pending(tx, TEAM, 20),
    "waiting_elsewhere": lambda tx: elsewhere.waiting(tx, ELSEWHERE, team_id=TEAM, limit=20),
    "count_elsewhere": lambda tx: elsewhere.count(tx, ELSEWHERE),
    "overlaps_of_a_number": lambda tx: overlaps.of_number(tx, LAST, TEAM),
    "recent_of_a_team": lambda tx: changes.recent(tx, TEAM, limit=20),
    "recent_of_a_number": lambda tx: changes.recent(tx, TEAM, key=LAST, limit=20),
    "recent_of_an_unknown_number": lambda tx: changes.recent(tx, TEAM, key=key("+2"), limit=20),
    "open_of_a_number": lambda tx: overlaps.lock_open_touching(tx, LAST, 1, except_id=1),
    "all_open_of_a_number": lambda tx: changes.open_of_number(tx, TEAM, LAST, 11),
    "changes_with_their_cards": lambda tx: cards.with_changes(tx, [77, CHANGES]),
    "cards_of_open_changes": lambda tx: cards.of_open_changes(tx, after=0, limit=200),
    "put_backs_of_a_bundle": lambda tx: bundles.find_put_backs(tx, 77),
    "own_deeds_of_numbers": lambda tx: own_deeds.of_numbers(tx, HERE, [LAST.number, number_of(77)]),
    "open_of_all_numbers": lambda tx: own_deeds.count_open(tx, HERE),
    "asked_last_of_numbers": lambda tx: own_deeds.asked_last(tx, HERE, [LAST.number, number_of(77)]),
    "a_change_with_all_beside_it": lambda tx: hold(tx, StillClock(NOW), CHANGES, beside=LAST),
    "open_of_moved_numbers": lambda tx: own_deeds.lock_open(
        tx, HERE, [MovedOutside(LAST, Assignment(), Assignment(), ALL_FIELDS)]
    ),
    "next_approval_order": lambda tx: tx.execute(select(changes.NEXT_APPROVAL_ORDER), changes.key_values(LAST)),
    "by_submission": lambda tx: changes.find_by_submission(tx, TEAM, "history-77"),
    "unreviewed_overrides": lambda tx: overrides.unreviewed(tx, TEAM, 4),
    "by_id": lambda tx: changes.lock(tx, 77, team_id=TEAM),
    "events_of_a_change": lambda tx: audit.latest(tx, audit.Filter(change_id=77), limit=1001),
    "events_of_a_change_streamed": lambda tx: drawn(audit.stream(tx, audit.Filter(change_id=77))),
    "events_of_an_actor": lambda tx: drawn(audit.stream(tx, audit.Filter(actor_id="U7"))),
    "events_of_nobody": lambda tx: drawn(audit.stream(tx, audit.Filter(actor_id="UNOBODY"))),
    "events_of_a_number": lambda tx: audit.read(tx, audit.Filter(number=number_of(77)), limit=BATCH),
    "events_of_an_unknown_number": lambda tx: audit.read(tx, audit.Filter(number="+2"), limit=1),
    "events_of_lately": lambda tx: drawn(audit.stream(tx, audit.Filter(since=NOW - timedelta(microseconds=600)))),
    "events_of_long_ago": lambda tx: drawn(audit.stream(tx, audit.Filter(until=START + timedelta(microseconds=600)))),
    "events_of_a_while": lambda tx: drawn(audit.stream(tx, audit.Filter(**a_while(500_000, 500_600)))),
    "events_of_an_actor_in_a_while": lambda tx: drawn(
        audit.stream(tx, audit.Filter(actor_id="U7", **a_while(500_000, 500_600)))
    ),
    "events": lambda tx: drawn(audit.stream(tx)),
}


@pytest.fixture(scope="module")
def long_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "route-number.db"
    shutil.copyfile(migrated_sqlite, path)
    fill_sqlite(path)
    return path


@pytest.fixture(scope="module")
def long_postgresql(postgresql_server: str) -> Iterator[str]:
    url = f"{postgresql_server}/long_history"
    _run(_execute(postgresql_server, "CREATE DATABASE long_history"))
    _run(_migrate(url))
    _run(fill_postgresql(url))
    yield url
    _run(_execute(postgresql_server, "DROP DATABASE long_history WITH (FORCE)"))


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("sqlite", marks=pytest.mark.xdist_group("long_sqlite")),
        pytest.param("sqlite_with_statistics", marks=pytest.mark.xdist_group("long_sqlite")),
        pytest.param("postgresql", marks=pytest.mark.xdist_group("long_postgresql")),
    ],
)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


class Watched:
    """A transaction on the long history, and how much it has read: rows, or steps of SQLite's machine."""

    def __init__(self, tx: AsyncConnection) -> None:
        self.tx = tx
        self.is_sqlite = tx.dialect.name == "sqlite"
        self.statements: list[tuple[str, Any]] = []
        self._steps = 0

    async def begin(self) -> None:
        event.listen(self.tx.sync_connection, "before_cursor_execute", self._note)
        if self.is_sqlite:
            raw = await self.tx.get_raw_connection()
            assert raw.driver_connection is not None
            await raw.driver_connection.set_progress_handler(self._step, STEPS_AT_ONCE)

    async def amount(self) -> int:
        """Return how much was read so far, triggers and foreign keys included."""
        if self.is_sqlite:
            return self._steps
        rows = text("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables")
        return int(await self.tx.scalar(rows) or 0)

    def _note(self, _connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if any(table in statement for table in BIG):
            self.statements.append((statement, values))

    def _step(self) -> None:
        self._steps += STEPS_AT_ONCE


@pytest.fixture
async def watched(kind: str, request: pytest.FixtureRequest) -> AsyncIterator[Watched]:
    """Open a transaction on the long history of this kind, which is rolled back."""
    if kind == "postgresql":
        url = request.getfixturevalue("long_postgresql")
    else:
        url = f"sqlite:///{request.getfixturevalue('long_sqlite')}"
    database = Database.connect(url, patience=timedelta(seconds=60))
    async with database.transaction() as tx:
        if kind == "sqlite":
            await tx.execute(text("DELETE FROM sqlite_stat1"))
            await tx.execute(text("ANALYZE sqlite_schema"))
        watched = Watched(tx)
        await watched.begin()
        yield watched
        await tx.rollback()
    await database.dispose()


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_g8_a_look_reads_no_history(watched: Watched, look: Look) -> None:
    before = await watched.amount()
    await look(watched.tx)
    assert await watched.amount() - before <= MOST[watched.tx.dialect.name]
    assert watched.statements
    for statement, values in list(watched.statements):
        scans = await (scans_of_sqlite if watched.is_sqlite else scans_of_postgresql)(watched.tx, statement, values)
        assert scans == [], statement


@pytest.mark.locks_by_hand
async def test_g8_a_step_reads_no_history_in_its_triggers_either(watched: Watched) -> None:
    tx = watched.tx
    before = await watched.amount()
    change = await changes.insert(tx, draft(number_of(77)))
    await audit.append(tx, [event_of(change)])
    given = Review(ALAN, Verdict.APPROVE, change.revision, NOW)
    change = await changes.lock(tx, change.id)
    approved = change.review(given, await reviews.of_change(tx, change.id), apply_within=timedelta(hours=1))
    await reviews.add(tx, change.id, given)
    approved = await changes.save(tx, approved)
    claimed = await changes.save(tx, approved.claim("lease", NOW, LEASE))
    await audit.append(tx, [event_of(approved), event_of(claimed)])
    await outbox.enqueue(tx, [card_is_dirty(claimed, NOW)])
    if not watched.is_sqlite:
        # What the commit would check.
        await tx.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    assert await watched.amount() - before <= MOST[tx.dialect.name]


async def scans_of_sqlite(tx: AsyncConnection, statement: str, values: Any) -> list[str]:
    """Return the steps of a plan that go through a whole big table; what an index of open rows alone holds is not."""
    plan = await tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    steps = [step["detail"] for step in plan.mappings()]
    scans = [step for step in steps if re.match(rf"SCAN ({'|'.join(BIG)}|other|earlier)\b", step)]
    return [scan for scan in scans if not any(scan.endswith(f" INDEX {index}") for index in PARTIAL)]


async def scans_of_postgresql(tx: AsyncConnection, statement: str, values: Any) -> list[str]:
    """Return the parts of a plan that go through a whole big table, or through too many rows of one."""
    explained = await tx.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", values)
    found: list[str] = []
    parts = [explained.mappings().one()["QUERY PLAN"][0]["Plan"]]
    while parts:
        part = parts.pop()
        parts += part.get("Plans", [])
        rows = (
            part["Actual Rows"] + part.get("Rows Removed by Filter", 0) + part.get("Rows Removed by Index Recheck", 0)
        )
        is_whole = part["Node Type"] == "Seq Scan" and part["Relation Name"] in BIG
        if is_whole or rows * part["Actual Loops"] > MOST_ROWS:
            found.append(f"{part['Node Type']} {part.get('Relation Name')}: {rows} * {part['Actual Loops']}")
    return found
