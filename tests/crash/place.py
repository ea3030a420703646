"""A town whose bot is mortal: it is started, counted, and started anew, over one database and the same far ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import exists, func, or_, select, update

from bot.domain.assignment import Assignment, Field
from bot.domain.events import Event
from bot.domain.rules.policy import Policy
from bot.domain.schedule import Schedule
from bot.domain.state import State
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING, RITA, TEAM
from bot.service import card_looks
from bot.service.bundles.asking import submit_several
from bot.service.context import Actor, ServiceContext, Work
from bot.service.lookup import numbers_scope
from bot.service.picture import BESIDE
from bot.service.submission import Submission
from bot.service.submit import submit
from bot.store.clock import DatabaseClock
from bot.store.database import Database
from bot.store.mirror.schema import mirror_reads
from bot.store.outside_tables import outside_notices
from bot.store.schema import audit_events, changes, outbox
from bot.uponai.client import UponAIClient
from tests.crash.mortals import Mortal, Mortals, mortals
from tests.e2e.processes import ACCOUNT_SID, WORKSPACE_ID, ProcessHarness, free_port, town
from tests.guarantees import Json, broken

_LOOK_SECONDS = 0.03
# What the bot does wakes a look at once; this is for what comes to rest without an effect.
_IDLE_SECONDS = 0.3
_QUIET_SECONDS = 0.1
_PATIENCE_SECONDS = 60.0
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Place:
    """The town, the one bot in it, and what it did so far."""

    def __init__(self, town: ProcessHarness, bots: Mortals, database: Database) -> None:
        self.town = town
        self.database = database
        self.landed: list[tuple[str, Json]] = []
        self._bots = bots
        self._bot: Mortal | None = None
        self._context = _context_of(database)
        self._own_numbers = mirror_reads.c.scope == numbers_scope(self._context)
        _note_landed(town, self.landed)

    @property
    def bot(self) -> Mortal:
        assert self._bot is not None
        return self._bot

    async def start(self) -> None:
        """Start the bot; return when it takes requests."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await self._starts():  # noqa: ASYNC110 - somebody else took its port meanwhile
                await asyncio.sleep(_LOOK_SECONDS)
        # From now on it tells what it does.
        self.bot.count()

    async def _starts(self) -> bool:
        port = free_port()
        self._bot = await self._bots.bear({**self.town.settings, "PORT": str(port)})
        self.town.slack.request_url = f"http://127.0.0.1:{port}/slack/events"
        while self.bot.is_alive:
            if await self._answers():
                # Whoever answers could be another one at the same port.
                await asyncio.sleep(_LOOK_SECONDS)
                return self.bot.is_alive
            await asyncio.sleep(_LOOK_SECONDS)
        return False

    async def _answers(self) -> bool:
        try:
            await self.town.uponai.get(f"http://127.0.0.1:{self.bot.port}/healthz")
        except httpx.TransportError:
            return False
        return True

    async def is_quiet(self) -> None:
        """Wait until the bot does nothing any more that would count, such as what an open form is refreshed by."""
        self.bot.count()
        while True:
            before = len(self.bot.effects)
            await asyncio.sleep(_QUIET_SECONDS)
            assert await self._answers(), self.transcript()
            if len(self.bot.effects) == before:
                return

    async def rise(self) -> None:
        """Let the time pass that frees what a dead process had claimed, and start the bot anew."""
        await self.let_time_pass()
        await self.start()

    async def let_time_pass(self) -> None:
        """Let every lease have run out and everything that was put off be due."""
        at = datetime.now(UTC) - timedelta(seconds=1)
        async with self.database.transaction() as tx:
            for table in changes.metadata.sorted_tables:
                if "leased_until" in table.c:
                    await tx.execute(update(table).where(table.c.leased_until > at).values(leased_until=at))
            await tx.execute(update(outbox).where(outbox.c.done_at.is_(None), outbox.c.due_at > at).values(due_at=at))

    async def comes_to_rest(self) -> bool:
        """Wait until nothing is left to do, or the bot dies; say whether it lives."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while self.bot.is_alive and not await self._is_at_rest():
                    await self.bot.stirs(_IDLE_SECONDS)
        except TimeoutError:
            raise AssertionError(f"Never came to rest.\n{self.transcript()}") from None
        # It may die of its last commit, which is stored by then.
        await asyncio.sleep(_LOOK_SECONDS)
        if self.bot.is_alive and await self._answers():
            return True
        await self.bot.ended.wait()
        return False

    async def _is_at_rest(self) -> bool:
        now = datetime.now(UTC)
        unfinished = or_(
            changes.c.state == State.APPLYING,
            (changes.c.state == State.APPROVED) & (changes.c.due_at <= now),
            (changes.c.state == State.PENDING) & (changes.c.expires_at <= now),
            changes.c.follow_up.is_not(None),
        )
        untold = outside_notices.c.announced_at.is_(None) & (outside_notices.c.channel_id != "")
        # Whose turn it is to look at the cards is leased until the next look.
        is_list = mirror_reads.c.scope != card_looks.SCOPE
        unread = is_list & ((mirror_reads.c.attempted_at <= LONG_AGO) | (mirror_reads.c.leased_until > now))
        # In one statement: what ends between two of them leaves messages that neither sees.
        is_busy = or_(*(exists().where(each) for each in (outbox.c.done_at.is_(None), unfinished, untold, unread)))
        async with self.database.reading() as tx:
            return not await tx.scalar(select(is_busy))

    async def broken(self) -> list[str]:
        """Return which guarantees do not hold."""
        return await broken(self.database, self.town.slack.world, self.landed)

    async def ask_for(self, number: str, schedule: Schedule, *others: str) -> int:
        """Ask for time routing at a time, as the form would; return the number of the change."""
        wish = Submission(
            actor=Actor(TEAM.id, RITA, "test"),
            channel_id=PHONE_ROUTING,
            number=number,
            patch=Assignment(is_time_routing_enabled=True).patch_to([Field.TIME_ROUTING]),
            reason="A good reason",
            submission_key=f"form of {number}",
            schedule=schedule,
            others=others,
        )
        return (await (submit_several if others else submit)(self._context, wish)).id

    async def knows_numbers(self) -> bool:
        """Say whether the mirror has been read."""
        async with self.database.reading() as tx:
            return bool(await tx.scalar(select(mirror_reads.c.as_of).where(self._own_numbers)))

    async def let_mirror_age(self) -> None:
        """Let the worker read the numbers at its next look."""
        async with self.database.transaction() as tx:
            await tx.execute(
                update(mirror_reads).where(self._own_numbers).values(attempted_at=LONG_AGO, leased_until=None)
            )

    async def times_changed_outside(self) -> int:
        """Count what the record says to have been changed by others."""
        query = select(func.count()).where(audit_events.c.event == Event.CHANGED_OUTSIDE)
        async with self.database.reading() as tx:
            return int(await tx.scalar(query) or 0)

    async def state(self, change_id: int) -> State | None:
        """Return where a change stands, None when there is no such change."""
        async with self.database.reading() as tx:
            found = await tx.scalar(select(changes.c.state).where(changes.c.id == change_id))
        return None if found is None else State(found)

    async def last_change(self) -> int:
        """Return the number of the newest change, 0 before the first."""
        async with self.database.reading() as tx:
            return int(await tx.scalar(select(func.max(changes.c.id))) or 0)

    async def until(self, is_so: Callable[[], Awaitable[Any]]) -> None:
        """Wait for something that is stored."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await is_so():
                await self.bot.stirs(_IDLE_SECONDS)

    async def aclose(self) -> None:
        await self._context.aclose()
        await self._context.uponai.aclose()

    def transcript(self) -> str:
        return f"{self.town.transcript()}\n--\n{self._bots.last_logs()}"


def _note_landed(town: ProcessHarness, landed: list[tuple[str, Json]]) -> None:
    """Write down what UponAI really applies, whether or not its answer arrives."""
    account = town.uponai_stand_in.account
    assign = account.assign

    def noted(number: str, body: Any) -> Json:
        landed.append((number, dict(body)))
        return assign(number, body)

    account.assign = noted  # type: ignore[method-assign]  # The stand-in is ours.


def _context_of(database: Database) -> ServiceContext:
    """Return what the service needs to store what somebody asks for; its far ends are out of reach."""

    def now() -> datetime:
        return datetime.now(UTC)

    return ServiceContext(
        database=database,
        uponai=UponAIClient(
            token="none",
            account_sid=ACCOUNT_SID,
            workspace_id=WORKSPACE_ID,
            base_url="http://127.0.0.1:1",
            timeout=timedelta(seconds=1),
            now=now,
        ),
        account_sid=ACCOUNT_SID,
        workspace_id=WORKSPACE_ID,
        clock=DatabaseClock(),
        new_id=lambda: uuid4().hex,
        policy=Policy,
        change_ttl=timedelta(days=1),
        apply_within=timedelta(hours=1),
        lease=timedelta(seconds=3),
        uponai_timeout=timedelta(seconds=1),
        mirror_refresh=timedelta(hours=1),
        default_region=None,
        wake=_nobody,
    )


def _nobody(_: Work) -> None:
    """Wake nobody: the bot is another process."""


async def _tell_nothing_beside(database: Database) -> None:
    """Let nobody be reminded or told directly: that comes when a path has ended, in the midst of the next one."""
    kinds = ", ".join(f"'{kind}'" for kind in BESIDE)
    head = "CREATE TRIGGER tells_nothing_beside BEFORE INSERT ON outbox"
    made = {
        "sqlite": [f"{head} WHEN NEW.kind IN ({kinds}) BEGIN SELECT RAISE(IGNORE); END"],
        "postgresql": [
            "CREATE FUNCTION tells_nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            f"{head} FOR EACH ROW WHEN (NEW.kind IN ({kinds})) EXECUTE FUNCTION tells_nothing()",
        ],
    }
    async with database.transaction() as tx:
        for statement in made[database.dialect]:
            await tx.exec_driver_sql(statement)


@asynccontextmanager
async def place(database_url: str, folder: Path, **settings: str) -> AsyncIterator[Place]:
    """Build a place around a migrated database; no bot lives there yet."""
    # The mirror is read once, at the first start: a reading in the middle of a path would be an effect by chance.
    settings = {"MIRROR_REFRESH_SECONDS": "3600", "LOG_LEVEL": "warning", **settings}
    database = Database.connect(database_url, patience=timedelta(seconds=10))
    try:
        async with (
            town(database_url, folder, is_socket_mode=False, **settings) as built,
            mortals(folder) as bots,
        ):
            await _tell_nothing_beside(database)
            made = Place(built, bots, database)
            yield made
            await made.aclose()
    finally:
        await database.dispose()
