"""`serve` and a PostgreSQL that is behind, away or silent."""

import asyncio
import socket
from pathlib import Path

import pytest

from tests.cli.command import route_number
from tests.cli.test_serve import ask, send_command, until
from tests.e2e.processes import (
    PATIENCE_SECONDS,
    town,
)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_postgresql_without_the_schema_is_refused_with_the_remedy(
    empty_database_url: str, tmp_path: Path
) -> None:
    async with town(empty_database_url, tmp_path) as here:
        bot = await here.start(wait=False)
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await bot.process.wait() == 2
        (line,) = bot.log.read_text().splitlines()
        assert line.startswith("The database has no schema yet")
        assert "`route-number migrate`" in line
        # In a thread: the command runs an event loop of its own.
        migrated = await asyncio.to_thread(
            route_number, "migrate", cwd=tmp_path, settings={"DATABASE_URL": empty_database_url}
        )
        assert migrated.code == 0
        assert await (await here.start()).stop() == 0


async def test_g8_with_postgresql_down_the_bot_serves_and_says_so(tmp_path: Path) -> None:
    async with town("postgresql://nobody:very-secret@127.0.0.1:1/none", tmp_path) as here:
        bot = await here.start(wait=False)
        await until(lambda: "serve.started" in bot.log.read_text())
        answer = await ask(bot, "/readyz")
        assert answer.status_code == 503
        assert "database" in answer.text
        assert (await ask(bot, "/healthz")).status_code == 200
        answer = await send_command(bot, "pending")
        assert answer.status_code == 200
        assert "database" in answer.text
        assert await bot.stop() == 0
        assert "very-secret" not in bot.log.read_text()


async def test_g8_with_a_silent_postgresql_the_bot_serves_and_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://nobody:very-secret@127.0.0.1:{silent.getsockname()[1]}/none"
        async with town(url, tmp_path) as here:
            bot = await here.start(wait=False)
            await until(lambda: "serve.started" in bot.log.read_text())
            answer = await ask(bot, "/readyz")
            assert (answer.status_code, answer.text.splitlines()[0]) == (503, "The database did not answer in time.")
            answer = await send_command(bot, "pending")
            assert answer.status_code == 200
            assert "database" in answer.text
            assert await bot.stop() == 0
