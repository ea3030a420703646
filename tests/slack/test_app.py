"""G8: every request is answered in time with a sentence, whatever is down; Bolt gets no environment of its own."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.slack.web_api.faults import Fault
from bot.service import history
from bot.slack.api.calls import SlackUnavailable
from bot.slack.api.identity import Identity
from bot.slack.app import SlackApp
from tests.slack.bot_harness import BotHarness

NUMBER = "+14155550123"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the database's write lock."""
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


def move_away(folder: Path) -> None:
    for file in folder.glob("route-number.db*"):
        file.rename(folder / f"away-{file.name}")


@pytest.fixture
async def half_filled(bot_world: BotHarness) -> BotHarness:
    await bot_world.type(bot_world.rita, NUMBER)
    await bot_world.rita.fill("Time routing", "On")
    await bot_world.rita.fill("Reason", "Kept")
    return bot_world


async def test_g8_with_the_database_busy_the_form_says_so_and_stays_filled(
    half_filled: BotHarness, tmp_path: Path
) -> None:
    rita = half_filled.rita
    with locked(tmp_path / "route-number.db"):
        assert (await rita.submit())["ok"] is False
    assert "My database does not answer" in rita.errors()["Number"]
    assert rita.value("Reason") == "Kept"
    assert await rita.submit() == {"ok": True}
    assert len(await history.pending(half_filled.context, rita.user.team_id, 5)) == 1


async def test_g8_with_the_database_busy_a_command_says_so(bot_world: BotHarness, tmp_path: Path) -> None:
    with locked(tmp_path / "route-number.db"):
        assert "My database does not answer" in await bot_world.type(bot_world.rita, "pause the line is down")


async def test_g8_with_slack_hanging_a_command_is_answered_in_time(bot_world: BotHarness) -> None:
    # The stand-in gives up after 3 s, as Slack does.
    bot_world.slack.faults.add(Fault("slow", delay=5))
    assert await bot_world.type(bot_world.rita, NUMBER) != ""


async def test_g8_a_lost_opening_is_said(bot_world: BotHarness) -> None:
    bot_world.slack.faults.add(Fault("error_before", methods=["views.open"], times=1))
    assert "Slack did not answer me" in await bot_world.type(bot_world.rita, NUMBER)


async def test_g8_a_trigger_that_expired_is_said(bot_world: BotHarness) -> None:
    bot_world.slack.faults.add(Fault("error", methods=["views.open"], code="expired_trigger_id"))
    assert "That took too long" in await bot_world.type(bot_world.rita, NUMBER)


async def test_g8_before_the_bot_knows_who_it_is_people_get_a_sentence(bot_world: BotHarness) -> None:
    answers: list[Identity | SlackUnavailable] = [SlackUnavailable("Slack cannot be reached.", was_sent=False)]

    async def resolve() -> Identity:
        answer = answers[0]
        if isinstance(answer, SlackUnavailable):
            raise answer
        return answer

    app = SlackApp(context=bot_world.context, client=bot_world.client, resolve_identity=resolve, approval_channel=None)
    bot_world.others.append(app)
    bot_world.deliver_to(app)
    assert "Slack did not answer me" in await bot_world.type(bot_world.rita, "pending")
    answers[0] = Identity(
        team_id=bot_world.rita.user.team_id,
        bot_user_id="U1",
        bot_id="B1",
        team_name="",
    )
    assert "Nothing waits" in await bot_world.type(bot_world.rita, "pending")


async def test_g8_without_a_database_reading_says_so_too(bot_world: BotHarness, tmp_path: Path) -> None:
    rita = bot_world.rita
    await bot_world.type(rita, NUMBER)
    await bot_world.context.database.dispose()
    move_away(tmp_path)
    offered = await rita.look_up("Number", "415")
    assert "My database does not answer" in offered[0]
    assert "My database does not answer" in await bot_world.type(rita, "pending")
    await rita.fill("Inbound calls", "One agent")
    await bot_world.slack.until(lambda: "My database" in rita.read(rita.ephemeral("phone-routing")[-1]))


async def test_g8_what_hangs_is_ended_and_said_before_slack_gives_up(bot_world: BotHarness) -> None:
    async def resolve() -> Identity:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    app = SlackApp(context=bot_world.context, client=bot_world.client, resolve_identity=resolve, approval_channel=None)
    bot_world.others.append(app)
    bot_world.deliver_to(app)
    assert "took longer than Slack lets me take" in await bot_world.type(bot_world.rita, "pending")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"nonsense": 1},
        {"type": "unheard_of"},
        {"command": "/route-number"},
        {"type": "view_submission"},
        {"type": "block_actions", "user": {"id": "U1"}, "actions": []},
        {"type": "block_actions", "user": {"id": "U1"}, "actions": [1]},
        {"type": "block_suggestion", "user": {}, "action_id": "form.number", "block_id": "number.1"},
    ],
)
async def test_requests_that_make_no_sense_get_400(bot_world: BotHarness, body: dict[str, Any]) -> None:
    answer = await bot_world.app.handle(body)
    assert (answer.status, answer.body) == (400, "bad request")


async def test_a_button_that_nobody_knows_is_acknowledged(bot_world: BotHarness) -> None:
    body = {
        "type": "block_actions",
        "user": {"id": bot_world.rita.id, "team_id": bot_world.rita.user.team_id},
        "team": {"id": bot_world.rita.user.team_id},
        "actions": [{"action_id": "of-an-older-release", "block_id": "b", "type": "button"}],
    }
    answer = await bot_world.app.handle(body)
    assert (answer.status, answer.body) == (200, "")


async def test_a_client_id_in_the_environment_turns_on_no_oauth(
    bot_world: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "from-the-environment")
    app = bot_world.make_app()
    assert app._bolt.oauth_flow is None
    bot_world.deliver_to(app)
    assert "Nothing waits" in await bot_world.type(bot_world.rita, "pending")
    used = {request.token for request in bot_world.slack.recorder.requests}
    assert used == {"bot token"}


async def test_g12_nothing_that_was_typed_and_no_token_is_logged(
    bot_world: BotHarness, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO)
    await bot_world.type(bot_world.rita, NUMBER)
    await bot_world.rita.fill("Time routing", "On")
    await bot_world.rita.fill("Reason", "A-secret-reason")
    with locked(tmp_path / "route-number.db"):
        await bot_world.rita.submit()
    await bot_world.app.handle({"type": "event_callback", "event": {"type": "unheard_of", "text": "A-secret-reason"}})
    said = caplog.text + "".join(capsys.readouterr())
    assert "A-secret-reason" not in said
    assert "xoxb" not in said


async def test_the_answer_to_a_command_is_for_its_caller_alone(bot_world: BotHarness) -> None:
    await bot_world.type(bot_world.rita, "help")
    reply = bot_world.slack.recorder.deliveries[-1].reply
    assert reply["response_type"] == "ephemeral"
    assert json.dumps(reply)
