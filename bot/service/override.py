"""Override a change in an emergency, review that afterwards, and remind people of it until somebody has."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from bot.domain import overriding
from bot.domain.change import ChangeRequest
from bot.domain.difference import differences
from bot.domain.events import Event
from bot.domain.facts import Decided, Fact, OverriddenHere, OverrideReviewed, Unreviewed
from bot.domain.number import pretty
from bot.domain.overriding import Override, refuse_override_now
from bot.domain.rules.refusals import refuse_override
from bot.domain.shortening import shorten
from bot.service.context import WORKER_ID, Actor, ServiceContext
from bot.service.elsewhere import why_elsewhere
from bot.service.messages import channel_fact, direct_fact, thread_again, thread_fact
from bot.service.refusals import refusals
from bot.service.rights import LookUp, Rights, with_rights
from bot.service.unit_of_work import UnitOfWork, unit_of_work
from bot.store import changes, overrides

# A channel has little room; the card shows the whole.
WHAT_LIMIT = 600


async def refuse_overrider(
    context: ServiceContext, actor: Actor, change_id: int, *, look_up: LookUp, revision: int | None = None
) -> ChangeRequest:
    """Return a change that the actor may override now, as it was read; no transaction is open while Slack is asked.

    Raises NotAllowed, CannotCheck, AlreadyDecided, TooLate, UnknownChange; each is in the audit record by then.
    """
    async with refusals(context, actor, Event.OVERRIDE_REFUSED, change_id):
        async with context.database.reading() as tx:
            change = await changes.get(tx, change_id, team_id=actor.team_id)
        refuse_override_now(change, context.now(), revision)
        refuse_override(change.policy, await look_up.to_override(change.policy, actor.user_id))
        return change


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

    The caller has checked that they are a full member. Raises as `refuse_overrider` does, InvalidSubmission without a
    reason.
    """
    async with refusals(context, actor, Event.OVERRIDE_REFUSED, change_id):
        # What a policy says about a revision cannot change, so that what Slack was asked about it still holds below.
        read = await refuse_overrider(context, actor, change_id, look_up=look_up, revision=revision)
        async with unit_of_work(context, actor, hold=change_id, team_id=actor.team_id) as unit:
            change = unit.held.change
            refuse_override_now(change, unit.at, read.revision)
            passed, made = overriding.override(
                change, actor.user_id, reason, unit.at, apply_within=context.apply_within
            )
            await overrides.add(unit.tx, made)
            rules = sorted(rule.name for rule in change.policy.rules)
            after = {"reason": made.reason, "revision": made.revision, "rules": rules}
            passed = await unit.step(change, passed, Event.OVERRIDDEN, after)
            await _tell(context, unit, passed, made)
            return passed


async def _tell(context: ServiceContext, unit: UnitOfWork, change: ChangeRequest, made: Override) -> None:
    """Tell the thread, the channel and the requester, at once: nothing of it waits for the result."""
    pause = unit.held.pause
    told = Decided(
        by=made.overridden_by,
        reason=made.reason,
        paused_by=None if pause is None else pause.by,
        paused_at=None if pause is None else pause.at.isoformat(),
        paused_why=None if pause is None else pause.reason,
        elsewhere=why_elsewhere(context, change),
        sent_from=change.due_at.isoformat() if change.due_at > unit.at else None,
    )
    here = OverriddenHere(
        by=made.overridden_by,
        change=change.label,
        requester=change.requester_id,
        number=pretty(change.key.number),
        what=_what(change),
        reason=made.reason,
    )
    name = Fact.OVERRIDDEN_HERE
    fact = f"{change.label}/{name}"
    await unit.tell(
        thread_fact(change, Fact.OVERRIDDEN, unit.at, told),
        channel_fact(team_id=change.team_id, channel_id=change.channel_id, name=name, fact=fact, at=unit.at, told=here),
    )
    if made.overridden_by != change.requester_id:
        direct = Fact.OVERRIDDEN_FOR_YOU
        fact = f"{change.label}/{direct}"
        await unit.tell(direct_fact(change, user_id=change.requester_id, name=direct, fact=fact, at=unit.at, told=told))


def _what(change: ChangeRequest) -> str:
    """Write what the change does as one line of plain text."""
    found = differences(change.before, change.after, change.patch.fields, change.agent_names, is_rounded=True)
    lines = [f"{each.title}: {' + '.join(each.before)} → {' + '.join(each.after)}" for each in found]
    return shorten("; ".join(lines), WHAT_LIMIT)


async def review_override(
    context: ServiceContext, actor: Actor, change_id: int, *, look_up: LookUp | None = None
) -> ChangeRequest:
    """Record that somebody has looked at an override afterwards: whoever could have approved the change.

    Raises AlreadyDecided, NotAllowed, CannotCheck, UnknownChange.
    """
    async with refusals(context, actor, Event.OVERRIDE_REVIEW_REFUSED, change_id):
        return await with_rights(look_up, partial(_review, context, actor, change_id))


async def _review(context: ServiceContext, actor: Actor, change_id: int, rights: Rights) -> ChangeRequest:
    async with unit_of_work(context, actor, hold=change_id, team_id=actor.team_id) as unit:
        change = unit.held.change
        made = await overrides.of_change(unit.tx, change)
        # Slack is asked only about who could review it otherwise.
        overriding.review(change, made, actor.user_id, unit.at, is_approver=True)
        is_approver = bool(rights.of(change.policy, actor.user_id))
        reviewed = overriding.review(change, made, actor.user_id, unit.at, is_approver=is_approver)
        await overrides.save(unit.tx, reviewed)
        after: Mapping[str, Any] = {"overridden_by": reviewed.overridden_by, "revision": reviewed.revision}
        unit.note(Event.OVERRIDE_REVIEWED, change_id=change.id, after=after)
        told = OverrideReviewed(by=actor.user_id, overridden_by=reviewed.overridden_by)
        await unit.tell(
            *(
                thread_again(change.team_id, change.id, name, unit.at, "reviewed", lead_id=change.lead_id)
                for name in (Fact.OVERRIDDEN, Fact.OVERRIDE_UNREVIEWED)
            ),
            thread_fact(change, Fact.OVERRIDE_REVIEWED, unit.at, told, once=Fact.OVERRIDE_REVIEWED.value),
        )
    return change


async def remind_next(context: ServiceContext) -> bool:
    """Remind people of one override that nobody has reviewed for another day; say whether one was due.

    Each day is told once, whoever tells it: its reminder is recorded with the time of the next one.
    """
    async with unit_of_work(context, Actor("", WORKER_ID, "worker")) as unit:
        change_id = await overrides.next_due(unit.tx, unit.at)
        if change_id is None:
            return False
        # The change first, as with a review of it: nobody waits in a circle.
        change = await changes.lock(unit.tx, change_id)
        made = await overrides.of_change(unit.tx, change)
        if made is not None and made.is_due(unit.at):
            await overrides.save(unit.tx, made.reminded(unit.at))
            told = Unreviewed(by=made.overridden_by, since=made.at.isoformat(), reason=made.reason)
            once = f"{Fact.OVERRIDE_UNREVIEWED}/{made.days}"
            await unit.tell(thread_fact(change, Fact.OVERRIDE_UNREVIEWED, unit.at, told, once=once))
    return True
