"""Fixtures of the Slack side's tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.migrate import upgrade
from tests.slack import world as worlds
from tests.slack.world import BotWorld


@pytest.fixture
async def sqlite_database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database.connect(f"sqlite:///{tmp_path / 'bot.db'}")
    await upgrade(database)
    yield database
    await database.dispose()


@pytest.fixture
async def bot_world(sqlite_database: Database) -> AsyncIterator[BotWorld]:
    """The whole bot; its approvals are asked in #phone-routing."""
    async with worlds.bot_world(sqlite_database) as made:
        yield made


@pytest.fixture
async def bot_world_without_channel(sqlite_database: Database) -> AsyncIterator[BotWorld]:
    """The whole bot; its approvals are asked where the command was typed."""
    async with worlds.bot_world(sqlite_database, approval_channel=None) as made:
        yield made
