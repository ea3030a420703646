"""The bench of the service tests, on both databases."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.slack.serving import running
from bot.sandbox.uponai.app import UponAIStandIn
from bot.store.database import Database
from tests.service.service_harness import ACCOUNT_SID, TOKEN, ServiceHarness, make_service_harness


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[ServiceHarness]:
    uponai = UponAIStandIn(token=TOKEN, account_sid=ACCOUNT_SID, workspace_id=1)
    async with running(uponai.app) as url:
        built = await make_service_harness(database, uponai, url)
        yield built
        await built.context.aclose()
        await built.context.uponai.aclose()
