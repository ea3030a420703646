"""From what the form asks for to the draft of a change, under the rules that hold for it now."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.account import ListedAgent
from bot.domain.assignment import Agents, AssignmentPatch, Field
from bot.domain.draft import ChangeDraft
from bot.domain.errors import InvalidSubmission, NothingDiffers, UnknownAgent
from bot.domain.number import without_invisible
from bot.domain.patch_validation import refuse_impossible
from bot.domain.rules.facts import facts_of
from bot.domain.rules.refusals import refuse_webhook
from bot.domain.schedule import refuse_gone, refuse_schedule
from bot.service.context import ServiceContext
from bot.service.lookup import Present
from bot.service.submission import Submission
from bot.store.mirror import agents as mirror_agents

REASON_LIMIT = 3000
KnownAgents = tuple[dict[str, ListedAgent], dict[str, str]]


async def draft_of(
    tx: AsyncConnection, context: ServiceContext, submission: Submission, present: Present, now: datetime
) -> ChangeDraft:
    """Return what is asked for, under the rules that hold for it now. Raises InvalidWish, NothingDiffers."""
    agents = await agents_of(tx, context, submission.patch, *former_of(submission, [present]))
    return make_draft(context, submission, present, agents, now)


def former_of(submission: "Submission", present: Iterable[Present]) -> list[AssignmentPatch]:
    """Return what a change would be put back to, nothing where it is to stay."""
    if submission.schedule.put_back_at is None:
        return []
    return [one.assignment.patch_to(submission.patch.fields) for one in present]


async def agents_of(tx: AsyncConnection, context: ServiceContext, *patches: AssignmentPatch) -> KnownAgents:
    """Return the agents of patches, as far as they are listed, and what to call each, by id."""
    ids = {agent.agent_id for each in patches for agent in (*each.wanted.inbound, *each.wanted.outbound)}
    return await mirror_agents.find_with_names(tx, context.workspace_id, ids)


def make_draft(
    context: ServiceContext,
    submission: Submission,
    present: Present,
    agents: KnownAgents,
    now: datetime,
    *,
    is_several: bool = False,
) -> ChangeDraft:
    """Do as `draft_of` does with what is known of the agents; `is_several`: others are asked together with it."""
    known, names = agents
    refuse_impossible(submission.patch)
    wanted = submission.patch.wanted
    for field, wanted_agents in ((Field.INBOUND, wanted.inbound), (Field.OUTBOUND, wanted.outbound)):
        if field in submission.patch.fields:
            _refuse_unknown(field, wanted_agents, known)
    outbound, is_newest = with_newest(wanted.outbound, known)
    patch = replace(submission.patch, wanted=replace(wanted, outbound=outbound)).without_unchanged(present.assignment)
    if not submission.patch.fields:
        raise NothingDiffers("Nothing would change: choose at least one thing to change.")
    if not patch.fields:
        raise NothingDiffers("Nothing would change: this is the present assignment already.")
    reason = submission.reason.strip()
    if not without_invisible(reason):
        raise InvalidSubmission("Say why, so that the approver can decide.")
    if len(reason) > REASON_LIMIT:
        raise InvalidSubmission(f"Keep the reason within {REASON_LIMIT} characters.")
    facts = facts_of(
        submission.number,
        present.assignment,
        patch,
        is_scheduled=submission.schedule.is_scheduled,
        is_several=is_several,
    )
    held = context.policy().holding_for(facts)
    if Field.WEBHOOK in patch.fields:
        refuse_webhook(held, patch.wanted.webhook_url)
    schedule = submission.schedule
    # An override leaves the hours of the rules behind: what somebody may override can be asked for at any time.
    rules = () if held.override and not schedule.is_scheduled else held.rules
    refuse_schedule(schedule, rules=rules, before=present.assignment, fields=patch.fields, now=now)
    if schedule.put_back_at is not None:
        refuse_gone(present.assignment, patch.fields, known, present.names)
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


def with_newest(outbound: Agents, known: dict[str, ListedAgent]) -> tuple[Agents, bool]:
    """Give an outbound agent its newest version: the API keeps the former agent's version otherwise."""
    if not outbound or outbound[0].version is not None:
        return outbound, False
    agent = outbound[0]
    return (replace(agent, version=known[agent.agent_id].newest_version),), True
