"""Ask for a change: validate it against the newest assignment that is known, and store it for review."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import AssignmentPatch, Field
from bot.domain.change import ChangeRequest
from bot.domain.errors import InvalidNumber, UnknownAgent
from bot.domain.events import Event
from bot.domain.number import pretty
from bot.domain.parentage import origin_of
from bot.domain.resubmission import Deviation, deviation_from, refuse_other, refuse_same
from bot.domain.schedule import Schedule
from bot.domain.state import WITHOUT_EFFECT
from bot.service import redaction, since
from bot.service.context import Actor, ServiceContext
from bot.service.drafting import draft_of, with_newest
from bot.service.elsewhere import refuse_elsewhere
from bot.service.lookup import present_within, refresh_agents
from bot.service.refusals import refusals
from bot.service.rights import LookUp, Rights, with_rights
from bot.service.submission import Submission
from bot.service.unit_of_work import unit_of_work
from bot.store import changes
from bot.store.mirror import agents as mirror_agents
from bot.uponai.errors import UponAIError

log = structlog.get_logger(__name__)


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
    async with unit_of_work(context, submission.actor, submission_key=submission.submission_key) as unit:
        key, stored = await asked_before(unit.tx, submission, partial(_deviation, unit.tx, context, submission))
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
        await unit.submitted(change, evidence(change, submission.schedule))
        if parent is not None:
            await unit.tell(*since.asked_again(parent, change, unit.at))
    return change


def evidence(change: ChangeRequest, schedule: Schedule) -> dict[str, Any]:
    """Return what the record keeps of what was asked."""
    return {
        "number": change.key.number,
        "account_sid": change.key.account_sid,
        "workspace_id": change.key.workspace_id,
        "reason": change.reason,
        "before": redaction.of_assignment(change.before),
        "patch": redaction.of_patch(change.patch),
        "policy": change.policy.to_json(),
        "origin": change.origin,
        "parent_id": change.parent_id,
        **schedule.to_json(),
        "channel_id": change.channel_id,
    }


async def asked_before(
    tx: AsyncConnection,
    submission: Submission,
    deviates: Callable[[ChangeRequest], Awaitable[Deviation | None]],
) -> tuple[str, ChangeRequest | None]:
    """Return the change that this form asked for already, and the key under which it asks now. Raises AlreadyAsked.

    The transaction has the turn of its submission. A change that has ended gives way to the next one of its form. That
    one's key follows from it, so that it is found as well when it comes twice.
    """
    key = submission.submission_key
    while (stored := await changes.find_by_submission(tx, submission.actor.team_id, key)) is not None:
        deviation = await deviates(stored)
        if deviation is None and stored.state in WITHOUT_EFFECT:
            raise refuse_same(stored)
        if deviation is None:
            break
        if not stored.state.is_final:
            raise refuse_other(stored, deviation)
        key = f"{submission.submission_key}/{stored.label}"
    return key, stored


async def _deviation(
    tx: AsyncConnection, context: ServiceContext, submission: Submission, stored: ChangeRequest
) -> Deviation | None:
    if stored.bundle_id is not None:
        return Deviation(is_number=True, field=None)
    return await deviation_of(tx, context, submission, stored)


async def deviation_of(
    tx: AsyncConnection, context: ServiceContext, submission: Submission, stored: ChangeRequest
) -> Deviation | None:
    """Compare what is asked for one number with a change that was stored before, None when it is the same."""
    return deviation_from(
        stored,
        requester_id=submission.actor.user_id,
        key=context.key(submission.number),
        patch=await as_asked_then(tx, context, submission.patch, stored),
        reason=submission.reason.strip(),
        parent_id=submission.parent_id,
        schedule=submission.schedule,
    )


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
    return replace(patch, wanted=replace(patch.wanted, outbound=with_newest(outbound, known)[0]))
