"""Apply an approved change: look, refuse drift, send exactly the touched fields, believe only what is read back.

Every remote call stands between two transactions, never in one.
"""

from datetime import timedelta

from bot.domain.account import ListedNumber
from bot.domain.change import ChangeRequest
from bot.domain.comparison import Comparison, Verification, compare, verify
from bot.domain.due import may_send_at
from bot.domain.events import Event
from bot.domain.facts import Fact, Problem
from bot.domain.state import State
from bot.service import redaction
from bot.service.applying.closed import put_off
from bot.service.applying.finish import finish
from bot.service.applying.lease import held, worker_of
from bot.service.applying.names import name_fields
from bot.service.applying.wait import wait
from bot.service.context import ServiceContext
from bot.service.messages import thread_fact
from bot.service.unit_of_work import unit_of_work
from bot.store.errors import LeaseLost
from bot.store.token_refusals import Call
from bot.telemetry import PUT_OUTCOMES
from bot.uponai.client import Reading
from bot.uponai.errors import (
    Forbidden,
    OutcomeUnknown,
    Refused,
    TooLate,
    Unauthorized,
    Unavailable,
    UnexpectedReply,
    UponAIError,
)

GONE = "The account no longer lists this number, so nothing was sent."


async def apply(context: ServiceContext, change: ChangeRequest) -> None:
    """Carry a claimed change to its next state; the look starts after the claim. Raises LeaseLost."""
    looked = await _look(context, change)
    if looked is None:
        return
    until = context.elapsed() + context.lease.total_seconds()
    sending = await _mark_sent(context, change, looked)
    if sending is not None:
        await _send(context, sending, looked, until)


async def _look(context: ServiceContext, change: ChangeRequest) -> ListedNumber | None:
    """Return the live number when the change still fits it; else end or release the change and return None."""
    try:
        reading = await context.uponai.find_number(change.key)
    except Forbidden as error:
        await finish(context, change, State.FAILED, problem=str(error))
        return None
    except UponAIError as error:
        await wait(context, change, error)
        return None
    if reading.listed is None:
        await finish(context, change, State.FAILED, problem=GONE)
        return None
    live = reading.listed
    comparison = compare(change, live.assignment)
    if comparison is Comparison.AS_APPROVED and change.looked is not None:
        # It was sent once, and found without effect then: it landed late. What else is different now is told as any
        # other change from outside.
        await conclude(context, change, live, reading)
        return None
    if comparison is not Comparison.AS_BEFORE:
        moved = change.before.differing(live.assignment, change.patch.fields)
        problem = f"The number was changed since {change.label} was asked: {name_fields(moved)}. Nothing was sent."
        await finish(context, change, State.STALE, live=live, as_of=reading.started_at, problem=problem)
        return None
    return live


async def _mark_sent(context: ServiceContext, change: ChangeRequest, looked: ListedNumber) -> ChangeRequest | None:
    """Commit that a PUT leaves now, and start the lease anew; give the change back when it may not leave now.

    The look is stored with it: after a crash it tells which untouched fields the PUT moved.
    """
    async with unit_of_work(context, worker_of(change), hold=change.id) as unit:
        present = held(unit, change)
        if present.leased_until is not None and present.leased_until <= unit.at:
            raise LeaseLost(f"{change.label}: the lease ran out during the look")
        if unit.held.pause is not None:
            await unit.step(present, present.release(None), Event.RELEASED, {"problem": "Sending is paused."})
            return None
        if not may_send_at(present, unit.at):
            await put_off(unit, present)
            return None
        return await unit.step(
            present,
            present.mark_sent(unit.at, context.lease, looked.assignment),
            Event.SENDING,
            {"patch": redaction.of_patch(change.patch)},
            is_shown=False,
        )


async def _send(context: ServiceContext, change: ChangeRequest, looked: ListedNumber, until: float) -> None:
    def may_leave() -> bool:
        # A process that stood still since the commit may have lost the number to another worker. The PUT takes one
        # time-out at the most, and a late one is waited for another: both have to end before anybody takes over. So
        # it goes by the shared clock, and by one that nobody can set, counted from before the commit.
        left = timedelta(0) if change.leased_until is None else change.leased_until - context.now()
        return min(left, timedelta(seconds=until - context.elapsed())) >= context.uponai_timeout * 2

    too_late = f"{change.label}: too little of the lease is left to send under it"
    if not may_leave():
        raise LeaseLost(too_late)
    try:
        answer = await context.uponai.put_assignment(change.key, change.patch, may_leave=may_leave)
    except TooLate as error:
        PUT_OUTCOMES.labels("not_sent").inc()
        raise LeaseLost(too_late) from error
    except Refused as error:
        PUT_OUTCOMES.labels("refused").inc()
        await finish(context, change, State.FAILED, live=looked, as_of=change.sent_at, problem=str(error))
        return
    except (Unavailable, Unauthorized) as error:
        PUT_OUTCOMES.labels("not_sent").inc()
        await wait(context, change, error, call=Call.WRITE)
        return
    except (OutcomeUnknown, UnexpectedReply) as error:
        PUT_OUTCOMES.labels("unknown").inc()
        await _hold(context, change, str(error))
        return
    PUT_OUTCOMES.labels("answered").inc()
    live, as_of = answer.listed, context.now()
    if live is None or not verify(change, looked.assignment, live.assignment, answer.import_error).is_clean:
        # The answer may leave fields out: a fresh look decides before anybody is called.
        try:
            reading = await context.uponai.find_number(change.key)
        except UponAIError as error:
            await _hold(context, change, str(error))
            return
        live, as_of = reading.listed or live, reading.started_at
    await conclude(context, change, looked, Reading(live, as_of), answer.import_error)


async def conclude(
    context: ServiceContext,
    change: ChangeRequest,
    looked: ListedNumber,
    reading: Reading,
    import_error: str | None = None,
) -> None:
    """End a change whose PUT was answered, or was found to have landed, by what is live now. Raises LeaseLost."""
    live = reading.listed
    if live is None:
        await finish(context, change, State.UNCLEAR, problem="The account no longer lists this number.")
        return
    seen = verify(change, looked.assignment, live.assignment, import_error or live.import_error)
    state = State.APPLIED if seen.is_clean else State.UNCLEAR
    await finish(context, change, state, live=live, as_of=reading.started_at, problem=_explain(seen))


def _explain(seen: Verification) -> str | None:
    if seen.is_clean:
        return None
    parts: list[str] = []
    if seen.missing:
        parts.append(f"UponAI took the change but shows something else for {name_fields(seen.missing)}.")
    if seen.moved:
        parts.append(f"The change did not touch {name_fields(seen.moved)}, but that is different now.")
    if seen.import_error:
        parts.append(f"The number did not arrive at the telephony platform: {seen.import_error}")
    return " ".join(parts)


async def _hold(context: ServiceContext, change: ChangeRequest, problem: str) -> None:
    """Let go of the number for one time-out: a late PUT may still land. Whoever takes over looks first."""
    async with unit_of_work(context, worker_of(change), hold=change.id) as unit:
        present = held(unit, change)
        until = unit.at + context.uponai_timeout
        waiting = await unit.step(
            present, present.hold(unit.at, until, problem), Event.ANSWER_LOST, {"problem": problem}
        )
        await unit.tell(
            thread_fact(waiting, Fact.ANSWER_LOST, unit.at, Problem(problem=problem), once=Fact.ANSWER_LOST)
        )
