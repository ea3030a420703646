"""The worker of one process: takes due work until it is told to stop, and finishes what it holds.

Four loops share nothing but the database: applying, delivering, expiring (and forgetting what was delivered long
ago), refreshing the mirror. Each does one pass at a time, goes on at once while there is work, and otherwise waits to
be woken: by who committed work in this process, and by a fifth loop, which asks the database once a poll what is due.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain.change import ChangeRequest
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next, expire_next, take_abandoned, take_follow_up, take_waiting
from bot.service.applying.recover import recover, run_follow_up
from bot.service.applying.retry import retry
from bot.service.context import ServiceContext, Work
from bot.service.delivery.lane import BATCH
from bot.service.due import look
from bot.service.forget import forget_delivered
from bot.service.override_review import remind_next
from bot.service.refresh import refresh_due
from bot.slack.delivery.courier import Courier
from bot.store import due
from bot.store.claims import Due
from bot.store.errors import DatabaseUnavailable, LeaseLost
from bot.store.herald import listen
from bot.uponai.errors import UponAIError
from bot.worker.places import APPLY_AT_ONCE, Places

log = structlog.get_logger(__name__)

TROUBLE_WAIT_SECONDS = 1.0
FORGET_EVERY = timedelta(hours=1)
# A pass that takes longer hangs: the longest one calls UponAI seven times, for less than half a lease each. What it
# left is found as after a crash. The mirror's lists come in pages, as many as the account is large.
PASS_LEASES = 4
PASS_BESIDES = timedelta(minutes=1)
PASS_PAGES = 10
# What a refresh may take to come to its end after a stop, unless it waits for UponAI or Slack.
ENDS_WITHIN_SECONDS = 1


Take = Callable[[ServiceContext], Awaitable[ChangeRequest | None]]
Carry = Callable[[ServiceContext, ChangeRequest], Awaitable[None]]
_TAKES: dict[str, tuple[Take, Carry]] = {
    Due.ABANDONED: (take_abandoned, recover),
    Due.FOLLOW_UP: (take_follow_up, run_follow_up),
    Due.TO_APPLY: (claim_next, apply),
    Due.WAITING: (take_waiting, retry),
}


class PassHangs(Exception):
    """A pass did not end in time, and was given up."""


class Worker:
    """Runs the loops; `wake` may be called from anywhere in the same event loop."""

    def __init__(
        self, *, context: ServiceContext, courier: Courier, poll: timedelta, pass_within: timedelta | None = None
    ) -> None:
        self._context = context
        self._courier = courier
        self._poll = poll.total_seconds()
        self._pass_within = pass_within or context.lease * PASS_LEASES + PASS_BESIDES
        self._given_up: set[asyncio.Task[bool]] = set()
        self._wakes = {name: asyncio.Event() for name in ("look", "apply", "deliver", "expire", "refresh")}
        self._passes: dict[str, datetime] = {}
        self._busy: set[str] = set()
        self._found: Counter[str] = Counter()
        self._forget_from: datetime | None = None
        self._places = Places()
        self._stop = asyncio.Event()

    def wake(self, work: Work) -> None:
        """Do such work now instead of at the next poll: who has just committed it has no need to look for it."""
        if work & Work.APPLY:
            self._found[Due.TO_APPLY] += 1
        if work & (Work.APPLY | Work.LOOK):
            self._wakes["apply"].set()
        if work & Work.DELIVER:
            self._wakes["deliver"].set()

    def status(self) -> dict[str, datetime]:
        """Return when each loop last finished a pass, or was known to have nothing to do."""
        return dict(self._passes)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; return when everything taken has been finished or put back."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stop_with(stop))
            self._context.handing.reserve = lambda: self._places.keep(group, partial(self._work, work=apply))
            if self._context.database.dialect == "postgresql":
                group.create_task(self._listen())
            group.create_task(self._loop("look", self._look_once, every=self._poll))
            group.create_task(self._loop("apply", lambda: self._apply_one_more(group)))
            group.create_task(self._loop("deliver", self._deliver_once))
            group.create_task(self._loop("expire", self._expire_once))
            group.create_task(self._loop("refresh", self._refresh_once))

    async def _stop_with(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._context.handing.reserve = None
        self._stop.set()
        for wake in self._wakes.values():
            wake.set()

    async def _loop(self, name: str, once: Callable[[], Awaitable[bool]], *, every: float | None = None) -> None:
        """Do passes while there is work, then wait; with `every` the first pass waits for nobody."""
        wake, is_more = self._wakes[name], every is not None
        while not self._stop.is_set():
            if not is_more:
                await _wait_for(wake, every)
                if self._stop.is_set():
                    break
            wake.clear()
            self._busy.add(name)
            is_more = await self._guarded(name, once)
            self._busy.discard(name)

    async def _listen(self) -> None:
        """Be woken by other processes as well; while nobody can be heard, the looks go on."""
        while not self._stop.is_set():
            try:
                await listen(self._context.database, lambda word: self.wake(Work(word)), self._stop)
            except DatabaseUnavailable as error:
                log.warning("worker.hears_nothing", problem=str(error))
            await _wait_for(self._stop, TROUBLE_WAIT_SECONDS)

    async def _look_once(self) -> bool:
        """Wake the loops that have something to do; of the others it is known that they have not."""
        await self._look()
        is_due = {
            "apply": any(self._found[kind] for kind in _TAKES),
            "deliver": bool(self._found[due.MESSAGES]),
            "expire": bool(self._found[Due.EXPIRED] or self._found[due.REMINDER]) or self._is_time_to_forget(),
            "refresh": bool(self._found[due.REFRESH]),
        }
        for name, has_work in is_due.items():
            if has_work:
                self._wakes[name].set()
            elif name not in self._busy:
                self._passes[name] = self._context.now()
        return False

    async def _look(self) -> None:
        self._found = Counter()
        found = await look(self._context, APPLY_AT_ONCE)
        # What was handed on meanwhile may not be in the answer.
        self._found += found

    async def _guarded(self, name: str, once: Callable[[], Awaitable[bool]]) -> bool:
        """Do one pass; nothing that goes wrong in it may end the loop. Returns whether there may be more."""
        try:
            is_more = await self._in_time(name, once)
        except PassHangs:
            log.error("worker.pass_hangs", loop=name)  # noqa: TRY400 - where it hangs is not in this traceback.
            return False
        except DatabaseUnavailable as error:
            log.warning("worker.database_unavailable", loop=name, problem=str(error))
            await _wait_for(self._stop, TROUBLE_WAIT_SECONDS)
            return False
        except LeaseLost as error:
            log.warning("worker.lease_lost", loop=name, problem=str(error))
            return True
        except UponAIError as error:
            log.warning("worker.uponai", loop=name, problem=str(error))
            return False
        except Exception:
            # The one place that must go on whatever happens: all of it is in the log, and the lease frees the work.
            log.exception("worker.pass_failed", loop=name)
            await _wait_for(self._stop, TROUBLE_WAIT_SECONDS)
            return False
        self._passes[name] = self._context.now()
        return is_more

    async def _in_time(self, name: str, once: Callable[[], Awaitable[bool]]) -> bool:
        """Do one pass as a task of its own. Raises PassHangs, without waiting for the end of what hangs."""
        task = asyncio.ensure_future(once())
        within = self._pass_within * (PASS_PAGES if name == "refresh" else 1)
        try:
            await asyncio.wait({task}, timeout=within.total_seconds())
        finally:
            if not task.done():
                # What holds the pass up could hold its end up as well, such as a disk that does not answer.
                task.cancel()
                self._given_up.add(task)
                task.add_done_callback(self._ended_late)
        if not task.done():
            raise PassHangs
        return task.result()

    def _ended_late(self, task: "asyncio.Task[bool]") -> None:
        self._given_up.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("worker.ended_late", error=type(error).__name__)

    async def _apply_one_more(self, group: asyncio.TaskGroup) -> bool:
        """Take one change and work on it beside the others; say whether there may be more.

        What the last look has found is taken first; when that was nothing, or is used up, it takes another look.
        """
        await self._places.acquire()
        is_started = False
        try:
            if not any(self._found[kind] for kind in _TAKES):
                await self._look()
            for kind, (take, work) in _TAKES.items():
                while self._found[kind] and not is_started:
                    # The stop may have come while all slots were busy, or during the look before this one.
                    if self._stop.is_set():
                        return False
                    self._found[kind] -= 1
                    change = await take(self._context)
                    if change is not None:
                        carry = partial(retry, may_claim=self._may_claim) if kind == Due.WAITING else work
                        group.create_task(self._work(change, carry), name=change.label)
                        is_started = True
        finally:
            if not is_started:
                self._places.release()
        return any(self._found[kind] for kind in _TAKES)

    async def _work(self, change: ChangeRequest, work: Carry) -> None:
        async def once() -> bool:
            await work(self._context, change)
            return True

        try:
            with structlog.contextvars.bound_contextvars(change=change.label):
                await self._guarded("apply", once)
        finally:
            self._places.release()
            self._wakes["apply"].set()

    def _may_claim(self) -> bool:
        return not self._stop.is_set()

    async def _deliver_once(self) -> bool:
        return await self._courier.deliver_due() >= BATCH

    async def _expire_once(self) -> bool:
        if self._found.pop(due.REMINDER, 0):
            return await remind_next(self._context) or bool(self._found[Due.EXPIRED])
        return await expire_next(self._context) is not None or await self._forget_some()

    def _is_time_to_forget(self) -> bool:
        return self._forget_from is None or self._context.now() >= self._forget_from

    async def _forget_some(self) -> bool:
        """Once an hour, delete what was delivered long ago, a batch a pass; say whether there may be more."""
        if not self._is_time_to_forget():
            return False
        is_more = await forget_delivered(self._context)
        if not is_more:
            self._forget_from = self._context.now() + FORGET_EVERY
        return is_more

    async def _refresh_once(self) -> bool:
        """Refresh the mirror; a stop waits a moment for it: a list that was stored in part harms nobody."""
        refresh = asyncio.create_task(self._look_outside(), name="refresh")
        stop = asyncio.create_task(self._stop.wait(), name="stop")
        try:
            await asyncio.wait({refresh, stop}, return_when=asyncio.FIRST_COMPLETED)
            # A transaction that is cut off leaves a connection that nobody can give back.
            await asyncio.wait({refresh}, timeout=ENDS_WITHIN_SECONDS)
            return refresh.done() and refresh.result()
        finally:
            for task in (refresh, stop):
                task.cancel()
            await asyncio.gather(refresh, stop, return_exceptions=True)

    async def _look_outside(self) -> bool:
        """See what others did to cards, then to numbers."""
        await self._courier.look_at_cards()
        return await refresh_due(self._context)


async def _wait_for(event: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
