"""Numbers as people look at them without a form: who answers now, and what is open; by themselves, or page by page."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.errors import InvalidNumber
from bot.service import lookup
from bot.service.context import ServiceContext
from bot.service.history import Listing, listing
from bot.service.lookup import Present
from bot.store import changes
from bot.store.mirror import agents as mirror_agents
from bot.store.mirror import number_pages
from bot.store.mirror import reads as mirror_reads
from bot.store.mirror.number_pages import Sought
from bot.uponai.errors import UponAIError

# Slack waits 3 s for the whole of an answer.
REFRESH_WITHIN = timedelta(seconds=1.2)
# A part of a name that more agents have than this finds the numbers of the first of them, and that is said.
AGENTS_SEARCHED = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """A listed number; `is_fresh` says that its age need not be told, `problem` why nothing newer could be read."""

    present: Present
    is_fresh: bool
    problem: str | None
    open: Listing


async def look_at(
    context: ServiceContext, text: str, team_id: str, limit: int, *, within: timedelta = REFRESH_WITHIN
) -> Seen:
    """Return the number that somebody typed, read afresh when it is old and UponAI answers in time.

    Of what is open for it come up to `limit` changes, oldest first. Raises InvalidNumber with a sentence.
    """
    try:
        seen = await _see(context, text, team_id, limit)
    except InvalidNumber:
        seen = None
    if seen is not None and seen.is_fresh:
        return seen
    problem = await _refresh(context, within)
    try:
        seen = await _see(context, text, team_id, limit)
    except InvalidNumber as error:
        if problem is None:
            raise
        raise InvalidNumber(f"{error} I could not ask UponAI just now, so a new number may be missing.") from None
    return seen if seen.is_fresh else replace(seen, problem=problem)


async def freshen(context: ServiceContext, number: str, within: timedelta) -> None:
    """Read the account's numbers anew when what is known of this one is old, or nothing; wait for it a short while."""
    present = await lookup.present(context, number)
    if present is None or not present.is_fresh(context.now()):
        await _refresh(context, within)


async def _see(context: ServiceContext, text: str, team_id: str, limit: int) -> Seen:
    async with context.database.reading() as tx:
        number = await lookup.read_typed_within(tx, context, text)
        present = await lookup.present_within(tx, context, number)
        if present is None:
            raise InvalidNumber("This account does not list this number any more.")
        found = await changes.open_of_number(tx, team_id, context.key(number), limit + 1)
        return Seen(present, present.is_fresh(context.now()), None, await listing(context, tx, found, limit))


async def _refresh(context: ServiceContext, within: timedelta) -> str | None:
    """Read the account's numbers into the mirror; return why nothing newer is known by then, None when it is."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            await lookup.refresh_numbers(context)
    except TimeoutError:
        return "it has not answered yet."
    except UponAIError as error:
        return str(error)
    return None


@dataclass(frozen=True, slots=True)
class NumberPage:
    """Some numbers of a list, in order; `as_of` is set when the age of the oldest has to be told.

    `is_unread` says that no list of the account's numbers was ever read, `problem` why the last read failed. With
    `is_cut` the text names so many agents that not all of their numbers are looked for.
    """

    numbers: list[Present]
    has_more: bool
    as_of: datetime | None
    is_unread: bool
    problem: str | None
    is_cut: bool


async def page(context: ServiceContext, text: str, limit: int, *, after: str = "") -> NumberPage:
    """Return up to `limit` numbers behind `after` that match a text: by number, by name, by the agents that answer."""
    async with context.database.reading() as tx:
        agents = await mirror_agents.search(tx, context.workspace_id, text, AGENTS_SEARCHED + 1) if text else []
        # An agent that is listed no longer still answers, and its id finds what.
        agent_ids = dict.fromkeys([*(agent.agent_id for agent in agents[:AGENTS_SEARCHED]), text])
        sought = Sought(text, named=lookup.named(context, text), agent_ids=tuple(agent_ids))
        found = await number_pages.page(tx, context.numbers, sought, after, limit + 1)
        kept = found[:limit]
        assignments = [one.listed.assignment for one in kept]
        ids = {agent.agent_id for each in assignments for agent in (*each.inbound, *each.outbound)}
        names = await mirror_agents.names(tx, context.workspace_id, ids)
        last = await mirror_reads.last(tx, lookup.numbers_scope(context))
    oldest = min((one.as_of for one in kept), default=None)
    return NumberPage(
        [lookup.present_of(context, one, names) for one in kept],
        has_more=len(found) > limit,
        as_of=None if oldest is None or lookup.is_fresh(oldest, context.now()) else oldest,
        is_unread=last is None or last.as_of is None,
        problem=None if last is None else last.problem,
        is_cut=len(agents) > AGENTS_SEARCHED,
    )
