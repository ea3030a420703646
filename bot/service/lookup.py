"""What the form and the commands read: numbers and agents from the mirror, refreshed on demand."""

import asyncio
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.account import AgentVersion, ListedAgent
from bot.domain.assignment import Assignment
from bot.domain.number import normalise, read_number
from bot.domain.warnings import Overlap
from bot.service import token
from bot.service.context import ServiceContext
from bot.service.outside.telling import announce
from bot.service.outside.watching import WatchedNumbers
from bot.store import overlaps, token_refusals
from bot.store.mirror import agents as mirror_agents
from bot.store.mirror import numbers as mirror_numbers
from bot.store.mirror import reads as mirror_reads
from bot.store.mirror.agents import MirroredAgents
from bot.store.mirror.numbers import MirroredNumber
from bot.store.mirror.whole_read import take_over
from bot.store.token_refusals import Call
from bot.uponai.errors import UponAIError

# contract.md: a mirror younger than this needs no refresh, and its age is not shown.
FRESH_FOR = timedelta(seconds=15)
# A type-ahead must answer well within Slack's 3 s.
VERSIONS_WITHIN_SECONDS = 0.8
# A part of a name that more agents have than this finds the numbers of the first of them.
AGENTS_SEARCHED = 20
NAMES_SEARCHED = 1000
# Of a name that more have, the first of them are told apart; behind the others stands the end of the id as well.


@dataclass(frozen=True, slots=True)
class Present:
    """The present assignment of a number as the mirror has it, with the names of its agents by id.

    `name` is what the policy file calls the number.
    """

    number: str
    assignment: Assignment
    as_of: datetime
    names: dict[str, str]
    import_error: str | None
    name: str | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Say whether this was read so recently that its age need not be shown."""
        return is_fresh(self.as_of, now)


def is_fresh(as_of: datetime, now: datetime) -> bool:
    """Say whether what was read at `as_of` is young; a time in the future comes of a wrong clock, and counts as old."""
    return timedelta(0) <= now - as_of < FRESH_FOR


async def read_typed(context: ServiceContext, text: str) -> str:
    """Read a number that somebody typed as one that the mirror lists. Raises InvalidNumber with a sentence."""
    async with context.database.reading() as tx:
        return await read_typed_within(tx, context, text)


async def read_typed_within(tx: AsyncConnection, context: ServiceContext, text: str) -> str:
    """Do as `read_typed` does, inside an open transaction."""
    typed = text.strip()
    digits = "".join(str(unicodedata.digit(c)) for c in typed if c.isdigit())
    readings = {typed, normalise(typed, context.default_region) or typed}
    listed = {number for number in readings if await mirror_numbers.find(tx, context.key(number)) is not None}
    endings = {
        ending: await mirror_numbers.endings(tx, context.account_sid, context.workspace_id, ending)
        for ending in {digits, digits.lstrip("0")} - {""}
    }
    return read_number(
        typed,
        is_listed=lambda number: number in listed,
        endings=lambda ending: endings.get(ending, []),
        default_region=context.default_region,
    )


def as_typed(context: ServiceContext, text: str) -> str:
    """Return what a typed text would be called if the account listed it: E.164, else the text itself."""
    typed = text.strip()
    return normalise(typed, context.default_region) or typed


async def present(context: ServiceContext, number: str) -> Present | None:
    """Return a number's present assignment from the mirror, None when the mirror does not list it."""
    async with context.database.reading() as tx:
        return await present_within(tx, context, number)


async def is_known_fresh(context: ServiceContext, number: str) -> bool:
    """Say whether the mirror has a number as it was so recently that no read is needed."""
    async with context.database.reading() as tx:
        found = await mirror_numbers.find(tx, context.key(number))
    return found is not None and is_fresh(found.as_of, context.now())


async def present_within(tx: AsyncConnection, context: ServiceContext, number: str) -> Present | None:
    """Do as `present` does, inside an open transaction."""
    found = await mirror_numbers.find(tx, context.key(number))
    if found is None:
        return None
    names = await mirror_agents.names(tx, context.workspace_id, _agents_of(found.listed.assignment))
    return present_of(context, found, names)


async def present_all(context: ServiceContext, some: Collection[str]) -> dict[str, Present]:
    """Return the present assignments of several numbers, by number; those that are not listed are left out."""
    async with context.database.reading() as tx:
        return await present_all_within(tx, context, some)


async def present_all_within(tx: AsyncConnection, context: ServiceContext, some: Collection[str]) -> dict[str, Present]:
    """Do as `present_all` does, inside an open transaction."""
    found = await mirror_numbers.find_all(tx, context.account_sid, context.workspace_id, some)
    ids = {number: _agents_of(one.listed.assignment) for number, one in found.items()}
    names = await mirror_agents.names(tx, context.workspace_id, set().union(*ids.values()))
    own = {number: {each: names[each] for each in some_ids if each in names} for number, some_ids in ids.items()}
    return {number: present_of(context, one, own[number]) for number, one in found.items()}


def _agents_of(assignment: Assignment) -> set[str]:
    return {agent.agent_id for agent in (*assignment.inbound, *assignment.outbound)}


def present_of(context: ServiceContext, found: MirroredNumber, names: dict[str, str]) -> Present:
    """Return what the mirror has of a number, with the name that the policy file gives it."""
    listed, number = found.listed, found.listed.key.number
    name = context.policy().name_of(number)
    return Present(number, listed.assignment, found.as_of, names, listed.import_error, name)


async def open_fields(context: ServiceContext, number: str, team_id: str) -> list[Overlap]:
    """Return the number's changes that can still take effect, with the fields that each touches."""
    async with context.database.reading() as tx:
        return await overlaps.of_number(tx, context.key(number), team_id)


async def search_numbers(context: ServiceContext, text: str, limit: int) -> list[MirroredNumber]:
    """Find numbers by any writing or part of one."""
    async with context.database.reading() as tx:
        return await _offered(context, tx, text, limit)


async def offer_numbers(context: ServiceContext, text: str, limit: int) -> tuple[list[MirroredNumber], dict[str, str]]:
    """Find numbers by any writing, by name, then by an agent that answers; with the names of their agents by id."""
    account_sid, workspace_id = context.account_sid, context.workspace_id
    async with context.database.reading() as tx:
        found = await _offered(context, tx, text, limit)
        called = named(context, text)[:NAMES_SEARCHED]
        if len(found) < limit and called:
            some = await mirror_numbers.among(tx, account_sid, workspace_id, called, after="", limit=limit)
            known = {one.listed.key.number for one in found}
            found += [one for one in some if one.listed.key.number not in known]
        if len(found) < limit:
            agent_ids = await mirror_agents.named(tx, workspace_id, text, AGENTS_SEARCHED)
            answered = await mirror_numbers.answered_by(tx, account_sid, workspace_id, agent_ids, limit)
            known = {one.listed.key.number for one in found}
            found += [one for one in answered if one.listed.key.number not in known]
        ids = {agent.agent_id for one in found[:limit] for agent in one.listed.assignment.inbound}
        return found[:limit], await mirror_agents.names(tx, workspace_id, ids)


def named(context: ServiceContext, text: str) -> list[str]:
    """Return the numbers whose names in the policy file hold a text, listed or not; none without a text."""
    folded = text.strip().casefold()
    return [number for number, name in context.policy().names if folded in name.casefold()] if folded else []


async def _offered(context: ServiceContext, tx: AsyncConnection, text: str, limit: int) -> list[MirroredNumber]:
    return await mirror_numbers.offered(tx, context.numbers, text, limit)


async def search_agents(context: ServiceContext, text: str, limit: int) -> list[ListedAgent]:
    """Find agents by a part of their name or id."""
    async with context.database.reading() as tx:
        return await mirror_agents.search(tx, context.workspace_id, text, limit)


async def agents(context: ServiceContext, ids: set[str]) -> dict[str, ListedAgent]:
    """Return the agents of these ids that the mirror has."""
    async with context.database.reading() as tx:
        return await mirror_agents.find(tx, context.workspace_id, ids)


async def agent_names(context: ServiceContext, ids: set[str]) -> dict[str, str]:
    """Return the names of agents to choose from: with the end of the id where another of the workspace looks the same.

    An agent that the mirror lacks has none.
    """
    async with context.database.reading() as tx:
        return await mirror_agents.names(tx, context.workspace_id, ids)


async def versions(context: ServiceContext, agent_id: str) -> tuple[AgentVersion, ...]:
    """Return an agent's versions, newest first: from UponAI when it answers at once, else from the mirror, undated."""
    read = want_versions(context, agent_id)
    if read is not None:
        await asyncio.wait([read], timeout=VERSIONS_WITHIN_SECONDS)
    known = context.versions.known(agent_id)
    if known:
        return known
    found = await agents(context, {agent_id})
    return tuple(map(AgentVersion, found[agent_id].versions)) if agent_id in found else ()


def want_versions(context: ServiceContext, agent_id: str) -> "asyncio.Task[None] | None":
    """Have an agent's versions read, without waiting: whoever chooses it is about to choose one of them."""
    return context.versions.want(agent_id, context.uponai.list_versions, context.now())


async def refresh_numbers(context: ServiceContext) -> None:
    """Read the account's numbers afresh and store them in the mirror, once for everybody who asked before it started.

    Raises UponAIError, DatabaseUnavailable.
    """
    await context.once(_read_numbers)


async def refresh_agents(context: ServiceContext) -> None:
    """Read the workspace's agents afresh and store them in the mirror; as `refresh_numbers` does."""
    await context.once(_read_agents)


async def _read_numbers(context: ServiceContext) -> None:
    async with context.database.reading() as tx:
        last = await mirror_reads.last(tx, numbers_scope(context))
    since = 0 if last is None else last.writes
    try:
        read = await context.uponai.list_numbers()
    except UponAIError as error:
        await _note_problem(context, numbers_scope(context), error)
        raise
    mirrored = WatchedNumbers(context, since)
    await _note_accepted(context)
    try:
        await take_over(
            context.database,
            context.clock,
            mirrored,
            read.by_number,
            read.started_at,
            since=since,
            followed=mirrored,
        )
    finally:
        context.wake(mirrored.work)
    if mirrored.has_found:
        await announce(context)


async def _read_agents(context: ServiceContext) -> None:
    try:
        read = await context.uponai.list_agents()
    except UponAIError as error:
        await _note_problem(context, agents_scope(context), error)
        raise
    mirrored = MirroredAgents(context.workspace_id)
    await _note_accepted(context)
    await take_over(context.database, context.clock, mirrored, {a.agent_id: a for a in read.agents}, read.started_at)


async def _note_accepted(context: ServiceContext) -> None:
    async with context.database.reading() as tx:
        was_refused = await token_refusals.lasts(tx, context.workspace, Call.READ)
    if was_refused:
        async with context.database.transaction() as tx:
            await token.note_accepted(tx, context, Call.READ)


async def _note_problem(context: ServiceContext, scope: str, error: UponAIError) -> None:
    async with context.database.transaction() as tx:
        at = await context.clock.read(tx)
        await mirror_reads.record(tx, scope, problem=str(error), at=at)
        await token.note(tx, context, error, at)


def numbers_scope(context: ServiceContext) -> str:
    """Name the mirror of this account's numbers."""
    return mirror_reads.numbers_scope(context.account_sid, context.workspace_id)


def agents_scope(context: ServiceContext) -> str:
    """Name the mirror of this workspace's agents."""
    return mirror_reads.agents_scope(context.workspace_id)
