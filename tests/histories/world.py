"""A world without a network for one history: its database, both far ends, and two workers that share nothing else."""

import json
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import AssignmentPatch
from bot.domain.rules.policy import Policy
from bot.domain.state import Origin
from bot.sandbox.slack.app import SlackStandIn
from bot.sandbox.slack.workspace.seed import demo_world
from bot.sandbox.uponai.app import UponAIStandIn
from bot.service import lookup
from bot.service.context import ServiceContext, Work
from bot.slack.delivery.courier import Courier
from bot.store.database import Database
from bot.uponai.client import UponAIClient
from bot.uponai.wire import put_body
from tests.histories.clock import HistoryClock
from tests.histories.far_ends import SlackEnd, Troubles, UponAIEnd

TOKEN, ACCOUNT_SID, WORKSPACE_ID = "made-up-token", "29e90072-fb58-4c6c-870a-43005115131e", 1
CALL_WITHIN = timedelta(seconds=4)
LEASE = timedelta(seconds=30)
START = datetime(2026, 11, 23, 9, tzinfo=UTC)
# No history waits for anything: what takes its time moves the clock.
_NEVER = timedelta(seconds=20)


class Died(BaseException):
    """The process is gone: nothing of ours may catch this."""


class FragileDatabase(Database):
    """A database of a process that something befalls before or after the commit of its n-th transaction."""

    def __init__(
        self, healthy: Database, befall: Callable[[], Awaitable[None]], *, nth: int, before_commit: bool
    ) -> None:
        self.__dict__.update(vars(healthy))
        self._left = nth
        self._befall = befall
        self._before_commit = before_commit

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        self._left -= 1
        is_it = self._left == 0
        async with super().transaction() as tx:
            yield tx
            if is_it and self._before_commit:
                await self._befall()
        if is_it and not self._before_commit:
            await self._befall()


@dataclass
class Process:
    """One worker's process."""

    context: ServiceContext
    client: AsyncWebClient
    courier: Courier

    def befallen(self, befall: Callable[[], Awaitable[None]], *, nth: int, before_commit: bool = False) -> "Process":
        """Return the same process with something ahead of it."""
        database = FragileDatabase(self.context.database, befall, nth=nth, before_commit=before_commit)
        context = replace(self.context, database=database)
        return Process(context, self.client, Courier(context=context, client=self.client))


class HistoryWorld:
    """Everything that a history happens to."""

    def __init__(self, database: Database, path: Path) -> None:
        self.clock = HistoryClock(START)
        self.path = path
        self.database = database
        self.slack = SlackStandIn(
            bot_token=TOKEN,
            app_token="xapp",
            signing_secret="made-up",
            request_url=None,
            world=demo_world(lambda: self.clock.now().timestamp()),
            page=False,
        )
        self.uponai = UponAIStandIn(token=TOKEN, account_sid=ACCOUNT_SID, workspace_id=WORKSPACE_ID)
        self.troubles = Troubles(self.clock, CALL_WITHIN)
        self.broken: list[str] = []
        self.end = UponAIEnd(self.uponai, self.troubles, self._arrives)
        self.policies = [Policy()]
        self._ids = count(1)
        self.processes = [self._process(), self._process()]

    def _process(self) -> Process:
        uponai = UponAIClient(
            token=TOKEN,
            account_sid=ACCOUNT_SID,
            workspace_id=WORKSPACE_ID,
            base_url="http://uponai.test",
            timeout=_NEVER,
            now=self.clock.now,
            transport=self.end,
        )
        context = ServiceContext(
            database=self.database,
            uponai=uponai,
            account_sid=ACCOUNT_SID,
            workspace_id=WORKSPACE_ID,
            clock=self.clock,
            new_id=lambda: f"id-{next(self._ids)}",
            policy=lambda: self.policies[-1],
            change_ttl=timedelta(days=1),
            apply_within=timedelta(hours=1),
            lease=LEASE,
            uponai_timeout=CALL_WITHIN,
            mirror_refresh=timedelta(minutes=1),
            default_region=None,
            wake=_nobody,
        )
        session: Any = SlackEnd(self.slack, TOKEN, self.troubles)
        client = AsyncWebClient(token=TOKEN, base_url="https://slack.test/api/", session=session, retry_handlers=[])
        return Process(context, client, Courier(context=context, client=client))

    def _arrives(self, number: str, body: Any) -> None:
        """Look at a PUT the moment it arrives: whose is it, was it approved, is it its turn."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as database:
            database.row_factory = sqlite3.Row
            rows = database.execute("SELECT * FROM changes WHERE number = ?", (number,)).fetchall()
            under_way = [row for row in rows if row["state"] == "applying" and row["sent_at"] is not None]
            if len(under_way) != 1:
                self.broken.append(f"G4: a PUT of {number} arrived for {len(under_way)} changes under way")
                return
            change = under_way[0]
            # The approval of a change holds for what puts it back.
            approved = next((row for row in rows if row["id"] == change["parent_id"]), None) or change
            if change["origin"] != Origin.PUT_BACK:
                approved = change
            approvals = database.execute(
                "SELECT count(DISTINCT reviewer_id) FROM reviews WHERE change_id = ? AND revision = ?"
                " AND verdict = 'approve' AND withdrawn_at IS NULL AND reviewer_id <> ?",
                (approved["id"], approved["revision"], approved["requester_id"]),
            ).fetchone()[0]
        database.close()
        if approvals < change["quorum"] and approved["overridden_at"] is None:
            self.broken.append(f"G1: RN-{change['id']} was sent with {approvals} of {change['quorum']} approvals")
        earlier = [row["id"] for row in rows if _is_before(row, change)]
        if earlier:
            self.broken.append(f"G4: RN-{change['id']} was sent before {earlier}")
        patch = AssignmentPatch.from_json(json.loads(change["patch"]))
        if json.loads(put_body(ACCOUNT_SID, WORKSPACE_ID, patch)) != body:
            self.broken.append(f"G5: RN-{change['id']} was sent as {body}")

    @property
    def context(self) -> ServiceContext:
        return self.processes[0].context

    async def aclose(self) -> None:
        for each in self.processes:
            await each.context.aclose()
            await each.context.uponai.aclose()
        await self.database.dispose()
        await self.slack.close()


def _is_before(row: sqlite3.Row, change: sqlite3.Row) -> bool:
    is_waiting = row["state"] == "approved" and row["due_at"] <= change["approved_at"]
    return bool(is_waiting and row["approval_order"] < change["approval_order"])


def _nobody(_: Work) -> None:
    """Wake nobody: a history says who works when."""


class Worlds:
    """Worlds in the same place, one after the other: each begins with the same file, over statements compiled once."""

    def __init__(self, migrated: Path, folder: Path) -> None:
        self._first = folder / "first.db"
        self._path = folder / "history.db"
        self._database = Database.connect(f"sqlite:///{self._path}", patience=timedelta(minutes=1))
        shutil.copyfile(migrated, self._first)

    async def prepare(self) -> "Worlds":
        """Fill the mirror that all of them begin with."""
        async with self.new() as world:
            await lookup.refresh_agents(world.context)
            await lookup.refresh_numbers(world.context)
        with sqlite3.connect(self._path) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        shutil.copyfile(self._path, self._first)
        return self

    @asynccontextmanager
    async def new(self) -> AsyncIterator[HistoryWorld]:
        """Begin a world."""
        for former in self._path.parent.glob("history.db*"):
            former.unlink()
        shutil.copyfile(self._first, self._path)
        world = HistoryWorld(self._database, self._path)
        try:
            yield world
        finally:
            await world.aclose()


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Give a folder whose files are in memory, where the machine has such."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder below it gets a name of its own
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)
