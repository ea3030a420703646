"""Waiting for UponAI: an approved change whose look or PUT failed without an effect is tried again until it expires.

A wait is recorded and told when it begins, when its cause changes, and when it ends. In between only the time of the
next look moves, which is no step of the change's life; that look is made without claiming the change, so that an
outage leaves no trail of attempts.
"""

from datetime import datetime, timedelta

from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import Fact, Problem
from bot.domain.state import WaitCause
from bot.service import token
from bot.service.applying.lease import held, wait_for, worker_of
from bot.service.context import ServiceContext
from bot.service.messages import thread_fact
from bot.service.unit_of_work import UnitOfWork, unit_of_work
from bot.store import changes, claims
from bot.store.token_refusals import Call
from bot.uponai.errors import Refused, Unauthorized, Unavailable, UnexpectedReply, UponAIError

FIRST_LOOK = timedelta(seconds=1)


def cause_of(error: UponAIError) -> WaitCause:
    """Return the kind of trouble that an error is."""
    match error:
        case Unauthorized():
            return WaitCause.UNAUTHORIZED
        case Refused():
            return WaitCause.REFUSED
        case UnexpectedReply():
            return WaitCause.UNREADABLE
        case _:
            return WaitCause.UNAVAILABLE


async def wait(context: ServiceContext, change: ChangeRequest, error: UponAIError, *, call: Call = Call.READ) -> None:
    """End the attempt of `change.lease_id`, of which nothing is live, by waiting. Raises LeaseLost."""
    async with unit_of_work(context, worker_of(change), hold=change.id) as unit:
        present = held(unit, change)
        await _step(unit, present, error, unit.at + wait_for(context, present, error))
        await token.note(unit.tx, context, error, unit.at, call=call, change=present)


async def wait_on(context: ServiceContext, change: ChangeRequest, error: UponAIError) -> None:
    """Let a waiting change wait on after a look that failed; nothing when it has moved on meanwhile."""
    async with unit_of_work(context, worker_of(change)) as unit:
        present = await changes.lock(unit.tx, change.id)
        if (present.version, present.not_before) != (change.version, change.not_before):
            return
        next_look = unit.at + _until_next_look(context, present, error, unit.at)
        if cause_of(error) is present.wait_cause:
            await claims.postpone(unit.tx, present, next_look)
        else:
            await _step(unit, present, error, next_look)
        await token.note(unit.tx, context, error, unit.at, change=present)


async def put_back(context: ServiceContext, change: ChangeRequest) -> None:
    """Leave the next look for a waiting change to whoever comes now; nothing when it has moved on meanwhile."""
    async with unit_of_work(context, worker_of(change)) as unit:
        present = await changes.lock(unit.tx, change.id)
        if (present.version, present.not_before) == (change.version, change.not_before):
            await claims.postpone(unit.tx, present, unit.at)


async def _step(unit: UnitOfWork, present: ChangeRequest, error: UponAIError, not_before: datetime) -> None:
    cause, problem = cause_of(error), str(error)
    # An attempt that a wait went through, and that met the same trouble, is no news.
    event = Event.RELEASED if cause is present.wait_cause else Event.WAITING
    waiting = await unit.step(
        present, present.wait(cause, unit.at, not_before, problem), event, {"problem": problem, "cause": cause.value}
    )
    # Each cause is told once in the life of a change, however often one gives way to another.
    await unit.tell(
        thread_fact(waiting, Fact.WAITING, unit.at, Problem(problem=problem), once=f"{Fact.WAITING}/{cause}")
    )


def _until_next_look(context: ServiceContext, change: ChangeRequest, error: UponAIError, now: datetime) -> timedelta:
    """Look at 1, 2, 4 … s of the wait, then every half lease; not before UponAI wants to be asked."""
    waited = timedelta(0) if change.waiting_since is None else now - change.waiting_since
    asked = error.retry_after if isinstance(error, Unavailable) else None
    return max(min(max(waited, FIRST_LOOK), context.lease / 2), asked or timedelta(0))
