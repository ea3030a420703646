"""SIGTERM while a far end hangs: the process ends in time all the same, and what it held is taken over."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.store.database import Database
from tests.e2e.processes import PATIENCE_SECONDS, town

NUMBER = "+14155550123"
HANGS = 60


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_g2_a_stop_does_not_wait_for_uponai_and_loses_nothing(database_url: str, tmp_path: Path) -> None:
    async with town(database_url, tmp_path, UPONAI_TIMEOUT_SECONDS="25", WORKER_LEASE_SECONDS="60") as place:
        bot = await place.start()
        place.deliver_to(bot)
        await place.ask_time_routing(place.rita, NUMBER, "On")
        card = await place.card_says("RN-1", "pending")
        await place.fault("slow", scope="writes", delay=HANGS)
        await place.alan.click("Approve", card)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await place.puts():  # noqa: ASYNC110 - another process gives no event
                await asyncio.sleep(0.01)
        assert await bot.stop() == 0
        # UponAI has not answered yet: the process did not wait for that.
        (put,) = await place.puts()
        assert put["status"] is None
        log = bot.log.read_text()
        assert "serve.left_unfinished" in log
        assert "serve.stopped" in log
        assert "Traceback" not in log
    database = Database.connect(database_url)
    async with database.reading() as tx:
        assert await tx.scalar(text("SELECT state FROM changes")) == "applying"
    await database.dispose()
