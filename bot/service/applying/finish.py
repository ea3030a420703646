"""End an attempt: the state, the mirror, the other open changes of the number, and what is told commit together."""

from datetime import datetime, timedelta

from bot.domain.account import ListedNumber
from bot.domain.assignment import Assignment, fields_to_bits
from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.facts import Fact, Finished, Problem
from bot.domain.state import State
from bot.service import redaction, since, token
from bot.service.applying.lease import held, worker_of
from bot.service.applying.names import name_fields
from bot.service.context import ServiceContext
from bot.service.messages import results_fact, thread_fact
from bot.service.outside.own_looks import take_in
from bot.service.put_back import cover, plan
from bot.service.put_back_facts import is_told_with_all
from bot.service.unit_of_work import UnitOfWork, unit_of_work
from bot.store import overlaps
from bot.store.mirror import agents as mirror_agents
from bot.store.token_refusals import Call


async def finish(
    context: ServiceContext,
    change: ChangeRequest,
    state: State,
    *,
    live: ListedNumber | None = None,
    as_of: datetime | None = None,
    problem: str | None = None,
    by: str | None = None,
) -> ChangeRequest:
    """End the attempt that `change.lease_id` stands for, in one transaction.

    `live` is what UponAI showed as of `as_of`; it becomes the mirror's newest row. Raises LeaseLost when another
    worker has taken over meanwhile: then nothing was written.
    """
    async with unit_of_work(context, worker_of(change), hold=change.id, beside=change.key) as unit:
        present = held(unit, change)
        result = None if live is None else live.assignment
        put_back = None
        if state is State.APPLIED and live is not None and present.put_back_at is not None:
            put_back = await plan(unit, present, live, as_of or unit.at)
        done = await unit.step(
            present,
            present.finish(state, unit.at, result=result, problem=problem),
            Event.of_state(state),
            {
                "problem": problem,
                "live": None if result is None else redaction.of_assignment(result),
                "by": by,
            },
        )
        if live is not None:
            if live.key != change.key:
                raise ValueError(f"{change.label} is about {change.key}, not about {live.key}")
            await take_in(unit, context, present, live, as_of or unit.at)
        if unit.held.is_token_refused and present.sent_at is not None and state is not State.UNCLEAR:
            # A PUT that was refused for its token does not end a change; one whose answer was lost proves nothing.
            await token.note_accepted(unit.tx, context, Call.WRITE)
        planned = [] if put_back is None else await cover(context, unit, put_back, done)
        names = {} if result is None else await _unseen_names(unit, done, result)
        deferred = await unit.take_deferred(done)
        approved_by = next((each["by"] for each in deferred if each.get("name") == Fact.APPROVED), None)
        told = Finished(by=by, approved_by=approved_by, problem=problem, live=result, names=names)
        if is_told_with_all(done):
            await unit.tell(results_fact(done, unit.at))
        elif state is not State.APPLIED or done.bundle_id is None:
            await unit.tell(thread_fact(done, Fact.of_state(state), unit.at, told))
        await unit.tell(*await since.reverted(unit.tx, done, unit.at), *planned)
        if state is State.APPLIED and live is not None and not unit.is_alone:
            await _overtake(unit, done, live)
    return done


async def _unseen_names(unit: UnitOfWork, change: ChangeRequest, live: Assignment) -> dict[str, str]:
    """Return the names of the live agents that the reviewers had not seen: somebody else put them there."""
    unseen = {agent.agent_id for agent in (*live.inbound, *live.outbound)} - set(change.agent_names)
    return await mirror_agents.names(unit.tx, change.key.workspace_id, unseen) if unseen else {}


async def _overtake(unit: UnitOfWork, applied: ChangeRequest, live: ListedNumber) -> None:
    """End the other open changes of the number whose touched fields are no longer as their reviewers saw them."""
    bits = fields_to_bits(applied.patch.fields)
    for other in await overlaps.lock_open_touching(unit.tx, applied.key, bits, except_id=applied.id):
        gone = other.before.differing(live.assignment, other.patch.fields)
        if not gone:
            continue
        problem = f"{applied.label} was applied first and changed {name_fields(gone)}."
        is_needless = other.patch.is_satisfied_by(live.assignment)
        if is_needless:
            problem = f"{applied.label} was applied first and did the same, so nothing is left to do."
        stale = await unit.step(
            other, other.go_stale(unit.at, problem), Event.STALE, {"problem": problem, "because_of": applied.id}
        )
        if is_told_with_all(stale) or (is_needless and stale.bundle_id is not None):
            # Nobody has anything to do about it, for none of many numbers.
            await unit.tell(results_fact(stale, unit.at))
        else:
            await unit.tell(thread_fact(stale, Fact.STALE, unit.at, Problem(problem=problem)))


async def release(
    context: ServiceContext,
    change: ChangeRequest,
    *,
    problem: str | None,
    wait: timedelta,
) -> ChangeRequest:
    """Put a change back to approved: nothing of this attempt is live. Raises LeaseLost."""
    async with unit_of_work(context, worker_of(change), hold=change.id) as unit:
        present = held(unit, change)
        not_before = unit.at + wait if wait else None
        return await unit.step(present, present.release(not_before, problem), Event.RELEASED, {"problem": problem})
