"""Take over what another worker left, and look at `unclear` changes when a person asks."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.account import ListedNumber
from bot.domain.change import ChangeRequest
from bot.domain.comparison import Comparison, compare
from bot.domain.events import Event
from bot.domain.facts import Expired, Fact, Problem
from bot.domain.state import FollowUp, State
from bot.service import token
from bot.service.applying.apply import apply, conclude
from bot.service.applying.finish import finish, release
from bot.service.applying.lease import held, wait_for, worker_of
from bot.service.context import ServiceContext
from bot.service.elsewhere import why_elsewhere
from bot.service.messages import thread_fact
from bot.service.unit_of_work import unit_of_work
from bot.store import claims
from bot.uponai.errors import UponAIError

STOPPED = "The worker stopped before anything was sent."


async def recover(context: ServiceContext, change: ChangeRequest) -> None:
    """Finish what a worker left in `applying`, under a new lease. Raises LeaseLost.

    Without `sent_at` nothing was sent. With it, the lease that ran out was at least two time-outs long: one for the
    PUT, one for a late one to land; so a look decides now.
    """
    if change.sent_at is None:
        await release(context, change, problem=STOPPED, wait=timedelta(0))
        return
    elsewhere = why_elsewhere(context, change)
    if elsewhere is not None:
        await finish(context, change, State.UNCLEAR, problem=f"The answer was lost, and I cannot look: {elsewhere}")
        return
    try:
        reading = await context.uponai.find_number(change.key)
    except UponAIError as error:
        await _look_later(context, change, error)
        return
    if reading.listed is None:
        await finish(context, change, State.UNCLEAR, problem="The account no longer lists this number.")
        return
    live = reading.listed
    match compare(change, live.assignment):
        case Comparison.AS_BEFORE:
            # The first loss can be chance; when one follows the other, UponAI is in trouble.
            wait = wait_for(context, change) if change.attempts > 1 else timedelta(0)
            await release(context, change, problem="UponAI shows that nothing was applied.", wait=wait)
        case Comparison.AS_APPROVED:
            looked = ListedNumber(live.key, change.looked or live.assignment)
            await conclude(context, change, looked, reading)
        case Comparison.OTHERWISE:
            problem = (
                "The answer to the change was lost, and what is live now is neither the former assignment nor this."
            )
            await finish(context, change, State.UNCLEAR, live=live, as_of=reading.started_at, problem=problem)


async def _look_later(context: ServiceContext, change: ChangeRequest, error: UponAIError) -> None:
    """Look again soon; once the approval has lapsed meanwhile, call a person instead."""
    if change.apply_before is not None and context.now() >= change.apply_before:
        await finish(
            context, change, State.UNCLEAR, problem=f"The answer was lost, and no look has succeeded since. {error}"
        )
        return
    async with context.database.transaction() as tx:
        now = await context.clock.read(tx)
        await claims.let_go(tx, change, until=now + min(context.uponai_timeout, context.lease / 4))
        await token.note(tx, context, error, now, change=change)


async def run_follow_up(context: ServiceContext, change: ChangeRequest) -> None:
    """Look at an `unclear` change, then end it or send it again, as the follow-up says. Raises LeaseLost."""
    try:
        reading = await context.uponai.find_number(change.key)
    except UponAIError as error:
        await _follow_up_waits(context, change, error)
        return
    live, by = reading.listed, change.follow_up_by
    if change.follow_up is FollowUp.RESOLVE:
        await finish(context, change, State.RESOLVED, live=live, as_of=reading.started_at, by=by)
        return
    if live is None:
        await finish(context, change, State.STALE, problem="The account no longer lists this number.", by=by)
        return
    match compare(change, live.assignment):
        case Comparison.AS_APPROVED:
            await finish(context, change, State.APPLIED, live=live, as_of=reading.started_at, by=by)
        case Comparison.OTHERWISE:
            problem = "What is live now is neither the former assignment nor this one. Nothing was sent."
            await finish(context, change, State.STALE, live=live, as_of=reading.started_at, problem=problem, by=by)
        case Comparison.AS_BEFORE if change.has_expired(context.now()):
            problem = "The former assignment is still live, but the approval is too old to send it now."
            await _lapse(context, change, problem)
        case Comparison.AS_BEFORE:
            await _send_again(context, change)


async def _send_again(context: ServiceContext, change: ChangeRequest) -> None:
    async with unit_of_work(context, worker_of(change), hold=change.id) as unit:
        present = held(unit, change)
        lease_id = context.new_id()
        claimed = await unit.step(present, present.claim(lease_id, unit.at, context.lease), Event.APPLYING)
    await apply(context, claimed)


async def _lapse(context: ServiceContext, change: ChangeRequest, problem: str) -> None:
    async with unit_of_work(context, worker_of(change), hold=change.id) as unit:
        present = held(unit, change)
        lapsed = await unit.step(
            present, replace(present.expire(unit.at), problem=problem), Event.EXPIRED, {"problem": problem}
        )
        await unit.tell(thread_fact(lapsed, Fact.EXPIRED, unit.at, Expired()))


async def _follow_up_waits(context: ServiceContext, change: ChangeRequest, error: UponAIError) -> None:
    """Keep the follow-up and look again soon; say so once for each of them."""
    async with unit_of_work(context, worker_of(change), hold=change.id) as unit:
        present = held(unit, change)
        await claims.let_go(unit.tx, present, until=unit.at + context.uponai_timeout)
        await token.note(unit.tx, context, error, unit.at, change=present)
        await unit.tell(thread_fact(present, Fact.FOLLOW_UP_WAITING, unit.at, Problem(problem=str(error))))
