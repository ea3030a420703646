"""Override a change in an emergency: whoever its policy names does, for a reason, and everybody is told."""

from contextlib import AbstractContextManager, nullcontext

from bot.domain import overriding
from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.difference import differences, one_line
from bot.domain.events import Event
from bot.domain.facts import Decided, Fact, Overridden, OverriddenHere
from bot.domain.number import pretty
from bot.domain.overriding import Override, refuse_override_now
from bot.domain.rules.refusals import refuse_override
from bot.domain.shortening import shorten
from bot.domain.state import State
from bot.service.bundles.leading import require_lead
from bot.service.bundles.naming import naming
from bot.service.context import Actor, ServiceContext
from bot.service.elsewhere import why_elsewhere
from bot.service.messages import bundle_again, bundle_fact, channel_fact, direct_fact, thread_fact
from bot.service.refusals import refusals
from bot.service.rights import LookUp
from bot.service.unit_of_work import Step, UnitOfWork, unit_of_work
from bot.store import bundles, changes, overrides

# A channel has little room; the card shows the whole.
WHAT_LIMIT = 600


async def refuse_overrider(
    context: ServiceContext, actor: Actor, change_id: int, *, look_up: LookUp, revision: int | None = None
) -> Bundle:
    """Return what the actor may override now: a change, or all undecided ones that were asked together.

    No transaction is open while Slack is asked. Raises NotAllowed, CannotCheck, AlreadyDecided, TooLate, UnknownChange;
    each is in the audit record by then.
    """
    async with refusals(context, actor, Event.OVERRIDE_REFUSED, change_id):
        async with context.database.reading() as tx:
            change = await changes.get(tx, change_id, team_id=actor.team_id)
            together = Bundle((change,)) if change.bundle_id is None else await bundles.get(tx, change.bundle_id)
        pending = _undecided(together)
        for each in pending.members:
            refuse_override_now(each, context.now(), revision)
        people = {
            held: await look_up.to_override(held, actor.user_id) for held in {each.policy for each in pending.members}
        }
        for each in pending.members:
            with _naming(each, pending):
                refuse_override(each.policy, people[each.policy])
        return Bundle(tuple(map(context.named, pending.members)))


async def override(
    context: ServiceContext,
    actor: Actor,
    change_id: int,
    reason: str,
    *,
    look_up: LookUp,
    revision: int | None = None,
) -> ChangeRequest:
    """Approve a change by an override, and tell everybody; `revision` is the one that the actor has read.

    Of changes that were asked together all undecided ones are overridden. The caller has checked that they are a full
    member. Raises as `refuse_overrider` does, InvalidSubmission without a reason.
    """
    async with refusals(context, actor, Event.OVERRIDE_REFUSED, change_id):
        # What a policy says about a revision cannot change, so that what Slack was asked about it still holds below.
        read = await refuse_overrider(context, actor, change_id, look_up=look_up, revision=revision)
        async with unit_of_work(context, actor, hold=read.lead.lead_id, team_id=actor.team_id) as unit:
            whole = await locked(unit)
            pending = _undecided(whole)
            steps: list[Step] = []
            made: list[Override] = []
            for each in pending.members:
                refuse_override_now(each, unit.at, read.lead.revision)
                passed, one = overriding.override(
                    each, actor.user_id, reason, unit.at, apply_within=context.apply_within
                )
                rules = sorted(rule.name for rule in each.policy.rules)
                after = {"reason": one.reason, "revision": one.revision, "rules": rules}
                steps.append(Step(each, passed, Event.OVERRIDDEN, after))
                made.append(one)
            await overrides.add_all(unit.tx, made)
            stepped = await unit.step_all(steps)
            await _tell(context, unit, Bundle(tuple(stepped)), made[0])
            if whole.lead.bundle_id is not None:
                told = Decided(by=actor.user_id)
                results = bundle_fact(whole, Fact.RESULTS, unit.at, told, whole.members, once=True)
                await unit.tell(results, bundle_again(stepped[0], Fact.RESULTS, unit.at, stepped[0].version))
            return stepped[0]


async def locked(unit: UnitOfWork) -> Bundle:
    """Hold what is overridden and reviewed together. Raises LedBy for a change that another one stands for."""
    change = unit.held.change
    require_lead(change)
    return Bundle((change,)) if change.bundle_id is None else await bundles.lock(unit.tx, change.bundle_id)


def _undecided(together: Bundle) -> Bundle:
    """Return what still waits for a decision. Raises AlreadyDecided with who was first, when nothing does."""
    pending = together.those(State.PENDING)
    if not pending:
        decided = (each for each in together.members if each.decided_by is not None)
        next(decided, together.lead).refuse_unless_pending()
    return Bundle(pending)


def _naming(each: ChangeRequest, together: Bundle) -> AbstractContextManager[None]:
    """Name the change in a refusal, where it is one of several."""
    return nullcontext() if len(together.members) == 1 else naming(f"{each.label} for {pretty(each.key.number)}")


async def _tell(context: ServiceContext, unit: UnitOfWork, overridden: Bundle, made: Override) -> None:
    """Tell the thread, the channel and the requester, at once: nothing of it waits for the result.

    Of several the first one speaks for all.
    """
    pause, first, others = unit.held.pause, overridden.lead, len(overridden.members) - 1
    told = Overridden(
        by=made.overridden_by,
        reason=made.reason,
        paused_by=None if pause is None else pause.by,
        paused_at=None if pause is None else pause.at.isoformat(),
        paused_why=None if pause is None else pause.reason,
        elsewhere=why_elsewhere(context, first),
        sent_from=first.due_at.isoformat() if first.due_at > unit.at else None,
        others=others,
    )
    here = OverriddenHere(
        by=made.overridden_by,
        change=overridden.label,
        requester=first.requester_id,
        number=f"{others + 1} numbers" if others else _number(context.named(first)),
        what=shorten("; ".join(dict.fromkeys(map(_what, overridden.members))), WHAT_LIMIT),
        reason=made.reason,
    )
    name, direct = Fact.OVERRIDDEN_HERE, Fact.OVERRIDDEN_FOR_YOU
    await unit.tell(
        thread_fact(first, Fact.OVERRIDDEN, unit.at, told),
        channel_fact(
            team_id=first.team_id,
            channel_id=first.channel_id,
            name=name,
            fact=f"{first.label}/{name}",
            at=unit.at,
            told=here,
        ),
    )
    if made.overridden_by != first.requester_id:
        fact = f"{first.label}/{direct}"
        await unit.tell(direct_fact(first, user_id=first.requester_id, name=direct, fact=fact, at=unit.at, told=told))


def _number(change: ChangeRequest) -> str:
    number = pretty(change.key.number)
    return f"{number} ({one_line(change.number_name)})" if change.number_name else number


def _what(change: ChangeRequest) -> str:
    """Write what the change does as one line of plain text."""
    found = differences(change.before, change.after, change.patch.fields, change.agent_names, is_rounded=True)
    return "; ".join(f"{each.title}: {' + '.join(each.before)} → {' + '.join(each.after)}" for each in found)
