"""A number as people look at it without a form: who answers it now, and what is open for it."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.errors import InvalidNumber
from bot.service import lookup
from bot.service.context import ServiceContext
from bot.service.history import Listing, listing
from bot.service.lookup import Present
from bot.store import changes
from bot.uponai.errors import UponAIError

# Slack waits 3 s for the whole of an answer.
REFRESH_WITHIN = timedelta(seconds=1.2)


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
    problem = await freshen(context, text, within)
    present = await _listed(context, text)
    if present is None:
        await _refuse(context, text, problem)
        raise InvalidNumber("This account does not list this number any more.")
    is_fresh = present.is_fresh(context.now())
    async with context.database.reading() as tx:
        found = await changes.open_of_number(tx, team_id, context.key(present.number), limit + 1)
        return Seen(present, is_fresh, None if is_fresh else problem, await listing(tx, found, limit))


async def freshen(context: ServiceContext, text: str, within: timedelta = REFRESH_WITHIN) -> str | None:
    """Read the account's numbers anew when what is known of this one is old, or nothing; wait for it a short while.

    Returns why nothing newer is known by then, None when it is.
    """
    present = await _listed(context, text)
    if present is not None and present.is_fresh(context.now()):
        return None
    try:
        async with asyncio.timeout(within.total_seconds()):
            await lookup.refresh_numbers(context)
    except TimeoutError:
        return "it has not answered yet."
    except UponAIError as error:
        return str(error)
    return None


async def _listed(context: ServiceContext, text: str) -> Present | None:
    try:
        number = await lookup.read_typed(context, text)
    except InvalidNumber:
        return None
    return await lookup.present(context, number)


async def _refuse(context: ServiceContext, text: str, problem: str | None) -> None:
    """Raise InvalidNumber with what the text was taken for; a number can be new while UponAI cannot be read."""
    try:
        await lookup.read_typed(context, text)
    except InvalidNumber as error:
        if problem is None:
            raise
        raise InvalidNumber(f"{error} I could not ask UponAI just now, so a new number may be missing.") from None
