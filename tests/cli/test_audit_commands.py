import asyncio
import contextlib
import csv
import io
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli.audit.time_options import read_moment
from bot.domain.audit import AuditEvent, ChainedEvent, digest
from bot.store import audit
from bot.store.database import Database
from bot.store.migrate import upgrade
from tests.cli.command import route_number

START = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


async def _fill(url: str) -> None:
    database = Database.connect(url)
    await upgrade(database)
    async with database.transaction() as tx:
        await audit.append(
            tx,
            [
                AuditEvent(
                    at=START + timedelta(hours=hour),
                    team_id="T1",
                    actor_id="U1" if hour % 2 else "U2",
                    event="routing.paused",
                    origin="slack:command",
                    after={
                        "note": "a \x1b[31mred\x1b[0m [bold]line[/bold],\nand \u202e another " + "x" * 300,
                        "hour": hour,
                    },
                )
                for hour in range(6)
            ],
        )
    await database.dispose()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("record")
    asyncio.run(_fill(f"sqlite:///{folder / 'route-number.db'}"))
    return folder


@pytest.fixture
def record(filled: Path, tmp_path: Path) -> Path:
    with sqlite3.connect(filled / "route-number.db") as source, sqlite3.connect(tmp_path / "route-number.db") as copy:
        source.backup(copy)
    source.close()
    copy.close()
    return tmp_path


def tamper(record: Path, *statements: str) -> None:
    """Do what somebody with the database file could do: the triggers are the first to go."""
    connection = sqlite3.connect(record / "route-number.db")
    with connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("command", ["history", "verify-audit"])
def test_reading_commands_create_nothing(command: str, tmp_path: Path) -> None:
    ended = route_number(command, cwd=tmp_path)
    assert ended.code == 2
    assert "does not exist yet" in ended.complaint()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["history", "verify-audit"])
def test_a_database_without_schema_is_one_line_and_stays_so(command: str, tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "route-number.db").close()
    ended = route_number(command, cwd=tmp_path)
    assert ended.code == 2
    assert "route-number migrate" in ended.complaint()
    with contextlib.closing(sqlite3.connect(tmp_path / "route-number.db")) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_migrate_says_from_which_schema_to_which(tmp_path: Path) -> None:
    first, second = (route_number("migrate", cwd=tmp_path) for _ in range(2))
    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith("Migrated the schema from nothing to ")
    assert second.out.startswith("The schema is at ")


def test_a_newer_releases_schema_is_said_and_left_alone(tmp_path: Path) -> None:
    route_number("migrate", cwd=tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "route-number.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '20991231_of_the_future'")
    ended = route_number("migrate", cwd=tmp_path)
    assert ended.code == 0
    assert "a newer release's (20991231_of_the_future): install that one" in ended.out
    assert route_number("verify-audit", cwd=tmp_path).code == 0


def test_g7_verify_audit_gives_count_and_head(record: Path) -> None:
    ended = route_number("verify-audit", cwd=record)
    assert ended.code == 0
    assert ended.lines()[0] == "OK: 6 audit events, the chain holds."
    assert ended.lines()[1].startswith("Head: event 6, hash ")


@pytest.mark.parametrize(
    ("statements", "event_id"),
    [
        (["UPDATE audit_events SET actor_id = 'U9' WHERE id = 3"], 3),
        (["DELETE FROM audit_events WHERE id = 4"], 5),
        (["DELETE FROM audit_events WHERE id = 1"], 2),
        (["DELETE FROM audit_events WHERE id = 6"], 6),
        (["DELETE FROM audit_events WHERE id >= 5"], 5),
        (["DELETE FROM audit_events"], 1),
        (["UPDATE audit_head SET event_id = 4"], 4),
        (["UPDATE audit_head SET event_id = 'x'"], 7),
        (["DELETE FROM audit_head"], 7),
        (["DELETE FROM audit_head", "UPDATE audit_events SET at = 'x' WHERE id = 5"], 5),
        (["UPDATE audit_events SET after = '{bad' WHERE id = 3"], 3),
        (["UPDATE audit_events SET after = '' WHERE id = 3"], 3),
        (["UPDATE audit_events SET after = x'7b7d' WHERE id = 3"], 3),
        (["UPDATE audit_events SET after = replace(after, '{', '{ ') WHERE id = 3"], 3),
        (["""UPDATE audit_events SET after = replace(after, '{', '{"hour":9,') WHERE id = 3"""], 3),
        (["UPDATE audit_events SET after = printf('%.100000c', '[') WHERE id = 3"], 3),
        (["UPDATE audit_events SET at = 'x' WHERE id = 2"], 2),
        (["UPDATE audit_events SET at = 17 WHERE id = 2"], 2),
        (["UPDATE audit_events SET at = '0001-01-01T00:00:00+23:00' WHERE id = 2"], 2),
        (["UPDATE audit_events SET at = replace(at, '+00:00', 'Z') WHERE id = 2"], 2),
        (["UPDATE audit_events SET actor_id = x'ff' WHERE id = 4"], 4),
        (["UPDATE audit_events SET actor_id = CAST(x'ff' AS TEXT) WHERE id = 4"], 4),
        (["UPDATE audit_events SET actor_id = CAST(actor_id AS BLOB) WHERE id = 4"], 4),
        (["UPDATE audit_events SET change_id = 'x' WHERE id = 4"], 4),
        (["UPDATE audit_events SET id = -5 WHERE id = 1"], -5),
        (["UPDATE audit_head SET hash = replace(hash, '1', '2')"], 6),
        (
            [
                "UPDATE audit_events SET id = 99 WHERE id = 2",
                "UPDATE audit_events SET id = 2 WHERE id = 3",
                "UPDATE audit_events SET id = 3 WHERE id = 99",
            ],
            2,
        ),
    ],
)
def test_g7_verify_audit_names_the_first_broken_entry(record: Path, statements: list[str], event_id: int) -> None:
    tamper(record, "PRAGMA foreign_keys = OFF", *statements)
    ended = route_number("verify-audit", cwd=record)
    assert ended.code == 1
    assert ended.complaint().startswith(f"BROKEN at event {event_id}: ")


def test_g7_the_jsonl_export_can_be_checked_offline_and_carries_the_head(record: Path) -> None:
    ended = route_number("history", "--format", "jsonl", cwd=record)
    assert (ended.code, ended.err) == (0, "")
    *lines, last = [json.loads(line) for line in ended.lines()]
    events = [ChainedEvent(**{**line, "at": datetime.fromisoformat(line["at"])}) for line in lines]
    assert [event.id for event in events] == [1, 2, 3, 4, 5, 6]
    assert all(digest(e, id=e.id, previous_hash=e.previous_hash) == e.hash for e in events)
    assert last == {"head": {"id": 6, "hash": events[-1].hash}}


def test_a_csv_export_holds_everything(record: Path) -> None:
    ended = route_number("history", "--format", "csv", cwd=record)
    rows = list(csv.DictReader(io.StringIO(ended.out)))
    assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert json.loads(rows[0]["after"])["note"].endswith("x" * 300)
    assert ended.err.startswith('Head: {"id": 6, ')


def test_g11_a_piped_table_is_plain_whole_and_cannot_steer_a_terminal(record: Path) -> None:
    ended = route_number("history", cwd=record)
    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert "\u202e" not in ended.out
    assert "[bold]line[/bold]" in ended.out
    assert len(ended.lines()) == 7
    assert all("x" * 300 in line for line in ended.lines()[1:])
    assert "Head: " in ended.err


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (["--by", "U1"], [2, 4, 6]),
        (["--by", "<@U2>"], [1, 3, 5]),
        (["--since", "2026-03-31T14:00"], [3, 4, 5, 6]),
        (["--since", "2026-03-31T16:00+02:00"], [3, 4, 5, 6]),
        (["--until", "2026-03-31T14:00"], [1, 2]),
        (["--until", "2026-03-31"], [1, 2, 3, 4, 5, 6]),
        (["--until", "2026-03-30"], []),
        (["--since", "2h"], []),
        (["--change", "RN-12"], []),
        (["--number", "+1 555 0100"], []),
        (["--number", "ext-\udcff"], []),
        (["--by", "U1", "--since", "2026-03-31T14:00"], [4, 6]),
    ],
)
def test_filters(record: Path, arguments: list[str], ids: list[int]) -> None:
    ended = route_number("history", *arguments, "--format", "jsonl", cwd=record)
    assert ended.code == 0
    *events, head = [json.loads(line) for line in ended.lines()]
    assert [event["id"] for event in events] == ids
    assert head["head"]["id"] == 6


def test_an_empty_table_says_so(record: Path) -> None:
    assert "No audit event fits." in route_number("history", "--by", "U9", cwd=record).err


def test_moments() -> None:
    now = datetime(2026, 4, 2, 8, 0, tzinfo=UTC)
    assert read_moment("90s", now=now) == now - timedelta(seconds=90)
    assert read_moment("2h", now=now) == now - timedelta(hours=2)
    assert read_moment("7d", now=now) == now - timedelta(days=7)
    assert read_moment("2026-04-01", now=now) == datetime(2026, 4, 1, tzinfo=UTC)
    assert read_moment("2026-04-01", now=now, is_end=True) == datetime(2026, 4, 2, tzinfo=UTC)
    assert read_moment("2026-04-01T10:00-05:00", now=now) == datetime(2026, 4, 1, 15, tzinfo=UTC)
    for text in ("", "h", "-2h", "2y", "soon", "999999w9"):
        with pytest.raises(ValueError, match=r"."):
            read_moment(text, now=now)


def test_history_prints_the_events_of_one_name(record: Path) -> None:
    """What an older or a newer release has recorded is found by its name, too."""
    known, found = (
        route_number("history", "--event", name, cwd=record) for name in ("override.reviewed", "routing.paused")
    )
    assert (known.code, known.out.count("\n")) == (0, 1)
    assert "No audit event fits." in known.err
    assert found.out.count("routing.paused") == 6


def test_history_refuses_a_name_that_no_event_has(record: Path) -> None:
    ended = route_number("history", "--event", "override.review", cwd=record)
    assert (ended.code, ended.out) == (2, "")
    assert "--event must be the name of an event, such as override.reviewed" in ended.complaint()
