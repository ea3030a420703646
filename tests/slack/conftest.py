"""Fixtures of the Slack side's tests: on SQLite, and on both databases where a test asks for the dialect."""

from collections.abc import AsyncIterator

import pytest

from bot.store.database import Database
from tests.slack import bot_harness as worlds
from tests.slack.bot_harness import BotHarness


@pytest.fixture
def dialect(request: pytest.FixtureRequest) -> str:
    """SQLite, unless the test is parametrized with `both_databases`."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
async def bot_world(database: Database) -> AsyncIterator[BotHarness]:
    """The whole bot; its approvals are asked in #phone-routing."""
    async with worlds.bot_world(database) as made:
        yield made


@pytest.fixture
async def bot_world_without_channel(database: Database) -> AsyncIterator[BotHarness]:
    """The whole bot; its approvals are asked where the command was typed."""
    async with worlds.bot_world(database, approval_channel=None) as made:
        yield made
