"""PUTs of some numbers hang for as long as the others need: nobody waits for them but their own numbers."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from bot.domain.assignment import Field
from bot.domain.change import ChangeRequest
from bot.domain.state import State
from bot.service.review import approve
from bot.worker.places import APPLY_AT_ONCE
from tests.guarantees import AtRest, broken
from tests.histories.far_ends import UponAIEnd
from tests.replicas.fleet import Fleet, fleet, until
from tests.replicas.people import ALAN_, ask_everything, assert_in_order, is_settled

# One place of the worker is left.
STUCK = [f"+1415556{serial:04}" for serial in range(APPLY_AT_ONCE - 1)]
OTHERS = [f"+1415557{serial:04}" for serial in range(2)]


class StuckUponAI(httpx.AsyncBaseTransport):
    """Answers no PUT of some numbers until it is told to."""

    def __init__(self, whole: UponAIEnd) -> None:
        self._whole = whole
        self.arrived = asyncio.Semaphore(0)
        self.goes_on = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hold a PUT back."""
        if request.method == "PUT" and any(number in request.url.path for number in STUCK):
            self.arrived.release()
            await self.goes_on.wait()
        return await self._whole.handle_async_request(request)


async def stored(replicas: Fleet, numbers: list[str]) -> list[ChangeRequest]:
    """Return all changes of some numbers."""
    rest = await AtRest.read(replicas.webs[0].context.database)
    return [change for change in rest.changes.values() if change.key.number in numbers]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_g4_numbers_whose_puts_hang_hold_up_no_other_number(database_url: str) -> None:
    async with fleet(database_url, [*STUCK, *OTHERS], workers=0, call_within=timedelta(seconds=60)) as replicas:
        stuck = replicas.transport = StuckUponAI(replicas.end)
        fields = (Field.WEBHOOK, Field.TIME_ROUTING)
        asked = await ask_everything(replicas, [*STUCK, *OTHERS], fields=fields, short_lived=0)
        # All that is to hang is approved first, and so due for longest.
        asked.sort(key=lambda change: change.key.number)
        for change in asked:
            await approve(replicas.webs[0].context, ALAN_, change.id)
        async with replicas.replica(database_url, 30, has_worker=True):
            for _ in STUCK:
                await stuck.arrived.acquire()

            async def are_applied() -> bool:
                return {each.state for each in await stored(replicas, OTHERS)} == {State.APPLIED}

            await until(are_applied)
            assert State.APPLIED not in {each.state for each in await stored(replicas, STUCK)}
            stuck.goes_on.set()
            await until(lambda: is_settled(replicas.webs[0]))
        database = replicas.webs[0].context.database
        assert await broken(database, replicas.slack.world, replicas.end.landed) == []
        assert_in_order(replicas.arrived, await AtRest.read(database))
