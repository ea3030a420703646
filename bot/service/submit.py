"""Ask for a change: validate the wish against the newest assignment that is known, and store it for review."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.account import ListedAgent
from bot.domain.assignment import Agents, AssignmentPatch, Field
from bot.domain.change import ChangeDraft, ChangeRequest
from bot.domain.errors import InvalidNumber, InvalidWish, NothingDiffers
from bot.domain.number import pretty
from bot.domain.state import Origin
from bot.domain.wish import refuse_impossible
from bot.service import evidence
from bot.service.context import Actor, ServiceContext
from bot.service.elsewhere import refuse_elsewhere
from bot.service.lookup import Present, present_within
from bot.service.recording import recording
from bot.store import changes, mirror_agents
from bot.store.errors import AlreadySubmitted

REASON_LIMIT = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the form asks for.

    `patch` holds the chosen fields, as chosen; an outbound agent without a version gets the newest one of the agent
    list. `channel_id` is where the approval is asked.
    """

    actor: Actor
    channel_id: str
    number: str
    patch: AssignmentPatch
    reason: str
    submission_key: str
    origin: Origin | None = None
    parent_id: int | None = None


async def submit(context: ServiceContext, wish: Wish) -> ChangeRequest:
    """Store a wish as a pending change with its card to be posted; one submission key gives one change.

    Raises InvalidNumber, InvalidWish, NothingDiffers, Elsewhere, UnknownChange, DatabaseUnavailable; nothing is stored
    then.
    """
    async with recording(context, wish.actor) as record:
        if wish.parent_id is not None:
            refuse_elsewhere(context, await changes.get(record.tx, wish.parent_id, team_id=wish.actor.team_id))
        present = await present_within(record.tx, context, wish.number)
        if present is None:
            raise InvalidNumber(f"This account does not list {pretty(wish.number)}.")
        draft = await _draft(record.tx, context, wish, present, record.at)
        try:
            change = await changes.insert(record.tx, draft)
        except AlreadySubmitted:
            stored = await changes.find_by_submission(record.tx, wish.actor.team_id, wish.submission_key)
            if stored is None:
                raise
            return stored
        await record.submitted(
            change,
            {
                "number": change.key.number,
                "account_sid": change.key.account_sid,
                "workspace_id": change.key.workspace_id,
                "reason": change.reason,
                "before": evidence.of_assignment(change.before),
                "patch": evidence.of_patch(change.patch),
                "policy": change.policy.to_json(),
                "origin": change.origin,
                "parent_id": change.parent_id,
                "channel_id": change.channel_id,
            },
        )
    return change


async def _draft(
    tx: AsyncConnection, context: ServiceContext, wish: Wish, present: Present, now: datetime
) -> ChangeDraft:
    refuse_impossible(wish.patch)
    wanted = wish.patch.wanted
    ids = {agent.agent_id for agent in (*wanted.inbound, *wanted.outbound)}
    known = await mirror_agents.find(tx, context.workspace_id, ids)
    for field, agents in ((Field.INBOUND, wanted.inbound), (Field.OUTBOUND, wanted.outbound)):
        if field in wish.patch.fields:
            _refuse_unknown(field, agents, known)
    outbound, is_newest = _with_newest(wanted.outbound, known)
    patch = replace(wish.patch, wanted=replace(wanted, outbound=outbound)).without_unchanged(present.assignment)
    if not wish.patch.fields:
        raise NothingDiffers("Nothing would change: choose at least one thing to change.")
    if not patch.fields:
        raise NothingDiffers("Nothing would change: this is the present assignment already.")
    reason = wish.reason.strip()
    if not reason:
        raise InvalidWish("Say why, so that the reviewer can decide.")
    if len(reason) > REASON_LIMIT:
        raise InvalidWish(f"Keep the reason within {REASON_LIMIT} characters.")
    return ChangeDraft(
        team_id=wish.actor.team_id,
        key=context.key(wish.number),
        requester_id=wish.actor.user_id,
        reason=reason,
        before=present.assignment,
        before_at=present.as_of,
        patch=patch,
        agent_names={**present.names, **await mirror_agents.names(tx, context.workspace_id, ids)},
        is_outbound_version_newest=is_newest and Field.OUTBOUND in patch.fields,
        policy=context.policy,
        channel_id=wish.channel_id,
        submission_key=wish.submission_key,
        created_at=now,
        expires_at=now + context.change_ttl,
        due_at=now,
        parent_id=wish.parent_id,
        origin=wish.origin,
    )


def _refuse_unknown(field: Field, agents: Agents, known: dict[str, ListedAgent]) -> None:
    for row, agent in enumerate(agents):
        if agent.agent_id not in known:
            raise InvalidWish("This workspace does not list this agent any more.", field=field, row=row)


def _with_newest(outbound: Agents, known: dict[str, ListedAgent]) -> tuple[Agents, bool]:
    """Give an outbound agent its newest version: the API keeps the former agent's version otherwise."""
    if not outbound or outbound[0].version is not None:
        return outbound, False
    agent = outbound[0]
    return (replace(agent, version=known[agent.agent_id].newest_version),), True
