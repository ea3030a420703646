"""Whatever two processes do beside each other on one PostgreSQL, they never wait for each other in a circle (G2).

Few changes of few numbers, and many deeds at once, drawn by a seed. `REPLICA_NUMBERS=100` draws a hundred times as
many.
Every deadlock that the server finds fails the test, as it does in all tests (`lock_order.py`).
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.domain.assignment import Field
from bot.domain.errors import DomainError
from bot.domain.rules.people import People, Person
from bot.domain.rules.policy import HeldPolicy, Policy
from bot.domain.rules.rule import Rule
from bot.domain.schedule import Schedule
from bot.sandbox.slack.workspace.seed import ADA, PHONE_ROUTING, SUPPORT_OPS
from bot.service import lookup
from bot.service.bundles.asking import submit_several
from bot.service.bundles.editing import edit_several
from bot.service.context import ServiceContext
from bot.service.edit import edit
from bot.service.forget import forget_delivered
from bot.service.move_card import move_card
from bot.service.outside.deciding import keep
from bot.service.override import override
from bot.service.override_review import remind_next, review_override
from bot.service.pause import pause, resume
from bot.service.put_back import keep_applied, put_back_now
from bot.service.review import approve, cancel, deny, take_back
from bot.service.rights import Asking
from bot.service.submission import Submission
from bot.service.submit import submit
from bot.store.errors import StaleVersion
from bot.store.outside_tables import outside_notices
from bot.store.schema import changes
from tests.guarantees import AtRest, Findings, check_approvals, check_record
from tests.replicas.fleet import Fleet, fleet
from tests.replicas.people import ADA_, ALAN_, AMY_, RITA_, SEED, wish

NUMBERS = [f"+1415556{serial:04}" for serial in range(3)]
DEEDS = 100 * int(os.environ.get("REPLICA_NUMBERS", "1"))
AT_ONCE = 10
NEWEST = 8
HURRIED = timedelta(seconds=2)
HURRY_PARKED = text(
    "UPDATE outbox SET due_at = now() WHERE id IN (SELECT id FROM outbox WHERE is_parked FOR UPDATE SKIP LOCKED)"
)
POLICIES = [
    Policy(),
    Policy(rules=(Rule(name="Urgent", quorum=2, override=People(people=frozenset({ADA}))),)),
]

Deed = Callable[[ServiceContext], Awaitable[Any]]


class Anybody:
    """Says of everybody that they are who they are, and in no group."""

    async def to_ask(self, held: HeldPolicy, requester_id: str) -> Asking:
        raise NotImplementedError

    async def to_override(self, held: HeldPolicy, user_id: str) -> Person:
        _ = held
        return Person(user_id, frozenset(), frozenset())

    async def to_decide(self, held: HeldPolicy, people: Collection[str]) -> Mapping[str, frozenset[str]]:
        raise NotImplementedError


class Deeds:
    """What people, operators and workers do; each is drawn anew."""

    def __init__(self, replicas: Fleet, chance: random.Random) -> None:
        self._replicas = replicas
        self._chance = chance
        self._keys = count()
        self.done: Counter[str] = Counter()

    def draw(self) -> tuple[str, Deed]:
        name = self._chance.choice([name for name in dir(self) if name.startswith("do_")])
        deed: Deed = getattr(self, name)
        return name, deed

    def _wish(self) -> Submission:
        made = wish(self._chance.choice(NUMBERS), self._chance.choice(list(Field)))
        return replace(made, submission_key=f"form-{next(self._keys)}")

    async def _one(self, context: ServiceContext) -> tuple[int, int, int | None]:
        query = select(changes.c.id, changes.c.revision, changes.c.bundle_id).order_by(changes.c.id.desc())
        async with context.database.reading() as tx:
            found = (await tx.execute(query.limit(NEWEST))).all()
        if not found:
            return 1, 1, None
        change_id, revision, bundle_id = self._chance.choice(found)
        return bundle_id or change_id, revision, bundle_id

    async def do_ask(self, context: ServiceContext) -> None:
        await submit(replace(context, policy=lambda: self._chance.choice(POLICIES)), self._wish())

    async def do_ask_shortly(self, context: ServiceContext) -> None:
        await submit(replace(context, change_ttl=HURRIED), self._wish())

    async def do_ask_several(self, context: ServiceContext) -> None:
        until = Schedule(put_back_at=context.now() + timedelta(minutes=self._chance.choice([1, 90])))
        schedule = self._chance.choice([Schedule(), until])
        await submit_several(
            context, replace(self._wish(), number=NUMBERS[0], others=tuple(NUMBERS[1:]), schedule=schedule)
        )

    async def do_approve(self, context: ServiceContext) -> None:
        await approve(context, self._chance.choice([ALAN_, ADA_, AMY_]), (await self._one(context))[0])

    do_approve_too = do_approve_as_well = do_approve

    async def do_deny(self, context: ServiceContext) -> None:
        await deny(context, ALAN_, (await self._one(context))[0], "No.")

    async def do_take_back(self, context: ServiceContext) -> None:
        await take_back(context, ALAN_, (await self._one(context))[0])

    async def do_cancel(self, context: ServiceContext) -> None:
        await cancel(context, RITA_, (await self._one(context))[0])

    async def do_edit(self, context: ServiceContext) -> None:
        change_id, revision, bundle_id = await self._one(context)
        if bundle_id is None:
            await edit(context, self._wish(), change_id, revision)
        else:
            several = replace(self._wish(), number=NUMBERS[0], others=tuple(NUMBERS[1:]))
            await edit_several(context, several, bundle_id, revision)

    async def do_move(self, context: ServiceContext) -> None:
        where = self._chance.choice([PHONE_ROUTING, SUPPORT_OPS])
        await move_card(context, RITA_, (await self._one(context))[0], where)

    do_move_again = do_move

    async def do_archive(self, context: ServiceContext) -> None:
        _ = context
        channel = self._replicas.slack.world.channels[self._chance.choice([PHONE_ROUTING, SUPPORT_OPS])]
        channel.is_archived = not channel.is_archived

    async def do_hurry_what_waits(self, context: ServiceContext) -> None:
        async with context.database.transaction() as tx:
            await tx.execute(HURRY_PARKED)

    async def do_put_back_now(self, context: ServiceContext) -> None:
        await put_back_now(context, ADA_, (await self._one(context))[0])

    async def do_keep_applied(self, context: ServiceContext) -> None:
        await keep_applied(context, ADA_, (await self._one(context))[0])

    async def do_pause(self, context: ServiceContext) -> None:
        try:
            await pause(context, ALAN_, PHONE_ROUTING, "A look")
        finally:
            await resume(context, ADA_, PHONE_ROUTING)

    async def do_override(self, context: ServiceContext) -> None:
        await override(context, ADA_, (await self._one(context))[0], "It burns", look_up=Anybody())

    async def do_review_override(self, context: ServiceContext) -> None:
        await review_override(context, ALAN_, (await self._one(context))[0])

    async def do_dashboard(self, context: ServiceContext) -> None:
        for number in NUMBERS:
            url = f"https://hooks.example.com/{next(self._keys)}"
            self._replicas.uponai.account.set_number(number, {"inbound_webhook_url": url})
        await lookup.refresh_numbers(context)

    async def do_keep_outside(self, context: ServiceContext) -> None:
        async with context.database.reading() as tx:
            found = await tx.scalar(select(outside_notices.c.id).order_by(outside_notices.c.id.desc()).limit(1))
        await keep(context, ALAN_, found or 1)

    async def do_forget(self, context: ServiceContext) -> None:
        await forget_delivered(context)

    async def do_remind(self, context: ServiceContext) -> None:
        await remind_next(context)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
async def test_g2_deeds_beside_each_other_never_wait_in_a_circle(database_url: str) -> None:
    chance, room = random.Random(SEED), asyncio.Semaphore(AT_ONCE)  # noqa: S311 - the same every time
    async with fleet(database_url, NUMBERS, workers=2) as replicas:
        deeds = Deeds(replicas, chance)

        async def do_one() -> None:
            async with room:
                name, deed = deeds.draw()
                try:
                    await deed(chance.choice(replicas.webs).context)
                except (DomainError, StaleVersion):
                    deeds.done[f"{name}, refused"] += 1
                else:
                    deeds.done[name] += 1

        await asyncio.gather(*(do_one() for _ in range(DEEDS)))
        rest, findings = await AtRest.read(replicas.webs[0].context.database), Findings()
        check_record(rest, findings)
        check_approvals(rest, findings)
        assert findings.found == []
        print(deeds.done)  # noqa: T201 - the numbers of a long run
