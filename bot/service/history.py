"""Read the record: undecided changes, the last ones, one change with everything that happened to it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.audit import ChainedEvent
from bot.domain.bundle import MOST_NUMBERS
from bot.domain.change import ChangeRequest
from bot.domain.overriding import Override
from bot.domain.policy import Review
from bot.domain.state import State
from bot.service.context import Actor, ServiceContext
from bot.service.rights import LookUp
from bot.service.waiting import is_for_all, part
from bot.store import audit, bundles, cards, changes, overrides, pauses, reviews
from bot.store import scheduled as scheduled_store
from bot.store.changes import Asked

WHOLE_RECORD = 1000
_UNFINISHED = tuple(state for state in State if not state.is_final)
# Of what others asked for, to find what waits for one person; beyond that, `pending` goes on page by page.
MOST_LOOKED_THROUGH = 100
# They are few, and what else stands in the Home tab needs the room.
UNREVIEWED_SHOWN = 3
# In the Home tab, whose room is short, and in the list.
SCHEDULED_SHOWN, SCHEDULED_LISTED = 5, 15


@dataclass(frozen=True, slots=True)
class Record:
    """A change with its reviews and its last audit events, oldest first; `has_earlier` says that there are more."""

    change: ChangeRequest
    reviews: list[Review]
    events: list[ChainedEvent]
    has_earlier: bool = False


class Post(NamedTuple):
    """Where a message stands."""

    channel_id: str
    ts: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Some changes of a list, where their cards stand by change id, and whether the list goes on.

    `together` says how many others each stands for: those that were asked together with it.
    """

    changes: list[ChangeRequest] = field(default_factory=list)
    posts: dict[int, Post] = field(default_factory=dict)
    has_more: bool = False
    together: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paused:
    """Who paused sending, when, why, where that was told, and how many approved changes are held by it."""

    by: str
    at: datetime
    reason: str | None
    channel_id: str | None
    held: int


@dataclass(frozen=True, slots=True)
class Pending:
    """Undecided changes as one person sees them: to be decided by them, asked by them, decided by them already.

    `needs_others` are those of others that lack no approval which they may give; `scheduled` is what is approved, by
    anybody, and sent later.
    """

    waiting: Listing
    own: Listing
    others: Listing
    pause: Paused | None
    # Behind which the next page begins: of what others asked, of one's own.
    next_page: tuple[int, int] | None
    needs_others: Listing = field(default_factory=Listing)
    scheduled: Listing = field(default_factory=Listing)


@dataclass(frozen=True, slots=True)
class Overview:
    """What concerns one person at this moment; `own` are their changes that have not ended.

    `overridden` are those, of anybody, whose override nobody has reviewed yet; `scheduled` are those, of anybody, that
    are approved and sent later. `overrides` says of the overridden who did it, and why.
    """

    waiting: Listing
    own: Listing
    recent: Listing
    pause: Paused | None
    overridden: Listing = field(default_factory=Listing)
    scheduled: Listing = field(default_factory=Listing)
    overrides: Mapping[int, Override] = field(default_factory=dict)


async def pending(context: ServiceContext, team_id: str, limit: int) -> list[ChangeRequest]:
    """Return the undecided changes, oldest first."""
    async with context.database.reading() as tx:
        return await changes.pending(tx, team_id, limit)


async def pending_for(
    context: ServiceContext,
    reader: Actor,
    limit: int,
    *,
    after: tuple[int, int] = (0, 0),
    look_up: LookUp | None = None,
) -> Pending:
    """Return a page of the undecided changes, oldest first: up to `limit` of others and as many of the reader's own.

    Without `look_up` the reader is taken for one who may approve by every rule.
    """
    async with context.database.reading() as tx:
        found, known = await _by_others(context, tx, reader, limit, after[0])
        asked = Asked(reader.user_id)
        mine = await changes.pending(tx, reader.team_id, limit + 1, asked=asked, after_id=after[1])
        own = await listing(context, tx, mine, limit, State.PENDING)
        is_first = after == (0, 0)
        scheduled = await _scheduled(tx, context, reader.team_id, SCHEDULED_LISTED) if is_first else Listing()
        pause = await _paused(tx, context, reader.team_id)
    parted = await part(found.changes, known, reader.user_id, look_up)
    parts = (parted.waiting, parted.decided, parted.others)
    waiting, decided, others = (replace(found, changes=each, has_more=False) for each in parts)
    last = (
        max((each.id for each in found.changes), default=after[0]),
        max((each.id for each in own.changes), default=after[1]),
    )
    return Pending(waiting, own, decided, pause, last if found.has_more or own.has_more else None, others, scheduled)


async def overview(context: ServiceContext, reader: Actor, limit: int, *, look_up: LookUp | None = None) -> Overview:
    """Return what waits for a person, what they wait for, the last changes, and whether sending is paused.

    Without `look_up` the reader is taken for one who may approve by every rule.
    """
    async with context.database.reading() as tx:
        found, known = await _by_others(context, tx, reader, limit, 0, most=MOST_LOOKED_THROUGH)
        own = await changes.open_of(tx, reader.team_id, reader.user_id, limit + 1)
        last = await changes.recent(tx, reader.team_id, limit=limit + 1)
        pause = await _paused(tx, context, reader.team_id)
        unreviewed = await overrides.unreviewed(tx, reader.team_id, MOST_NUMBERS * (UNREVIEWED_SHOWN + 1))
        # Of several that were overridden together the first stands for all.
        firsts = list({change.lead_id: change for change, _ in reversed(unreviewed)}.values())[::-1]
        counts = Counter(change.lead_id for change, _ in unreviewed)
        others = {each.id: counts[each.lead_id] - 1 for each in firsts}
        overridden = replace(await listing(context, tx, firsts, UNREVIEWED_SHOWN), together=others)
        scheduled = await _scheduled(tx, context, reader.team_id, SCHEDULED_SHOWN)
        yours, recently = (
            await listing(context, tx, own, limit, *_UNFINISHED),
            await listing(context, tx, last, limit, *State),
        )
    waiting = (await part(found.changes, known, reader.user_id, look_up)).waiting
    has_more = found.has_more or len(waiting) > limit
    waits = replace(found, changes=waiting[:limit], has_more=has_more)
    made = {change.id: each for change, each in unreviewed}
    return Overview(waits, yours, recently, pause, overridden, scheduled, made)


async def _scheduled(tx: AsyncConnection, context: ServiceContext, team_id: str, limit: int) -> Listing:
    found = await scheduled_store.coming(tx, team_id, context.now(), limit + 1)
    others = {change.id: more for change, more in found}
    return replace(await listing(context, tx, [change for change, _ in found], limit), together=others)


async def recent(context: ServiceContext, team_id: str, number: str | None, limit: int) -> list[ChangeRequest]:
    """Return the last changes, of one number or of all, newest first."""
    return (await recent_list(context, team_id, number, limit)).changes


async def recent_list(
    context: ServiceContext, team_id: str, number: str | None, limit: int, *, before_id: int | None = None
) -> Listing:
    """Return the last changes before one, of one number or of all, newest first."""
    key = None if number is None else context.key(number)
    async with context.database.reading() as tx:
        found = await changes.recent(tx, team_id, key=key, before_id=before_id, limit=limit + 1)
        return await listing(context, tx, found, limit, *(State if key is None else ()))


async def recent_beside(context: ServiceContext, team_id: str, change_id: int, limit: int) -> Listing:
    """Return the changes of a change's number that were asked before it, newest first. Raises UnknownChange."""
    async with context.database.reading() as tx:
        key = (await changes.get(tx, change_id, team_id=team_id)).key
        found = await changes.recent(tx, team_id, key=key, before_id=change_id, limit=limit + 1)
        return await listing(context, tx, found, limit)


async def listing(
    context: ServiceContext, tx: AsyncConnection, found: Sequence[ChangeRequest], limit: int, *states: State
) -> Listing:
    """Make a list of at most `limit` changes, of which one more than that was looked for, their numbers with names.

    With `states` each stands for all in these states that were asked together with it.
    """
    kept = [context.named(each) for each in found[:limit]]
    posted = await cards.posted(tx, [each.lead_id for each in kept])
    cards_of = {each.id: posted[each.lead_id] for each in kept if each.lead_id in posted}
    posts = {change_id: Post(card.channel_id, card.message_ts) for change_id, card in cards_of.items()}
    counts = await bundles.counts(tx, {each.bundle_id for each in kept if each.bundle_id and states})
    together = {
        each.id: sum(counts[each.bundle_id][state] for state in states) - 1 for each in kept if each.bundle_id in counts
    }
    return Listing(kept, posts, len(found) > limit, together)


async def with_cards(context: ServiceContext, found: Sequence[ChangeRequest], limit: int) -> Listing:
    """Do as `listing` does, in a transaction of its own."""
    async with context.database.reading() as tx:
        return await listing(context, tx, found, limit)


async def show(context: ServiceContext, team_id: str, change_id: int) -> Record:
    """Return one change with its record, the last of its events when there are very many. Raises UnknownChange."""
    async with context.database.reading() as tx:
        change = await changes.get(tx, change_id, team_id=team_id)
        newest_first = await audit.latest(tx, audit.Filter(change_id=change_id), limit=WHOLE_RECORD + 1)
        return Record(
            context.named(change),
            await reviews.of_change(tx, change_id),
            newest_first[:WHOLE_RECORD][::-1],
            has_earlier=len(newest_first) > WHOLE_RECORD,
        )


async def paused(context: ServiceContext, team_id: str) -> Paused | None:
    """Return who paused sending, when and why, and what it holds; None when it is not paused."""
    async with context.database.reading() as tx:
        return await _paused(tx, context, team_id)


async def _paused(tx: AsyncConnection, context: ServiceContext, team_id: str) -> Paused | None:
    pause = await pauses.paused(tx, team_id)
    if pause is None:
        return None
    held = await scheduled_store.count_to_be_sent(tx, team_id, context.workspace, context.now())
    return Paused(pause.by, pause.at, pause.reason, pause.channel_id, held)


async def _by_others(
    context: ServiceContext, tx: AsyncConnection, reader: Actor, limit: int, after_id: int, *, most: int = 0
) -> tuple[Listing, dict[int, list[Review]]]:
    """Return undecided changes that others asked for, with their reviews.

    Where rules say who may approve, up to `most` of them, so that those for the reader are among them.
    """
    asked = Asked(reader.user_id, is_other=True)
    found = await changes.pending(tx, reader.team_id, limit + 1, asked=asked, after_id=after_id)
    if most > limit < len(found) and not is_for_all(found):
        limit = most
        found = await changes.pending(tx, reader.team_id, limit + 1, asked=asked, after_id=after_id)
    known = await reviews.of_changes(tx, [each.id for each in found if each.version > 1])
    return await listing(context, tx, found, limit, State.PENDING), known
