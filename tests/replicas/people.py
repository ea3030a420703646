"""What people do on replicas, all at once, and what has to be true when nobody does anything any more."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

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
from bot.store.errors import DatabaseUnavailable
from bot.store.schema import changes, outbox
from tests.guarantees import AtRest
from tests.replicas.fleet import Fleet, Replica

RITA_, ALAN_, ADA_, AMY_ = (Actor(TEAM.id, user, "test") for user in (RITA, ALAN, ADA, AMY))
WISHES = Assignment(
    inbound=(WeightedAgent(SUPPORT),),
    outbound=(WeightedAgent(SUPPORT, 1),),
    webhook_url="https://hooks.example.com/new",
    is_time_routing_enabled=True,
)
SEED = 20261130
# As many at once as a replica's connections carry.
AT_ONCE = 8
# One of so many changes expires while it is pressed.
SHORT_LIVED, SHORT = 5, timedelta(seconds=1)
KEYS = {
    Field.INBOUND: "inboundAgents",
    Field.OUTBOUND: "outboundAgentId",
    Field.WEBHOOK: "inboundWebhookUrl",
    Field.TIME_ROUTING: "isTimeRoutingEnabled",
}
T = TypeVar("T")


@dataclass(frozen=True)
class Press:
    """One press of one button."""

    change_id: int
    verb: str
    work: Callable[[], Awaitable[Any]]


def wish(number: str, field: Field, reason: str = "Because") -> Submission:
    return Submission(
        actor=RITA_,
        channel_id=PHONE_ROUTING,
        number=number,
        patch=WISHES.patch_to([field]),
        reason=reason,
        submission_key=f"{number} {field}",
    )


async def until_it_answers(work: Callable[[], Awaitable[T]]) -> T:
    """Do as a person does who reads that the database does not answer: the same once more."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await work()
            except DatabaseUnavailable:
                await asyncio.sleep(0.02)


async def ask_everything(
    replicas: Fleet, numbers: list[str], *, fields: Iterable[Field] = tuple(Field), short_lived: int = SHORT_LIVED
) -> list[ChangeRequest]:
    """Ask for a change of each field of each number, from both replicas at once; one of so many expires soon."""
    room = asyncio.Semaphore(AT_ONCE)
    wishes = [wish(number, field) for number in numbers for field in fields]

    async def ask(at: int, what: Submission) -> ChangeRequest:
        context = replicas.webs[at % len(replicas.webs)].context
        if short_lived and at % short_lived == 0:
            context = replace(context, change_ttl=SHORT)
        async with room:
            return await until_it_answers(partial(submit, context, what))

    return list(await asyncio.gather(*(ask(at, what) for at, what in enumerate(wishes))))


def presses_on(replicas: Fleet, asked: list[ChangeRequest]) -> list[Press]:
    """Return what people press, in an order that is the same every time."""
    presses = [press for change in asked for press in _presses_of(replicas, change)]
    random.Random(SEED).shuffle(presses)  # noqa: S311 - the same every time
    return presses


def _presses_of(replicas: Fleet, change: ChangeRequest) -> list[Press]:
    one, other = (web.context for web in replicas.webs[:2])
    found = [
        Press(change.id, "approve", partial(approve, one, ALAN_, change.id)),
        Press(change.id, "approve", partial(approve, other, ADA_, change.id)),
        Press(change.id, "approve", partial(approve, one, AMY_, change.id)),
    ]
    if change.id % 3 == 0:
        found.append(Press(change.id, "cancel", partial(cancel, other, RITA_, change.id)))
    if change.id % 4 == 1:
        again = wish(change.key.number, next(iter(change.patch.fields)), "A better reason")
        found.append(Press(change.id, "edit", partial(edit, other, again, change.id, 1)))
    return found


async def press_all(presses: list[Press], has_pressed: Callable[[], None] = lambda: None) -> list[tuple[Press, bool]]:
    """Press all of them at once; return each with whether it counted."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(press: Press) -> tuple[Press, bool]:
        async with room:
            try:
                await until_it_answers(press.work)
            except DomainError:
                return press, False
            finally:
                has_pressed()
            return press, True

    return list(await asyncio.gather(*(one(press) for press in presses)))


async def is_settled(replica: Replica, *, is_told: bool = True) -> bool:
    """Say whether every change has ended, and by default whether all of it is told."""
    open_ones = changes.c.state.in_([State.PENDING, State.APPROVED, State.APPLYING])
    untold = (outbox.c.done_at.is_(None), outbox.c.kind != Kind.REMINDER)
    undone = select(func.count()).select_from(outbox).where(*untold).scalar_subquery()
    waiting = select(func.count()).select_from(changes).where(open_ones).scalar_subquery()
    query = select(undone + waiting) if is_told else select(waiting)

    async def count() -> int:
        async with replica.context.database.reading() as tx:
            return int(await tx.scalar(query) or 0)

    return not await until_it_answers(count)


def assert_decided_once(rest: AtRest) -> None:
    """Hold the record of each change against the states that it may end in, and the times by which it had to."""
    for change in rest.changes.values():
        events = rest.events_of(change)
        names = [event.event for event in events]
        assert names.count(Event.APPROVED) <= 1, names
        assert change.state in (State.APPLIED, State.CANCELED, State.EXPIRED), (change.state, change.problem)
        for event in events:
            if event.event == Event.APPROVED:
                assert event.at < change.expires_at
            if event.event == Event.EXPIRED:
                assert event.at >= change.expires_at


def assert_in_order(puts: list[tuple[str, Any]], rest: AtRest) -> None:
    """Hold the PUTs of each number against the order in which they were approved."""
    arrived: dict[str, list[str]] = defaultdict(list)
    for number, body in puts:
        arrived[number].append(next(key for key in sorted(body) if key not in ("accountSid", "workspaceId")))
    sent: dict[str, list[ChangeRequest]] = defaultdict(list)
    for change in rest.changes.values():
        if change.state is State.APPLIED:
            sent[change.key.number].append(change)
    assert arrived.keys() == sent.keys()
    for number, ours in sent.items():
        ours.sort(key=lambda change: change.approval_order or 0)
        assert arrived[number] == [KEYS[next(iter(change.patch.fields))] for change in ours]
