"""What the service tests work on: a real store, the UponAI stand-in on a real socket, and a clock that can be moved."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.change import ChangeRequest
from bot.domain.rules.policy import Policy
from bot.domain.schedule import UNSCHEDULED, Schedule
from bot.domain.state import State
from bot.sandbox.uponai.app import UponAIStandIn
from bot.service import lookup
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next, expire_next, take_abandoned, take_follow_up, take_waiting
from bot.service.applying.recover import recover, run_follow_up
from bot.service.applying.retry import retry
from bot.service.context import Actor, ServiceContext, Work
from bot.service.history import Record, show
from bot.service.review import approve
from bot.service.submission import Submission
from bot.service.submit import submit
from bot.store.database import Database
from bot.uponai.client import UponAIClient
from tests.clock import Clock, StepClock

TEAM = "T1"
RITA, ALAN, ADA = (Actor(TEAM, user, "test") for user in ("URITA", "UALAN", "UADA"))
NUMBER = "+14155550123"
SPLIT_NUMBER = "+14155550145"
TOKEN = "bench-token"
ACCOUNT_SID = "29e90072-fb58-4c6c-870a-43005115131e"
# Nothing waits for it to pass; it is long enough for a busy machine.
TIMEOUT = timedelta(seconds=5)
LEASE = timedelta(seconds=30)


def inbound(agent_id: str, version: int | None = None) -> AssignmentPatch:
    """Wish for one agent that answers everything."""
    return Assignment(inbound=(WeightedAgent(agent_id, version),)).patch_to([Field.INBOUND])


def split(*shares: tuple[str, int]) -> AssignmentPatch:
    """Wish for a split in percent, nobody pinned."""
    agents = tuple(WeightedAgent(agent, None, Decimal(percent) / 100) for agent, percent in shares)
    return Assignment(inbound=agents).patch_to([Field.INBOUND])


def time_routing(is_on: bool) -> AssignmentPatch:
    """Wish for time routing on or off."""
    return Assignment(is_time_routing_enabled=is_on).patch_to([Field.TIME_ROUTING])


def webhook(url: str | None) -> AssignmentPatch:
    """Wish for a webhook, or none."""
    return Assignment(webhook_url=url).patch_to([Field.WEBHOOK])


class SleepyDatabase(Database):
    """A database whose process stands still right after its first commit."""

    def __init__(self, healthy: Database, stand_still: Callable[[], None]) -> None:
        self.__dict__.update(vars(healthy))
        self._stand_still: Callable[[], None] | None = stand_still

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        async with super().transaction() as tx:
            yield tx
        if self._stand_still is not None:
            self._stand_still()
            self._stand_still = None


class ServiceHarness:
    """The service, and hands to work it with."""

    def __init__(self, context: ServiceContext, uponai: UponAIStandIn, clock: Clock) -> None:
        self.context = context
        self.uponai = uponai
        self.clock = clock
        self._keys = count(1)

    async def ask(
        self,
        patch: AssignmentPatch,
        *,
        number: str = NUMBER,
        actor: Actor = RITA,
        reason: str = "Because",
        key: str | None = None,
        parent_id: int | None = None,
        schedule: Schedule = UNSCHEDULED,
    ) -> ChangeRequest:
        """Ask for a change, from a form of its own unless its key is given."""
        submission = self.submission(patch, number=number, actor=actor, reason=reason, key=key, parent_id=parent_id)
        return await submit(self.context, replace(submission, schedule=schedule))

    def submission(
        self,
        patch: AssignmentPatch,
        *,
        number: str = NUMBER,
        actor: Actor = RITA,
        reason: str = "Because",
        key: str | None = None,
        parent_id: int | None = None,
    ) -> Submission:
        """Return what a form asks for."""
        return Submission(
            actor=actor,
            channel_id="C1",
            number=number,
            patch=patch,
            reason=reason,
            submission_key=key or f"form-{next(self._keys)}",
            parent_id=parent_id,
        )

    async def approved(
        self, patch: AssignmentPatch, *, number: str = NUMBER, schedule: Schedule = UNSCHEDULED
    ) -> ChangeRequest:
        """Ask for a change and approve it."""
        change = await self.ask(patch, number=number, schedule=schedule)
        return await approve(self.context, ALAN, change.id)

    async def work(self, context: ServiceContext | None = None) -> int:
        """Do all that a worker would do now, and return how many pieces that were."""
        context = context or self.context
        for done in count():
            for take, carry in (
                (take_abandoned, recover),
                (take_follow_up, run_follow_up),
                (claim_next, apply),
                (take_waiting, retry),
            ):
                change = await take(context)
                if change is not None:
                    await carry(context, change)
                    break
            else:
                if await expire_next(context) is None:
                    return done
        raise AssertionError

    async def work_until_done(self, change: ChangeRequest) -> ChangeRequest:
        """Work, and let time pass, until nothing more happens to a change."""
        for _ in range(6):
            await self.work()
            now = await self.read(change)
            if now.state not in (State.APPROVED, State.APPLYING):
                return now
            self.clock.advance(LEASE)
        raise AssertionError(f"{now.label} stays {now.state}")

    async def read(self, change: ChangeRequest) -> ChangeRequest:
        """Return a change as it is stored."""
        return (await self.record(change)).change

    async def record(self, change: ChangeRequest) -> Record:
        """Return a change with its record."""
        return await show(self.context, TEAM, change.id)

    async def events(self, change: ChangeRequest) -> list[str]:
        """Return the tags of a change's audit events."""
        return [event.event for event in (await self.record(change)).events]

    def puts(self) -> list[dict[str, Any]]:
        """Return the PUTs that UponAI received, oldest first."""
        return [r for r in reversed(self.uponai.state()["requests"]) if r["method"] == "PUT"]

    def fault(self, name: str, **options: Any) -> None:
        """Switch a fault of UponAI on, or off with on=False."""
        self.uponai.faults.switch({"fault": name, "on": True, **options})

    def dashboard(self, number: str = NUMBER, **fields: Any) -> None:
        """Change a number as somebody in the dashboard would."""
        self.uponai.account.set_number(number, fields)

    def live(self, number: str = NUMBER) -> dict[str, Any]:
        """Return a number as UponAI holds it."""
        found: dict[str, Any] = next(n for n in self.uponai.state()["numbers"] if n["number"] == number)
        return found

    def with_database(self, database: Database) -> ServiceContext:
        """Return the surroundings with another database."""
        return replace(self.context, database=database)


async def make_service_harness(database: Database, uponai: UponAIStandIn, url: str) -> ServiceHarness:
    """Put a bench together, its mirror filled."""
    clock = StepClock()
    client = UponAIClient(
        token=TOKEN, account_sid=ACCOUNT_SID, workspace_id=1, base_url=url, timeout=TIMEOUT, now=clock.now
    )
    ids = count(1)
    context = ServiceContext(
        database=database,
        uponai=client,
        account_sid=ACCOUNT_SID,
        workspace_id=1,
        clock=clock,
        new_id=lambda: f"id-{next(ids)}",
        policy=Policy,
        change_ttl=timedelta(days=1),
        apply_within=timedelta(hours=1),
        lease=LEASE,
        uponai_timeout=TIMEOUT,
        mirror_refresh=timedelta(minutes=1),
        default_region=None,
        wake=_nothing,
    )
    await lookup.refresh_agents(context)
    await lookup.refresh_numbers(context)
    return ServiceHarness(context, uponai, clock)


def _nothing(_: Work) -> None:
    """Wake nobody: a test works by hand."""
