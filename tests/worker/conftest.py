"""The whole bot around a worker, on both databases."""

from collections.abc import AsyncIterator

import pytest

from bot.store.database import Database
from tests.slack import bot_harness as worlds
from tests.slack.bot_harness import BotHarness


@pytest.fixture
async def bot_world(database: Database) -> AsyncIterator[BotHarness]:
    async with worlds.bot_world(database) as made:
        yield made
