"""Two replicas that answer people and three that work, on one PostgreSQL, with clocks up to a minute off."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.domain.assignment import Assignment, Field, WeightedAgent
from bot.domain.change import ChangeRequest
from bot.domain.errors import DomainError
from bot.domain.events import Event
from bot.domain.state import State
from bot.sandbox.slack.workspace.seed import ADA, ALAN, AMY, PHONE_ROUTING, RITA, TEAM
from bot.sandbox.uponai.seed import SUPPORT
from bot.service.context import Actor
from bot.service.edit import edit
from bot.service.messages import Kind
from bot.service.review import approve, cancel
from bot.service.submission import Submission
from bot.service.submit import submit
from bot.store.schema import changes, outbox
from tests.guarantees import AtRest, broken
from tests.replicas.fleet import NUMBERS, Fleet, Replica, fleet, until

RITA_, ALAN_, ADA_, AMY_ = (Actor(TEAM.id, user, "test") for user in (RITA, ALAN, ADA, AMY))
WISHES = Assignment(
    inbound=(WeightedAgent(SUPPORT),),
    outbound=(WeightedAgent(SUPPORT, 1),),
    webhook_url="https://hooks.example.com/new",
    is_time_routing_enabled=True,
)
SEED = 20261130

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def dialect() -> str:
    return "postgresql"


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[Fleet]:
    async with fleet(database_url) as made:
        yield made


def wish(number: str, field: Field, reason: str = "Because") -> Submission:
    return Submission(
        actor=RITA_,
        channel_id=PHONE_ROUTING,
        number=number,
        patch=WISHES.patch_to([field]),
        reason=reason,
        submission_key=f"{number} {field}",
    )


async def is_settled(replica: Replica) -> bool:
    """Say whether nothing is left to do but what only people can do."""
    async with replica.context.database.reading() as tx:
        open_ones = changes.c.state.in_([State.APPROVED, State.APPLYING])
        untold = (outbox.c.done_at.is_(None), outbox.c.kind != Kind.REMINDER)
        undone = select(func.count()).select_from(outbox).where(*untold).scalar_subquery()
        waiting = select(func.count()).select_from(changes).where(open_ones).scalar_subquery()
        return not await tx.scalar(select(undone + waiting))


async def ask_everything(replicas: Fleet, numbers: list[str]) -> list[ChangeRequest]:
    return [await submit(replicas.webs[0].context, wish(number, field)) for number in numbers for field in Field]


async def test_g3_hundreds_of_presses_at_once_come_to_one_decision_each_in_order(replicas: Fleet) -> None:
    asked = await ask_everything(replicas, NUMBERS)
    presses = [press for change in asked for press in presses_of(replicas, change)]
    random.Random(SEED).shuffle(presses)  # noqa: S311 - the same every time
    # As many at once as a replica's connections carry.
    room = asyncio.Semaphore(8)
    outcomes = await asyncio.gather(*(within(room, press) for press in presses))
    await until(lambda: is_settled(replicas.webs[0]))
    assert await broken(replicas.webs[0].context.database, replicas.slack.world, replicas.end.landed) == []

    rest = await AtRest.read(replicas.webs[0].context.database)
    approvals: dict[int, int] = defaultdict(int)
    for change_id, verb, is_done in outcomes:
        approvals[change_id] += verb == "approve" and is_done
    for change in rest.changes.values():
        events = [event.event for event in rest.events_of(change)]
        assert approvals[change.id] == events.count(Event.APPROVED) <= 1, events
        assert change.state in (State.APPLIED, State.CANCELED), change.problem
    assert_in_order(replicas, rest)


def presses_of(replicas: Fleet, change: ChangeRequest) -> list[tuple[int, str, Awaitable[Any]]]:
    one, other = replicas.webs
    found: list[tuple[int, str, Awaitable[Any]]] = [
        (change.id, "approve", approve(one.context, ALAN_, change.id)),
        (change.id, "approve", approve(other.context, ADA_, change.id)),
        (change.id, "approve", approve(one.context, AMY_, change.id)),
    ]
    if change.id % 3 == 0:
        found.append((change.id, "cancel", cancel(other.context, RITA_, change.id)))
    if change.id % 4 == 1:
        field = next(iter(change.patch.fields))
        again = wish(change.key.number, field, "A better reason")
        found.append((change.id, "edit", edit(other.context, again, change.id, 1)))
    return found


async def within(room: asyncio.Semaphore, press: tuple[int, str, Awaitable[Any]]) -> tuple[int, str, bool]:
    change_id, verb, work = press
    async with room:
        with suppress(DomainError):
            await work
            return change_id, verb, True
    return change_id, verb, False


def assert_in_order(replicas: Fleet, rest: AtRest) -> None:
    """Hold the PUTs of each number against the order in which they were approved."""
    arrived: dict[str, list[str]] = defaultdict(list)
    for number, body in replicas.arrived:
        arrived[number].append(next(key for key in sorted(body) if key not in ("accountSid", "workspaceId")))
    keys = {
        Field.INBOUND: "inboundAgents",
        Field.OUTBOUND: "outboundAgentId",
        Field.WEBHOOK: "inboundWebhookUrl",
        Field.TIME_ROUTING: "isTimeRoutingEnabled",
    }
    for number in NUMBERS:
        sent = [c for c in rest.changes.values() if c.key.number == number and c.state is State.APPLIED]
        sent.sort(key=lambda change: change.approval_order or 0)
        assert arrived[number] == [keys[next(iter(change.patch.fields))] for change in sent]
