"""Stop and restart all sending to UponAI; requests and approvals still work."""

from dataclasses import dataclass

from bot.domain.change import ChangeRequest
from bot.domain.errors import AlreadyDecided, WrongUsage
from bot.domain.events import Event
from bot.domain.facts import Fact, Sending
from bot.domain.number import pretty
from bot.domain.shortening import shorten
from bot.service.context import Actor, ServiceContext
from bot.service.messages import card_anyway, channel_fact
from bot.service.refusals import refusals
from bot.service.unit_of_work import UnitOfWork, unit_of_work
from bot.store import changes, pauses, scheduled
from bot.store.outbox import OutboxDraft
from bot.store.pauses import Pause

REASON_LIMIT = 500
# As many are told one by one; of the others how many they are.
TOLD_AT_MOST = 10
NUMBER_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Held:
    """The approved changes that wait for sending to go on: how many, and the first of them."""

    count: int
    first: list[ChangeRequest]


async def pause(context: ServiceContext, actor: Actor, channel_id: str, reason: str | None = None) -> Held:
    """Stop sending, record it with its reason, tell the channel; return what is held by it.

    Raises AlreadyDecided when sending is paused already, WrongUsage for a reason that is too long.
    """
    async with refusals(context, actor, Event.PAUSE_REFUSED), unit_of_work(context, actor) as unit:
        _refuse_long(reason)
        if not await pauses.pause(unit.tx, actor.team_id, actor.user_id, unit.at, reason=reason, channel_id=channel_id):
            raise _is_paused(await pauses.paused(unit.tx, actor.team_id))
        held = await _held(context, unit)
        unit.note(Event.PAUSED, after={"reason": reason, "held": held.count})
        await _show_waiting_cards(context, unit)
        await unit.tell(_fact(context, unit, channel_id, Fact.PAUSED, _told(unit, held, reason)))
    return held


async def refuse_if_paused(context: ServiceContext, actor: Actor) -> None:
    """Raise AlreadyDecided, after recording the refusal, when sending is paused: no form has to ask why then."""
    async with refusals(context, actor, Event.PAUSE_REFUSED):
        async with context.database.reading() as tx:
            present = await pauses.paused(tx, actor.team_id)
        if present is not None:
            raise _is_paused(present)


async def resume(context: ServiceContext, actor: Actor, channel_id: str) -> Held:
    """Restart sending, record it, tell the channel; return what goes out now.

    Raises AlreadyDecided when nothing is paused.
    """
    async with refusals(context, actor, Event.RESUME_REFUSED), unit_of_work(context, actor) as unit:
        if not await pauses.resume(unit.tx, actor.team_id):
            raise AlreadyDecided("Sending is not paused; nothing to resume.")
        held = await _held(context, unit)
        unit.note(Event.RESUMED, after={"held": held.count})
        await _show_waiting_cards(context, unit)
        await unit.tell(_fact(context, unit, channel_id, Fact.RESUMED, _told(unit, held)))
    return held


async def _show_waiting_cards(context: ServiceContext, unit: UnitOfWork) -> None:
    """Let the cards of open changes say that sending is paused, or say it no longer."""
    because = f"sending/{context.new_id()}"
    team_id = unit.actor.team_id
    for change_id in await changes.open_ids(unit.tx, team_id):
        await unit.tell(card_anyway(team_id, change_id, unit.at, because))


async def _held(context: ServiceContext, unit: UnitOfWork) -> Held:
    wanted = (unit.tx, unit.actor.team_id, context.workspace, unit.at)
    first = await scheduled.to_be_sent(*wanted, TOLD_AT_MOST + 1)
    if len(first) <= TOLD_AT_MOST:
        return Held(len(first), first)
    return Held(await scheduled.count_to_be_sent(*wanted), first[:TOLD_AT_MOST])


def _refuse_long(reason: str | None) -> None:
    if reason is not None and len(reason) > REASON_LIMIT:
        raise WrongUsage(f"The reason is {len(reason)} characters long; it can have up to {REASON_LIMIT}.")


def _is_paused(present: Pause | None) -> AlreadyDecided:
    by = f" by <@{present.by}>" if present else ""
    return AlreadyDecided(f"Sending is already paused{by}. `/route-number resume` restarts it.")


def _told(unit: UnitOfWork, held: Held, reason: str | None = None) -> Sending:
    named = [f"{each.label} · {shorten(pretty(each.key.number), NUMBER_LIMIT)}" for each in held.first]
    return Sending(by=unit.actor.user_id, reason=reason, count=held.count, changes=named)


def _fact(context: ServiceContext, unit: UnitOfWork, channel_id: str, name: Fact, told: Sending) -> OutboxDraft:
    fact = f"sending/{name}/{context.new_id()}"
    return channel_fact(team_id=unit.actor.team_id, channel_id=channel_id, name=name, fact=fact, at=unit.at, told=told)
