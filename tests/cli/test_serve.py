import asyncio
import contextlib
import json
import signal
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Rule
from bot.sandbox.slack.app import SlackStandIn
from bot.sandbox.slack.serving import running
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING, RITA, TEAM, demo_world
from bot.store.database import Database
from bot.web.door import sign
from tests.e2e.processes import (
    APP_TOKEN,
    BOT_TOKEN,
    PATIENCE_SECONDS,
    SIGNING_SECRET,
    BotProcess,
    ProcessHarness,
    free_port,
    town,
)
from tests.store import stored_changes


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[ProcessHarness]:
    async with town(f"sqlite:///{tmp_path / 'town.db'}", tmp_path) as built:
        yield built


async def send_command(bot: BotProcess, text: str) -> httpx.Response:
    """Send a signed command as Slack would, without the stand-in in between."""
    fields = {
        "command": "/route-number",
        "text": text,
        "team_id": TEAM.id,
        "user_id": RITA,
        "channel_id": PHONE_ROUTING,
        "trigger_id": "1.2.3",
        "response_url": "http://127.0.0.1:1/response",
    }
    body = urlencode(fields).encode()
    timestamp = str(int(time.time()))
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": timestamp,
        "x-slack-signature": sign(timestamp, body, secret=SIGNING_SECRET),
    }
    async with httpx.AsyncClient(timeout=10) as http:
        return await http.post(f"http://127.0.0.1:{bot.port}/slack/events", content=body, headers=headers)


async def ask(bot: BotProcess, path: str) -> httpx.Response:
    async with httpx.AsyncClient(timeout=10) as http:
        return await http.get(f"http://127.0.0.1:{bot.port}{path}")


async def says(bot: BotProcess, path: str, warning: str) -> None:
    """Wait until health names something; it leaves out what is not known within half a second."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while warning not in (answer := await ask(bot, path)).text:
            assert answer.status_code == httpx.codes.OK
            await asyncio.sleep(0.1)


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - another process does what is waited for
            await asyncio.sleep(0.02)


async def test_a_stranger_cannot_send_headers_without_end(here: ProcessHarness) -> None:
    bot = await here.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", bot.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nX: ")
    async with asyncio.timeout(PATIENCE_SECONDS):
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                writer.write(b"a" * 100_000)
                await writer.drain()
            assert await reader.read() == b""
    writer.close()
    assert (await ask(bot, "/healthz")).is_success


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_bot_cleanly(here: ProcessHarness, number: signal.Signals) -> None:
    bot = await here.start()
    bot.process.send_signal(number)
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await bot.process.wait() == 0
    log = bot.log.read_text()
    assert "serve.stopped" in log
    assert "Traceback" not in log
    assert "error" not in log.lower()


async def test_sqlite_gets_its_schema_by_serve_itself(here: ProcessHarness, tmp_path: Path) -> None:
    await here.start()
    with contextlib.closing(sqlite3.connect(tmp_path / "town.db")) as connection:
        assert connection.execute("SELECT count(*) FROM audit_events").fetchone() == (0,)


async def test_an_address_in_use_is_one_line_that_names_the_setting(here: ProcessHarness) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bot = await here.start(wait=False, PORT=str(taken.getsockname()[1]), HOST="127.0.0.1")
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await bot.process.wait() == 2
    (line,) = bot.log.read_text().splitlines()
    assert line.startswith("PORT ")
    assert "in use" in line


async def test_g8_a_request_under_way_is_answered_before_the_bot_ends(here: ProcessHarness) -> None:
    bot = await here.start()
    slow = here.slack.faults.add(Fault("slow", methods=["users.info"], delay=1.0))
    answering = asyncio.create_task(send_command(bot, "pending"))
    await until(lambda: slow.hits)
    bot.process.send_signal(signal.SIGTERM)
    with contextlib.suppress(OSError):
        while True:
            _, writer = await asyncio.open_connection("127.0.0.1", bot.port)
            writer.close()
    # Where a supervisor and its group both pass it on, it comes twice.
    bot.process.send_signal(signal.SIGTERM)
    answer = await answering
    assert answer.status_code == 200
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await bot.process.wait() == 0


async def test_a_worker_alone_serves_health_and_takes_no_requests(here: ProcessHarness) -> None:
    bot = await here.start("--only", "worker")
    assert (await ask(bot, "/healthz")).status_code == 200
    assert (await send_command(bot, "help")).status_code == 404
    metrics = (await ask(bot, "/metrics")).text
    assert "route_number_worker_last_turn_seconds" in metrics
    assert "route_number_outbox_waiting 0.0" in metrics


async def test_two_processes_on_one_sqlite_start_at_the_same_time(here: ProcessHarness) -> None:
    bots = await asyncio.gather(
        *(here.start("--only", part, wait=False) for part in ("web", "worker", "web", "worker"))
    )
    for bot in bots:
        await here.is_ready(bot)


async def test_g8_with_slack_down_at_the_start_the_bot_serves_and_recovers(tmp_path: Path) -> None:
    port = free_port()
    async with town(f"sqlite:///{tmp_path / 'town.db'}", tmp_path) as here:
        bot = await here.start(SLACK_API_URL=f"http://127.0.0.1:{port}/api/")
        started = time.monotonic()
        answer = await send_command(bot, "help")
        assert time.monotonic() - started < 3
        assert answer.status_code == 200
        assert "Slack" in answer.text
        slack = SlackStandIn(
            bot_token=BOT_TOKEN,
            app_token=APP_TOKEN,
            signing_secret=SIGNING_SECRET,
            request_url=f"http://127.0.0.1:{bot.port}/slack/events",
            world=demo_world(),
            page=False,
        )
        async with running(slack.app, port=port):
            await until(lambda: "slack.connected" in bot.log.read_text())
            assert await slack.person("rita").command("phone-routing", "/route-number help")
            await slack.close()


async def test_a_refused_token_is_said_in_log_and_health_and_not_asked_again(here: ProcessHarness) -> None:
    bot = await here.start(SLACK_BOT_TOKEN="xoxb-revoked")
    await until(lambda: "slack.misconfigured" in bot.log.read_text())
    answer = await ask(bot, "/readyz")
    assert (answer.status_code, "SLACK_BOT_TOKEN" in answer.text, "invalid_auth" in answer.text) == (200, True, True)
    assert "invalid_auth" in (await ask(bot, "/healthz")).text
    assert (await send_command(bot, "help")).status_code == 200
    log = bot.log.read_text()
    assert log.count("slack.misconfigured") == 1
    assert "xoxb-" not in log


async def test_with_uponai_down_at_the_start_the_bot_is_ready(here: ProcessHarness) -> None:
    bot = await here.start(UPONAI_API_URL="http://127.0.0.1:1")
    assert (await send_command(bot, "help")).status_code == 200


async def test_a_token_that_uponai_refuses_is_said_in_log_and_health(here: ProcessHarness) -> None:
    bot = await here.start(UPONAI_API_TOKEN="revoked-uponai-token")
    await until(lambda: "uponai.token_refused" in bot.log.read_text())
    for path in ("/healthz", "/readyz"):
        await says(bot, path, "UponAI does not accept the token in UPONAI_API_TOKEN (401)")
    assert await bot.stop() == 0
    log = bot.log.read_text()
    assert log.count("uponai.token_refused") == 1
    assert "revoked" not in log


async def test_changes_of_another_workspace_are_named_in_health(here: ProcessHarness, tmp_path: Path) -> None:
    bot = await here.start()
    database = Database.connect(f"sqlite:///{tmp_path / 'town.db'}")
    await stored_changes.ask(database)
    await database.dispose()
    for path in ("/healthz", "/readyz"):
        await says(bot, path, "1 open change belongs to UponAI workspace 7 of account AC1")


async def test_in_socket_mode_commands_come_over_the_socket(tmp_path: Path) -> None:
    async with town(f"sqlite:///{tmp_path / 'town.db'}", tmp_path, is_socket_mode=True) as here:
        bot = await here.start(SLACK_APP_TOKEN=APP_TOKEN)
        await until(lambda: here.slack.socket_mode.connections)
        assert await here.rita.command("phone-routing", "/route-number help")
        assert here.rita.ephemeral("phone-routing")
        assert (await send_command(bot, "help")).status_code == 404
        assert await bot.stop() == 0
        assert "Traceback" not in bot.log.read_text()


async def test_g12_json_logs_hold_no_secret(here: ProcessHarness) -> None:
    bot = await here.start(LOG_FORMAT="json", LOG_LEVEL="debug")
    here.deliver_to(bot)
    assert await here.rita.command("phone-routing", "/route-number help")
    assert await bot.stop() == 0
    text = bot.log.read_text()
    for line in text.splitlines():
        json.loads(line)
    for secret in (BOT_TOKEN, SIGNING_SECRET, here.settings["UPONAI_API_TOKEN"], "v0="):
        assert secret not in text


async def test_g8_a_refused_app_token_is_said_in_health_and_not_asked_again(tmp_path: Path) -> None:
    async with town(f"sqlite:///{tmp_path / 'town.db'}", tmp_path, is_socket_mode=True) as here:
        bot = await here.start(SLACK_APP_TOKEN="xapp-revoked")
        await until(lambda: "socket_mode.misconfigured" in bot.log.read_text())
        answer = await ask(bot, "/readyz")
        assert answer.status_code == 200
        assert "SLACK_APP_TOKEN (invalid_auth)" in answer.text
        assert await bot.stop() == 0
        log = bot.log.read_text()
        assert log.count("socket_mode.misconfigured") == 1
        assert "Traceback" not in log
        assert "xapp-" not in log


async def test_the_socket_comes_back_after_slack_was_away(tmp_path: Path) -> None:
    async with town(f"sqlite:///{tmp_path / 'town.db'}", tmp_path, is_socket_mode=True) as here:
        await here.start()
        await until(lambda: here.slack.socket_mode.connections)
        await here.slack.socket_mode.refresh()
        await until(lambda: set(here.slack.socket_mode.envelopes_by_connection()) == {2})
        assert await here.rita.command("phone-routing", "/route-number help")


async def test_g8_a_socket_that_cannot_be_opened_is_said_in_health_and_metrics_until_it_is(tmp_path: Path) -> None:
    async with town(f"sqlite:///{tmp_path / 'town.db'}", tmp_path, is_socket_mode=True) as here:
        here.slack.faults.add(Fault("down", methods=["apps.connections.open"]))
        bot = await here.start()
        await until(lambda: "socket_mode.connect_failed" in bot.log.read_text())
        answer = await ask(bot, "/readyz")
        assert answer.status_code == 200
        assert "Slack's socket has not been connected since " in answer.text
        metrics = (await ask(bot, "/metrics")).text
        assert "route_number_socket_connected_since_seconds 0.0" in metrics
        assert "route_number_socket_connect_failures_total{" in metrics
        here.slack.faults.clear()
        await here.is_connected()
        assert await here.rita.command("phone-routing", "/route-number help")
        told = (await ask(bot, "/readyz")).text.splitlines()
        assert told == ["ready", f"policy {Policy().hash}"]


async def test_g8_a_command_over_the_socket_is_acknowledged_before_the_bot_ends(tmp_path: Path) -> None:
    async with town(f"sqlite:///{tmp_path / 'town.db'}", tmp_path, is_socket_mode=True) as here:
        bot = await here.start()
        await here.is_connected()
        slow = here.slack.faults.add(Fault("slow", methods=["users.info"], delay=1.0))
        answering = asyncio.create_task(here.rita.command("phone-routing", "/route-number pending"))
        await until(lambda: slow.hits)
        bot.process.send_signal(signal.SIGTERM)
        assert await answering, here.rita.notices
        async with asyncio.timeout(20):
            assert await bot.process.wait() == 0
        assert "socket_mode.ack_lost" not in bot.log.read_text()


async def test_serve_says_by_which_policy_it_goes_and_when_its_file_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('[[rules]]\nname = "Main lines"\nquorum = 2\n')
    held = Policy(rules=(Rule(name="Main lines", quorum=2),)).hash
    async with town(f"sqlite:///{tmp_path / 'town.db'}", tmp_path) as here:
        bot = await here.start(POLICY_FILE=str(file))
        assert f"policy {held}" in (await ask(bot, "/readyz")).text.splitlines()
        started = next(line for line in bot.log.read_text().splitlines() if "serve.started" in line)
        assert held in started
        file.write_text("quorum = 0\n")
        answer = await ask(bot, "/readyz")
        while "The policy file cannot be used, and the former policy holds." not in answer.text:
            answer = await ask(bot, "/readyz")
        assert (answer.status_code, f"policy {held}" in answer.text) == (200, True)
