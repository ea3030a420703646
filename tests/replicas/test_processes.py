"""Two web and three worker processes behind a load balancer, pressed by people; some are killed, others stand still.

`REPLICA_NUMBERS=100` runs it, with the changes of so many numbers, four for each.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.domain.assignment import Field
from bot.domain.change import ChangeRequest
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.serving import running
from bot.sandbox.slack.workspace.errors import CannotDo
from bot.service import lookup
from bot.service.submit import submit
from tests.e2e.processes import BotProcess, ProcessHarness, town
from tests.guarantees import AtRest, Findings, check_approvals, check_record, check_sent, check_told
from tests.replicas.balancer import Balancer
from tests.replicas.far_uponai import FarUponAI
from tests.replicas.fleet import Fleet, Replica, until
from tests.replicas.people import (
    SEED,
    ask_everything,
    assert_decided_once,
    assert_in_order,
    is_settled,
    until_it_answers,
    wish,
)

COUNT = int(os.environ.get("REPLICA_NUMBERS", "0"))
NUMBERS = [f"+1415556{serial:04}" for serial in range(COUNT)]
# Asked as the pressing begins, and expired in the midst of it.
HURRIED, HURRY = [f"+1415557{serial:04}" for serial in range(COUNT // 3)], timedelta(seconds=6)
WEBS, WORKERS = 2, 3
# As many people at once as two cores carry, with both far ends on them as well.
AT_ONCE = 10
# Longer than a lease, and than the database lets anybody be idle in a transaction.
PAUSE_SECONDS = 8.0
PATIENCE_SECONDS = 60.0
DEADLOCKS = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")

pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.parametrize("dialect", ["postgresql"], indirect=True),
    pytest.mark.skipif(not NUMBERS, reason="long; REPLICA_NUMBERS runs it"),
]

Press = Callable[[], Awaitable[bool]]


@dataclass
class Place:
    """The processes, and who asks beside them."""

    town: ProcessHarness
    uponai: FarUponAI
    balancer: Balancer
    replica: Replica
    asking: Fleet
    webs: list[BotProcess]
    workers: list[BotProcess]
    again: int = 0
    last_answer: dict[str, Any] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    async def start_web(self) -> None:
        web = await self.town.start("--only", "web")
        self.webs.append(web)
        self.balancer.webs.append(web.port)

    async def start_worker(self) -> None:
        self.workers.append(await self.town.start("--only", "worker"))

    def card(self, change: ChangeRequest) -> bool:
        return bool(self.town.cards(change.label))

    async def ask_in_a_hurry(self, number: str) -> ChangeRequest:
        context = replace(self.replica.context, change_ttl=HURRY)
        return await until_it_answers(lambda: submit(context, wish(number, Field.WEBHOOK)))

    async def press(self, person: Person, button: str, change: ChangeRequest) -> bool:
        """Press once; True when Slack had its answer, or the button is gone."""
        if not (cards := self.town.cards(change.label)):
            return False
        try:
            return await person.click(button, cards[-1])
        except CannotDo:
            return True

    async def edit(self, person: Person, change: ChangeRequest) -> bool:
        if not await self.press(person, "Edit", change):
            return False
        if not person.has_view:
            return True
        await person.fill("Reason", "A better reason")
        answer = self.last_answer = await person.submit()
        while self.town.slack.world.stack(person.id):
            await person.close()
        return bool(answer["ok"]) or "errors" in answer

    def _why(self) -> str:
        """Return what people and the processes said last."""
        said = [f"{one.id}: {one.notices[-5:]}" for one in (self.town.rita, self.town.alan, self.town.ada)]
        logs = [f"{bot.port}\n{bot.log.read_text()[-3000:]}" for bot in (*self.webs, *self.workers)]
        return "\n--\n".join([*said, str(self.last_answer), *logs])

    async def until_answered(self, press: Press) -> None:
        """Do as a person does who is told to try again."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await press():
                    self.again += 1
                    await asyncio.sleep(1)
        except TimeoutError:
            raise AssertionError(f"{press} did not come through.\n{self._why()}") from None
        self.waits.append(time.monotonic() - began)


@pytest.fixture
async def place(database_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    uponai, balancer = FarUponAI(), Balancer()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(balancer.aclose)
        url = await stack.enter_async_context(running(uponai))
        address = await stack.enter_async_context(running(balancer.app))
        built = await stack.enter_async_context(town(database_url, tmp_path, UPONAI_API_URL=url))
        built.slack.request_url = f"{address}/slack/events"
        uponai.stand_in = built.uponai_stand_in.app
        asking = Fleet([*NUMBERS, *HURRIED], timedelta(seconds=40), slack=built.slack, uponai=built.uponai_stand_in)
        for _ in range(WEBS):
            asking.webs.append(await stack.enter_async_context(asking.replica(database_url, 0, has_worker=False)))
        await lookup.refresh_agents(asking.webs[0].context)
        await lookup.refresh_numbers(asking.webs[0].context)
        made = Place(built, uponai, balancer, asking.webs[0], asking, [], [])
        await asyncio.gather(*(made.start_web() for _ in range(WEBS)), *(made.start_worker() for _ in range(WORKERS)))
        yield made


@asynccontextmanager
async def troubles(place: Place, pressed: Counter[str], presses: int) -> AsyncIterator[None]:
    """Let one thing after the other happen to processes while people press."""

    async def replace_web(number: signal.Signals) -> None:
        web = place.webs.pop(0)
        place.balancer.webs.remove(web.port)
        web.process.send_signal(number)
        await web.process.wait()
        await place.start_web()

    async def kill_worker() -> None:
        await place.workers.pop(0).kill()
        await place.start_worker()

    async def pause(some: list[BotProcess]) -> None:
        # It stands still wherever it is, with whatever it has locked; the balancer does not know.
        process = some[-1].process
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(PAUSE_SECONDS)
        process.send_signal(signal.SIGCONT)

    deeds: list[Callable[[], Awaitable[None]]] = [
        partial(replace_web, signal.SIGTERM),
        partial(pause, place.webs),
        kill_worker,
        partial(replace_web, signal.SIGKILL),
        partial(pause, place.workers),
        partial(pause, place.webs),
        kill_worker,
    ]

    async def happen() -> None:
        for nth, deed in enumerate(deeds, start=1):
            while pressed["all"] < presses * nth // (len(deeds) + 1):  # noqa: ASYNC110 - gives no event
                await asyncio.sleep(0.05)
            await deed()

    happening = asyncio.create_task(happen())
    yield
    await happening


async def test_g3_people_press_on_processes_that_die_and_each_change_is_decided_and_sent_once(place: Place) -> None:
    database = place.replica.context.database
    async with database.reading() as tx:
        before = await tx.scalar(DEADLOCKS)
    asked = await ask_everything(place.asking, NUMBERS, short_lived=0)
    for change in asked:
        await place.town.until(f"the card of {change.label}", partial(place.card, change), seconds=300)
    asked += await asyncio.gather(*(place.ask_in_a_hurry(number) for number in HURRIED))
    people = [place.town.alan, place.town.ada, place.town.slack.person("amy")]
    presses: list[Press] = [partial(place.press, one, "Approve", each) for each in asked for one in people]
    presses += [partial(place.press, place.town.rita, "Cancel", each) for each in asked if each.id % 3 == 0]
    edits = [partial(place.edit, place.town.rita, each) for each in asked if each.id % 8 == 1]
    random.Random(SEED).shuffle(presses)  # noqa: S311 - the same every time

    room, pressed = asyncio.Semaphore(AT_ONCE), Counter[str]()

    async def one(press: Press) -> None:
        async with room:
            await place.until_answered(press)
            pressed["all"] += 1

    async def edit_all() -> None:
        for each in edits:
            await place.until_answered(each)

    async with troubles(place, pressed, len(presses)):
        await asyncio.gather(edit_all(), *map(one, presses))
    await until(lambda: is_settled(place.replica))
    rest, findings = await AtRest.read(database), Findings()
    check_record(rest, findings)
    check_approvals(rest, findings)
    check_sent(rest, place.uponai.landed, findings)
    check_told(rest, place.town.slack.world, findings)
    assert findings.found == []
    assert len(rest.changes) == len(asked)
    assert_decided_once(rest)
    assert_in_order(place.uponai.landed, rest)
    async with database.reading() as tx:
        assert await tx.scalar(DEADLOCKS) == before
    ends = Counter(change.state.value for change in rest.changes.values())
    told = f"{len(presses)} presses, {len(edits)} edits, {place.again} once more, longest {max(place.waits):.0f} s"
    print(f"{told}: {dict(ends)}")  # noqa: T201 - the numbers of a long run
