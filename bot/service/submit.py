"""Ask for a change: validate it against the newest assignment that is known, and store it for review."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.account import ListedAgent
from bot.domain.assignment import Agents, AssignmentPatch, Field
from bot.domain.change import ChangeRequest
from bot.domain.draft import ChangeDraft
from bot.domain.errors import InvalidNumber, InvalidSubmission, NothingDiffers, UnknownAgent
from bot.domain.events import Event
from bot.domain.number import pretty, without_invisible
from bot.domain.parentage import origin_of
from bot.domain.patch_validation import refuse_impossible
from bot.domain.resubmission import deviation_from, refuse_other, refuse_same
from bot.domain.rules.facts import facts_of
from bot.domain.rules.refusals import refuse_webhook
from bot.domain.schedule import UNSCHEDULED, Schedule, refuse_schedule
from bot.domain.state import WITHOUT_EFFECT
from bot.service import redaction, since
from bot.service.context import Actor, ServiceContext
from bot.service.elsewhere import refuse_elsewhere
from bot.service.lookup import Present, present_within, refresh_agents
from bot.service.refusals import refusals
from bot.service.rights import LookUp, Rights, with_rights
from bot.service.unit_of_work import unit_of_work
from bot.store import changes
from bot.store.mirror import agents as mirror_agents
from bot.uponai.errors import UponAIError

REASON_LIMIT = 3000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What the form asks for.

    `patch` holds the chosen fields, as chosen; an outbound agent without a version gets the newest one of the agent
    list. `channel_id` is where the approval is asked, `parent_id` the change from which the form was filled.
    """

    actor: Actor
    channel_id: str
    number: str
    patch: AssignmentPatch
    reason: str
    submission_key: str
    parent_id: int | None = None
    schedule: Schedule = UNSCHEDULED


async def submit(
    context: ServiceContext,
    submission: Submission,
    *,
    look_until: float | None = None,
    look_up: LookUp | None = None,
) -> ChangeRequest:
    """Store a submission as a pending change with its card to be posted; one submission of a form gives one change.

    A submission key that comes again with the same content finds that change. With another content it is refused
    while the change can still have an effect; after that it asks for a change of its own.

    An agent that the mirror lacks may be younger than the mirror: UponAI's list is read once before it is refused,
    until `look_until` of the event loop's clock at the latest. Without `look_up` only what any full member may ask for
    can be asked.

    Raises AlreadyAsked, CannotCheck, InvalidNumber, InvalidWish, NotAllowed, NothingDiffers, Elsewhere, UnknownChange,
    DatabaseUnavailable; nothing is stored then, but for the record of the refusal.
    """
    async with refusals(context, submission.actor, Event.ASK_REFUSED):
        work = partial(_submit, context, submission)
        return await asked(context, submission.actor, work, look_until=look_until, look_up=look_up)


async def asked(
    context: ServiceContext,
    actor: Actor,
    work: Callable[[Rights], Awaitable[ChangeRequest]],
    *,
    look_until: float | None,
    look_up: LookUp | None,
) -> ChangeRequest:
    """Store what somebody asks for, with what must be looked up for it first; see `submit`."""
    ask = partial(with_rights, look_up, work, asker=actor.user_id)
    try:
        return await ask()
    except UnknownAgent:
        await _look_for_agents(context, look_until)
    return await ask()


async def _look_for_agents(context: ServiceContext, until: float | None) -> None:
    try:
        async with asyncio.timeout_at(until):
            await refresh_agents(context)
    except (UponAIError, TimeoutError) as error:
        log.info("submit.agents_not_read", error=type(error).__name__)


async def _submit(context: ServiceContext, submission: Submission, rights: Rights) -> ChangeRequest:
    async with unit_of_work(context, submission.actor) as unit:
        key, stored = await _asked_before(unit.tx, context, submission)
        if stored is not None:
            return stored
        parent = (
            None
            if submission.parent_id is None
            else await changes.get(unit.tx, submission.parent_id, team_id=submission.actor.team_id)
        )
        if parent is not None:
            refuse_elsewhere(context, parent)
        present = await present_within(unit.tx, context, submission.number)
        if present is None:
            raise InvalidNumber(f"This account does not list {pretty(submission.number)}.")
        draft = await draft_of(unit.tx, context, submission, present, unit.at)
        rights.require_may_ask(draft.policy, submission.actor.user_id)
        origin = origin_of(parent, draft.key, draft.before, draft.patch) if parent else None
        change = await changes.insert(unit.tx, replace(draft, submission_key=key, origin=origin))
        await unit.submitted(
            change,
            {
                "number": change.key.number,
                "account_sid": change.key.account_sid,
                "workspace_id": change.key.workspace_id,
                "reason": change.reason,
                "before": redaction.of_assignment(change.before),
                "patch": redaction.of_patch(change.patch),
                "policy": change.policy.to_json(),
                "origin": change.origin,
                "parent_id": change.parent_id,
                **submission.schedule.to_json(),
                "channel_id": change.channel_id,
            },
        )
        if parent is not None:
            await unit.tell(*since.asked_again(parent, change, unit.at))
    return change


async def _asked_before(
    tx: AsyncConnection, context: ServiceContext, submission: Submission
) -> tuple[str, ChangeRequest | None]:
    """Return the change that this form asked for already, and the key under which it asks now. Raises AlreadyAsked.

    A change that has ended gives way to the next one of its form. That one's key follows from it, so that it is found
    as well when it comes twice.
    """
    await changes.lock_submission(tx, submission.actor.team_id, submission.submission_key)
    key = submission.submission_key
    while (stored := await changes.find_by_submission(tx, submission.actor.team_id, key)) is not None:
        deviation = deviation_from(
            stored,
            requester_id=submission.actor.user_id,
            key=context.key(submission.number),
            patch=await as_asked_then(tx, context, submission.patch, stored),
            reason=submission.reason.strip(),
            parent_id=submission.parent_id,
            schedule=submission.schedule,
        )
        if deviation is None and stored.state in WITHOUT_EFFECT:
            raise refuse_same(stored)
        if deviation is None:
            break
        if not stored.state.is_final:
            raise refuse_other(stored, deviation)
        key = f"{submission.submission_key}/{stored.label}"
    return key, stored


async def as_asked_then(
    tx: AsyncConnection, context: ServiceContext, patch: AssignmentPatch, stored: ChangeRequest
) -> AssignmentPatch:
    """Give an outbound agent without a version the one that was the newest when `stored` was asked."""
    outbound, then = patch.wanted.outbound, stored.patch.wanted.outbound
    if Field.OUTBOUND not in patch.fields or not outbound or outbound[0].version is not None:
        return patch
    if stored.is_outbound_version_newest and then[0].agent_id == outbound[0].agent_id:
        return replace(patch, wanted=replace(patch.wanted, outbound=then))
    known = await mirror_agents.find(tx, context.workspace_id, {outbound[0].agent_id})
    if outbound[0].agent_id not in known:
        return patch
    return replace(patch, wanted=replace(patch.wanted, outbound=_with_newest(outbound, known)[0]))


async def draft_of(
    tx: AsyncConnection, context: ServiceContext, submission: Submission, present: Present, now: datetime
) -> ChangeDraft:
    """Return what is asked for, under the rules that hold for it now. Raises InvalidWish, NothingDiffers."""
    refuse_impossible(submission.patch)
    wanted = submission.patch.wanted
    ids = {agent.agent_id for agent in (*wanted.inbound, *wanted.outbound)}
    known, names = await mirror_agents.find_with_names(tx, context.workspace_id, ids)
    for field, agents in ((Field.INBOUND, wanted.inbound), (Field.OUTBOUND, wanted.outbound)):
        if field in submission.patch.fields:
            _refuse_unknown(field, agents, known)
    outbound, is_newest = _with_newest(wanted.outbound, known)
    patch = replace(submission.patch, wanted=replace(wanted, outbound=outbound)).without_unchanged(present.assignment)
    if not submission.patch.fields:
        raise NothingDiffers("Nothing would change: choose at least one thing to change.")
    if not patch.fields:
        raise NothingDiffers("Nothing would change: this is the present assignment already.")
    reason = submission.reason.strip()
    if not without_invisible(reason):
        raise InvalidSubmission("Say why, so that the reviewer can decide.")
    if len(reason) > REASON_LIMIT:
        raise InvalidSubmission(f"Keep the reason within {REASON_LIMIT} characters.")
    held = context.policy().holding_for(
        facts_of(submission.number, present.assignment, patch, is_scheduled=submission.schedule.is_scheduled)
    )
    if Field.WEBHOOK in patch.fields:
        refuse_webhook(held, patch.wanted.webhook_url)
    schedule = submission.schedule
    refuse_schedule(schedule, rules=held.rules, before=present.assignment, fields=patch.fields, now=now)
    return ChangeDraft(
        team_id=submission.actor.team_id,
        key=context.key(submission.number),
        requester_id=submission.actor.user_id,
        reason=reason,
        before=present.assignment,
        before_at=present.as_of,
        patch=patch,
        agent_names={**present.names, **names},
        is_outbound_version_newest=is_newest and Field.OUTBOUND in patch.fields,
        policy=held,
        channel_id=held.channel or submission.channel_id,
        submission_key=submission.submission_key,
        created_at=now,
        expires_at=held.expires_at(now, context.change_ttl, start=schedule.decide_by),
        due_at=schedule.starts_at or now,
        starts_at=schedule.starts_at,
        put_back_at=schedule.put_back_at,
        parent_id=submission.parent_id,
    )


def _refuse_unknown(field: Field, agents: Agents, known: dict[str, ListedAgent]) -> None:
    for row, agent in enumerate(agents):
        if agent.agent_id not in known:
            raise UnknownAgent("This workspace does not list this agent any more.", field=field, row=row)


def _with_newest(outbound: Agents, known: dict[str, ListedAgent]) -> tuple[Agents, bool]:
    """Give an outbound agent its newest version: the API keeps the former agent's version otherwise."""
    if not outbound or outbound[0].version is not None:
        return outbound, False
    agent = outbound[0]
    return (replace(agent, version=known[agent.agent_id].newest_version),), True
