"""What can happen in a history: people, workers, the world outside, faults, clocks; and how it comes to rest."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import exists, select

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.change import ChangeRequest
from bot.domain.errors import DomainError
from bot.domain.events import Event
from bot.domain.rules.people import People, Person
from bot.domain.rules.policy import HeldPolicy, Policy
from bot.domain.rules.rule import Denial, Rule
from bot.domain.schedule import Schedule
from bot.domain.state import FollowUp, State
from bot.sandbox.slack.workspace.seed import ADA, ALAN, PHONE_ROUTING, RITA, TEAM
from bot.sandbox.uponai.seed import SALES, SUPPORT
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next, expire_next, take_abandoned, take_follow_up, take_waiting
from bot.service.applying.recover import recover, run_follow_up
from bot.service.applying.retry import retry
from bot.service.context import Actor
from bot.service.due import look
from bot.service.edit import edit
from bot.service.follow_up import ask_follow_up
from bot.service.messages import Kind
from bot.service.override import override
from bot.service.override_review import remind_next, review_override
from bot.service.pause import pause, resume
from bot.service.put_back import keep_applied, put_back_now
from bot.service.refresh import refresh_due
from bot.service.review import approve, cancel, deny, take_back
from bot.service.rights import Asking
from bot.service.submission import Submission
from bot.service.submit import submit
from bot.store import due
from bot.store.changes import get
from bot.store.claims import Due
from bot.store.errors import LeaseLost, StaleVersion
from bot.store.schema import changes, outbox
from bot.uponai.errors import UponAIError
from tests.guarantees import AtRest, Findings, check_approvals, check_record, check_told
from tests.histories.far_ends import DONE, UNDONE, UPONAI_ONLY, Trouble
from tests.histories.world import Died, HistoryWorld, Process

NUMBERS = ("+14155550123", "+13125550111")
PEOPLE = tuple(Actor(TEAM.id, user, "test") for user in (RITA, ALAN, ADA))
FIELDS = tuple(Field)
SLACK_METHODS = ("chat.postMessage", "chat.update", "conversations.replies", "conversations.history")
POLICIES = (
    Policy(),
    Policy(rules=(Rule(name="Two", quorum=2),)),
    Policy(rules=(Rule(name="Held up", denial=Denial.BLOCKS),)),
    Policy(rules=(Rule(name="Urgent", quorum=2, override=People(people=frozenset({ADA}))),)),
)
_TAKES = ((take_abandoned, recover), (take_follow_up, run_follow_up), (claim_next, apply), (take_waiting, retry))
_OF_CHANGES = tuple(Due)
_workers, _people, _changes, _commits = (0, 1), (0, 1, 2), (0, 1, 2, 3), (1, 2, 3, 4)

# Each act with what it may be given. Those that stand here more than once happen more often.
GRAMMAR: list[tuple[str, tuple[tuple[Any, ...], ...]]] = [
    *[("ask", (_people, (0, 0, 0, 1), FIELDS, FIELDS))] * 4,
    ("ask_for_later", (_people, (0, 0, 1), FIELDS, (0, 10, 60), (0, 0, 30, 90))),
    *[("approve", (_people, _changes))] * 7,
    ("deny", (_people, _changes)),
    ("take_back", (_people, _changes)),
    ("cancel", (_people, _changes)),
    ("edit", (_changes, FIELDS)),
    ("follow_up", (_people, _changes, tuple(FollowUp))),
    ("pause", ()),
    ("resume", ()),
    ("policy", ((0, 0, 1, 2, 3),)),
    ("override", (_changes,)),
    ("review_override", (_people, _changes)),
    ("put_back_now", (_people, _changes)),
    ("keep", (_people, _changes)),
    ("remind", (_workers,)),
    *[("work", (_workers,))] * 6,
    *[("deliver", (_workers,))] * 4,
    ("both", ()),
    ("refresh", (_workers,)),
    ("expire", (_workers,)),
    *[("die", (_workers, _commits, (True, False), ("work", "work", "deliver")))] * 3,
    *[("stall", (_workers, _commits, ("work", "work", "deliver")))] * 3,
    *[("uponai", (("write", "write", "read"), (*UNDONE, *DONE, *UPONAI_ONLY)))] * 6,
    *[("slack", (SLACK_METHODS, (*UNDONE, *DONE)))] * 4,
    ("dashboard", ((0, 0, 0, 1), FIELDS)),
    ("delete_card", (_changes,)),
    *[("tick", ((1, 5, 20, 40, 600, -1),))] * 5,
    ("tick", ((3500, 90_000),)),
]
Act = tuple[Any, ...]


def draw(chance: random.Random, length: int) -> list[Act]:
    """Draw a history."""
    acts: list[Act] = [_draw_act(chance, ("ask", (_people, (0,), FIELDS, FIELDS)))]
    return acts + [_draw_act(chance, chance.choice(GRAMMAR)) for _ in range(length - 1)]


def _draw_act(chance: random.Random, rule: tuple[str, tuple[tuple[Any, ...], ...]]) -> Act:
    return (rule[0], *(chance.choice(choices) for choices in rule[1]))


class _Everybody:
    """Says of everybody that they are who they are, and in no group."""

    async def to_ask(self, held: HeldPolicy, requester_id: str) -> Asking:
        raise NotImplementedError

    async def to_override(self, held: HeldPolicy, user_id: str) -> Person:
        _ = held
        return Person(user_id, frozenset(), frozenset())

    async def to_decide(self, held: HeldPolicy, people: Collection[str]) -> Mapping[str, frozenset[str]]:
        raise NotImplementedError


class Story:
    """One history: the acts above are the methods of these names."""

    def __init__(self, world: HistoryWorld) -> None:
        self.world = world
        self._marks = count(1)
        self._forms = count(1)
        self.has_outsiders = False
        world.troubles.meanwhile = self._work_meanwhile

    # People

    async def ask(self, who: int, number: int, one: Field, other: Field) -> None:
        await self._try(submit(self.world.context, self._submission(who, NUMBERS[number], {one, other})))

    async def ask_for_later(self, who: int, number: int, field: Field, start: int, put_back: int) -> None:
        now = self.world.clock.now()
        schedule = Schedule(
            now + timedelta(minutes=start) if start else None, now + timedelta(minutes=put_back) if put_back else None
        )
        wish = replace(self._submission(who, NUMBERS[number], {field}), schedule=schedule)
        await self._try(submit(self.world.context, wish))

    async def override(self, nth: int) -> None:
        await self._with(
            nth, lambda change: override(self.world.context, PEOPLE[2], change.id, "It burns", look_up=_Everybody())
        )

    async def review_override(self, who: int, nth: int) -> None:
        await self._with(nth, lambda change: review_override(self.world.context, PEOPLE[who], change.id), *State)

    async def put_back_now(self, who: int, nth: int) -> None:
        await self._with(nth, lambda change: put_back_now(self.world.context, PEOPLE[who], change.id))

    async def keep(self, who: int, nth: int) -> None:
        await self._with(nth, lambda change: keep_applied(self.world.context, PEOPLE[who], change.id))

    async def remind(self, worker: int) -> None:
        await remind_next(self.world.processes[worker].context)

    async def approve(self, who: int, nth: int) -> None:
        await self._with(nth, lambda change: approve(self.world.context, PEOPLE[who], change.id))

    async def deny(self, who: int, nth: int) -> None:
        await self._with(nth, lambda change: deny(self.world.context, PEOPLE[who], change.id, "No."))

    async def take_back(self, who: int, nth: int) -> None:
        await self._with(nth, lambda change: take_back(self.world.context, PEOPLE[who], change.id))

    async def cancel(self, who: int, nth: int) -> None:
        await self._with(nth, lambda change: cancel(self.world.context, PEOPLE[who], change.id))

    async def edit(self, nth: int, field: Field) -> None:
        def by_requester(change: ChangeRequest) -> Awaitable[Any]:
            who = next(i for i, person in enumerate(PEOPLE) if person.user_id == change.requester_id)
            wish = self._submission(who, change.key.number, {field})
            return edit(self.world.context, wish, change.id, change.revision)

        await self._with(nth, by_requester)

    async def follow_up(self, who: int, nth: int, what: FollowUp) -> None:
        await self._with(
            nth, lambda change: ask_follow_up(self.world.context, PEOPLE[who], change.id, what), State.UNCLEAR
        )

    async def pause(self) -> None:
        await self._try(pause(self.world.context, PEOPLE[1], PHONE_ROUTING, "Lunch"))

    async def resume(self) -> None:
        await self._try(resume(self.world.context, PEOPLE[1], PHONE_ROUTING))

    async def policy(self, which: int) -> None:
        self.world.policies.append(POLICIES[which])

    async def delete_card(self, nth: int) -> None:
        change = await self._change(nth)
        rest = await AtRest.read(self.world.database)
        card = None if change is None else rest.cards.get(change.id)
        message = None if card is None else self.world.slack.world.message(card.channel_id, card.message_ts)
        if message is not None:
            self.world.slack.world.delete_message(message)

    # Workers

    async def work(self, worker: int) -> None:
        await self._pass(self.world.processes[worker])

    async def deliver(self, worker: int) -> None:
        await self.world.processes[worker].courier.deliver_due()

    async def both(self) -> None:
        await asyncio.gather(*map(self._pass, self.world.processes))

    async def refresh(self, worker: int) -> None:
        with suppress(UponAIError):
            await refresh_due(self.world.processes[worker].context)

    async def expire(self, worker: int) -> None:
        await expire_next(self.world.processes[worker].context)

    async def die(self, worker: int, nth: int, before_commit: bool, how: str) -> None:
        async def now() -> None:
            raise Died

        process = self.world.processes[worker].befallen(now, nth=nth, before_commit=before_commit)
        with suppress(Died):
            await self._do(how, process)

    async def stall(self, worker: int, nth: int, how: str) -> None:
        await self._do(how, self.world.processes[worker].befallen(self.world.troubles.stand_still, nth=nth))

    async def _do(self, how: str, process: Process) -> None:
        if how == "work":
            await self._pass(process)
        else:
            await process.courier.deliver_due()

    async def _pass(self, process: Process) -> bool:
        try:
            for take, carry in _TAKES:
                change = await take(process.context)
                if change is not None:
                    await carry(process.context, change)
                    return True
        except LeaseLost:
            return True
        return await expire_next(process.context) is not None

    async def _work_meanwhile(self) -> None:
        """Let the other worker do whatever there is while this one stands still."""
        for _ in range(3):
            await self._pass(self.world.processes[1])
            await self.world.processes[1].courier.deliver_due()

    # The world outside

    async def uponai(self, end: str, kind: str) -> None:
        self._trouble(end, kind)

    async def slack(self, method: str, kind: str) -> None:
        self._trouble(method, kind)

    def _trouble(self, end: str, kind: str) -> None:
        self.world.troubles.waiting.append(Trouble(end, kind))

    async def dashboard(self, number: int, field: Field) -> None:
        self.has_outsiders = True
        mark = next(self._marks)
        values: dict[Field, dict[str, Any]] = {
            Field.INBOUND: {
                "inbound_agents": [
                    {"agent_id": SALES, "agent_version": 1, "weight": mark % 90 / 100 + 0.05},
                    {"agent_id": SUPPORT, "agent_version": 1, "weight": 0.95 - mark % 90 / 100},
                ]
            },
            Field.OUTBOUND: {"outbound_agents": [{"agent_id": SUPPORT, "agent_version": mark % 7, "weight": 1}]},
            Field.WEBHOOK: {"inbound_webhook_url": f"https://dashboard.example.com/{mark}"},
            Field.TIME_ROUTING: {"is_time_routing_enabled": bool(mark % 2)},
        }
        self.world.uponai.account.set_number(NUMBERS[number], values[field])

    async def tick(self, seconds: int) -> None:
        self.world.clock.advance(seconds=seconds)

    # How it ends

    async def come_to_rest(self) -> None:
        """Mend everything, let time pass, and let people settle what only they can settle."""
        self.world.troubles.waiting.clear()
        await self.resume()
        await self._work_on(rounds=16)
        for change in (await AtRest.read(self.world.database)).changes.values():
            if change.state is State.APPLYING:
                self.world.broken.append(f"G2: {change.label} stays {change.state}")
            if change.state is State.UNCLEAR:
                who = 1 if change.requester_id != PEOPLE[1].user_id else 2
                await self._try(ask_follow_up(self.world.context, PEOPLE[who], change.id, FollowUp.RESOLVE))
        await self._work_on(rounds=4)
        self.world.clock.advance(days=2)
        await self._work_on(rounds=4)

    async def _work_on(self, rounds: int) -> None:
        """Do what is due, as two workers, until nothing is left that time alone would bring."""
        for turn in range(rounds):
            self.world.end.land()
            process = self.world.processes[turn % 2]
            while found := await look(process.context, 8):
                if any(found[kind] for kind in _OF_CHANGES):
                    await self._pass(process)
                if found[due.REMINDER]:
                    await remind_next(process.context)
                if found[due.MESSAGES]:
                    await process.courier.deliver_due()
                if not found.keys() - {due.REFRESH}:
                    break
            if await self._is_at_rest():
                return
            self.world.clock.advance(seconds=16)

    async def _is_at_rest(self) -> bool:
        waits = (changes.c.state.in_([State.APPROVED, State.APPLYING])) | changes.c.follow_up.is_not(None)
        async with self.world.database.reading() as tx:
            untold = exists().where(outbox.c.done_at.is_(None), outbox.c.kind != Kind.REMINDER)
            query = select(untold | exists().where(waits))
            return not await tx.scalar(query)

    async def check(self) -> list[str]:
        """Return what does not hold, now that all is at rest."""
        rest, findings = await AtRest.read(self.world.database), Findings()
        check_record(rest, findings)
        check_approvals(rest, findings)
        check_told(rest, self.world.slack.world, findings)
        outside = [event for event in rest.events if event.event == Event.CHANGED_OUTSIDE]
        findings.expect(self.has_outsiders or not outside, "G9: a change of our own was told as one from outside")
        for change in rest.changes.values():
            findings.expect(change.state.is_final, f"G2: {change.label} stays {change.state}")
        return [*self.world.broken, *findings.found]

    # Hands

    def _submission(self, who: int, number: str, fields: set[Field]) -> Submission:
        mark = next(self._marks)
        share = Decimal(mark % 90 + 5) / 100
        wanted = Assignment(
            inbound=(WeightedAgent(SALES, None, share), WeightedAgent(SUPPORT, None, 1 - share)),
            outbound=(WeightedAgent(SALES, mark % 4),),
            webhook_url=f"https://hooks.example.com/{mark}",
            is_time_routing_enabled=bool(mark % 2),
        )
        return Submission(
            actor=PEOPLE[who],
            channel_id=PHONE_ROUTING,
            number=number,
            patch=AssignmentPatch(wanted, frozenset(fields)),
            reason="Because",
            submission_key=f"form-{next(self._forms)}",
        )

    async def _change(self, nth: int, *states: State) -> ChangeRequest | None:
        """Return one of the changes that are not over yet, counted from the newest."""
        wanted = states or [state for state in State if not state.is_final]
        query = select(changes.c.id).where(changes.c.state.in_(wanted)).order_by(changes.c.id)
        async with self.world.database.reading() as tx:
            found = list(await tx.scalars(query))
            return await get(tx, found[-1 - nth % len(found)]) if found else None

    async def _with(self, nth: int, verb: Callable[[ChangeRequest], Awaitable[Any]], *states: State) -> None:
        change = await self._change(nth, *states)
        if change is not None:
            await self._try(verb(change))

    async def _try(self, verb: Awaitable[Any]) -> None:
        with suppress(DomainError, StaleVersion):
            await verb


async def tell(world: HistoryWorld, acts: list[Act]) -> list[str]:
    """Let a history happen, and return which guarantees did not hold."""
    story = Story(world)
    for name, *arguments in acts:
        await getattr(story, name)(*arguments)
        world.end.land()
        if world.broken:
            return world.broken
    await story.come_to_rest()
    return await story.check()
