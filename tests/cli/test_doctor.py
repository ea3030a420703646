import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli.manifest import BOT_SCOPES, HISTORY_SCOPES
from bot.domain.assignment import Assignment, Field
from bot.domain.key import NumberKey
from bot.domain.outside import MovedOutside
from bot.sandbox.slack.app import SlackStandIn
from bot.sandbox.slack.serving import running
from bot.sandbox.slack.workspace.seed import OLD_NUMBERS, PHONE_ROUTING, RANDOM, demo_world
from bot.sandbox.uponai.app import UponAIStandIn
from bot.store import outside, pauses
from bot.store.database import Database
from tests.cli.command import SETTINGS, Ended, route_number
from tests.store.stored_changes import NOW, ask

APP_TOKEN = "xapp-very-secret"


class DoctorHarness:
    """Both stand-ins, served from a thread of their own, so that a command can be run beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = demo_world()
        self.slack = SlackStandIn(
            bot_token=SETTINGS["SLACK_BOT_TOKEN"],
            app_token=APP_TOKEN,
            signing_secret=SETTINGS["SLACK_SIGNING_SECRET"],
            request_url=None,
            world=self.world,
            page=False,
        )
        self.uponai = UponAIStandIn(
            token=SETTINGS["UPONAI_API_TOKEN"], account_sid=SETTINGS["UPONAI_ACCOUNT_SID"], workspace_id=1
        )
        self.settings = dict(SETTINGS)
        self._is_up = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with running(self.slack.app) as slack_url, running(self.uponai.app) as uponai_url:
            self.settings |= {"SLACK_API_URL": f"{slack_url}/api/", "UPONAI_API_URL": uponai_url}
            self._is_up.set()
            await self._stop.wait()
            await self.slack.close()

    def wait(self) -> None:
        assert self._is_up.wait(20)

    def end(self) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)

    def doctor(self, **settings: str) -> Ended:
        return route_number("doctor", cwd=self.folder, settings={**self.settings, **settings})


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[DoctorHarness]:
    built = DoctorHarness(tmp_path)
    thread = threading.Thread(target=built.serve)
    thread.start()
    built.wait()
    yield built
    built.end()
    thread.join()


def line_about(ended: Ended, subject: str) -> str:
    (line,) = [line for line in ended.lines() if line.split(None, 1)[1].startswith(f"{subject}: ")]
    return line


def test_all_is_well(bench: DoctorHarness) -> None:
    route_number("migrate", cwd=bench.folder)
    ended = bench.doctor(SLACK_APP_TOKEN=APP_TOKEN, SLACK_APPROVAL_CHANNEL=PHONE_ROUTING)
    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[0] for line in ended.lines()] == ["OK"] * len(ended.lines())
    for subject in (
        "settings",
        "policy",
        "database",
        "Slack token",
        "Slack scopes",
        "Slack app token",
        "approval channel",
        "UponAI token",
        "UponAI workspace",
        "UponAI account",
        "UponAI agents",
    ):
        assert line_about(ended, subject)


def test_doctor_only_reads(bench: DoctorHarness) -> None:
    ended = bench.doctor(SLACK_APPROVAL_CHANNEL=PHONE_ROUTING)
    assert ended.code == 0
    assert line_about(ended, "database").startswith("WARN ")
    assert list(bench.folder.iterdir()) == []
    assert {record.method for record in bench.slack.recorder.requests} == {"auth.test", "conversations.info"}
    assert {request["method"] for request in bench.uponai.state()["requests"]} == {"GET"}


@pytest.mark.parametrize(
    ("settings", "subject", "words"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "Slack token", "invalid_auth"),
        ({"SLACK_API_URL": "http://127.0.0.1:1/api/"}, "Slack token", "SLACK_API_URL"),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "Slack app token", "connections:write"),
        ({"SLACK_APPROVAL_CHANNEL": RANDOM}, "approval channel", "/invite @route-number"),
        ({"SLACK_APPROVAL_CHANNEL": OLD_NUMBERS}, "approval channel", "archived"),
        ({"SLACK_APPROVAL_CHANNEL": "C0NOSUCH"}, "approval channel", "channel_not_found"),
        ({"UPONAI_API_TOKEN": "wrong"}, "UponAI token", "UPONAI_API_TOKEN"),
        ({"UPONAI_API_URL": "http://127.0.0.1:1"}, "UponAI token", "UPONAI_API_URL"),
        ({"UPONAI_WORKSPACE_ID": "7"}, "UponAI workspace", "UPONAI_WORKSPACE_ID"),
        ({"UPONAI_ACCOUNT_SID": "another"}, "UponAI account", "UPONAI_ACCOUNT_SID"),
        ({"POLICY_FILE": "none.toml"}, "policy", "POLICY_FILE"),
        ({"DATABASE_URL": "postgresql://u:very-secret@127.0.0.1:1/db"}, "database", "DATABASE_URL"),
        ({"PORT": "http"}, "settings", "PORT"),
        ({"SLACK_SIGNING_SECRET": ""}, "settings", "SLACK_SIGNING_SECRET"),
        ({"UPONAI_TIMEOUT_SECONDS": "15"}, "settings", "UPONAI_TIMEOUT_SECONDS"),
    ],
)
def test_g12_a_failed_check_is_one_line_with_its_remedy(
    bench: DoctorHarness, settings: dict[str, str], subject: str, words: str
) -> None:
    ended = bench.doctor(**settings)
    line = line_about(ended, subject)
    assert ended.code == 1
    assert line.startswith("FAIL ")
    assert words in line
    assert "secret" not in (ended.out + ended.err).replace("SLACK_SIGNING_SECRET", "")


def test_g8_a_database_that_is_silent_is_a_failed_check(bench: DoctorHarness) -> None:
    # The kernel takes the connection, and nobody ever answers.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ended = bench.doctor(DATABASE_URL=f"postgresql://u:very-secret@127.0.0.1:{silent.getsockname()[1]}/db")
    assert ended.code == 1
    assert line_about(ended, "database").startswith("FAIL  database: The database did not answer in time. ")


def test_missing_history_scopes_are_a_warning_and_others_a_failure(bench: DoctorHarness) -> None:
    bench.world.app.scopes[:] = [scope for scope in BOT_SCOPES if scope not in HISTORY_SCOPES]
    ended = bench.doctor()
    assert ended.code == 0
    assert line_about(ended, "Slack scopes").startswith("WARN ")
    bench.world.app.scopes[:] = ["commands", "channels:read"]
    ended = bench.doctor()
    assert ended.code == 1
    assert "chat:write" in line_about(ended, "Slack scopes")


def test_every_wrong_setting_is_a_line_of_its_own(tmp_path: Path) -> None:
    ended = route_number("doctor", cwd=tmp_path, settings={"PORT": "x", "LOG_LEVEL": "x"})
    assert ended.code == 1
    failed = [line for line in ended.lines() if line.startswith("FAIL  settings: ")]
    assert sorted(line.split()[2] for line in failed) == [
        "LOG_LEVEL",
        "PORT",
        "SLACK_BOT_TOKEN",
        "UPONAI_ACCOUNT_SID",
        "UPONAI_API_TOKEN",
        "UPONAI_WORKSPACE_ID",
    ]
    assert any(line.startswith("WARN  database: ") for line in ended.lines())


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_the_clock_is_compared_with_the_servers(bench: DoctorHarness, database_url: str) -> None:
    ended = bench.doctor(DATABASE_URL=database_url)
    assert ended.code == 0
    assert any(line.startswith("OK") and "clock: agrees with the database's" in line for line in ended.lines())


def test_one_machine_has_one_clock(bench: DoctorHarness) -> None:
    assert not any("clock:" in line for line in bench.doctor().lines())


def test_changes_of_another_workspace_are_named(bench: DoctorHarness) -> None:
    route_number("migrate", cwd=bench.folder)
    asyncio.run(_ask_for_workspace_7(f"sqlite:///{bench.folder / 'route-number.db'}"))
    line = line_about(bench.doctor(), "changes")
    assert line.startswith("WARN  changes: 1 open change belongs to UponAI workspace 7 of account AC1, ")
    assert "UPONAI_WORKSPACE_ID" in line


def test_a_pause_is_named_with_its_reason(bench: DoctorHarness) -> None:
    route_number("migrate", cwd=bench.folder)
    asyncio.run(_pause(f"sqlite:///{bench.folder / 'route-number.db'}"))
    line = line_about(bench.doctor(), "sending")
    assert line.startswith("WARN  sending: UADA paused all sending at ")
    assert "Why: The line is down" in line


async def _pause(url: str) -> None:
    database = Database.connect(url)
    async with database.transaction() as tx:
        await pauses.pause(tx, "T1", "UADA", NOW, reason="The line\x1b is\ndown")
    await database.dispose()


def test_numbers_that_were_changed_outside_and_told_to_nobody_are_counted(bench: DoctorHarness) -> None:
    route_number("migrate", cwd=bench.folder)
    asyncio.run(_change_outside(f"sqlite:///{bench.folder / 'route-number.db'}"))
    line = line_about(bench.doctor(), "numbers")
    assert line.startswith("WARN  numbers: 1 number was changed outside in the last 30 days, and nobody was told")
    assert "SLACK_APPROVAL_CHANNEL" in line


async def _change_outside(url: str) -> None:
    database = Database.connect(url)
    key = NumberKey(SETTINGS["UPONAI_ACCOUNT_SID"], 1, "+14155550123")
    moved = MovedOutside(key, Assignment(), Assignment(is_time_routing_enabled=True), frozenset({Field.TIME_ROUTING}))
    async with database.transaction() as tx:
        at = datetime.now(UTC)
        notice = await outside.open_notice(tx, key.workspace, reading="list", team_id="", channel_id="", at=at)
        await outside.add(tx, notice, [moved])
    await database.dispose()


async def _ask_for_workspace_7(url: str) -> None:
    database = Database.connect(url)
    await ask(database)
    await database.dispose()
