"""Hands to work lanes with: changes asked without a form, outages, processes that stand still or die."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.assignment import Assignment, Field
from bot.domain.change import ChangeRequest
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import ADA, ALAN, BOT, PHONE_ROUTING, RITA, TEAM
from bot.service.context import Actor, ServiceContext
from bot.service.messages import TOLD_AFTER, Kind
from bot.service.move_card import move_card
from bot.service.submission import Submission
from bot.service.submit import submit
from bot.slack.delivery.courier import Courier
from bot.store import cards, changes
from bot.store.cards import Card
from bot.store.database import Database
from bot.store.schema import audit_events, outbox
from tests.slack.bot_harness import BotHarness

REQUESTER, REVIEWER, OTHER = (Actor(TEAM.id, user, "test") for user in (RITA, ALAN, ADA))
NUMBER = "+14155550123"

_keys = count(1)


class InterruptedDatabase(Database):
    """A database whose process is interrupted right after the commit of its n-th transaction."""

    def __init__(self, healthy: Database, interrupt: Callable[[], Awaitable[None]], *, after: int) -> None:
        self.__dict__.update(vars(healthy))
        self._left = after
        self._interrupt = interrupt

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        async with super().transaction() as tx:
            yield tx
        self._left -= 1
        if self._left == 0:
            await self._interrupt()


def interrupted(world: BotHarness, interrupt: Callable[[], Awaitable[None]], *, after: int) -> Courier:
    """Make a courier whose process is interrupted after its n-th commit; the first is the claim's."""
    database = InterruptedDatabase(world.context.database, interrupt, after=after)
    return courier_of(world, replace(world.context, database=database))


def courier_of(world: BotHarness, context: ServiceContext) -> Courier:
    """Make another process's courier."""
    return Courier(context=context, client=world.client)


async def asked(world: BotHarness, channel: str = PHONE_ROUTING) -> ChangeRequest:
    """Ask for a change; its card is in the outbox."""
    wish = Submission(
        actor=REQUESTER,
        channel_id=channel,
        number=NUMBER,
        patch=Assignment(is_time_routing_enabled=True).patch_to([Field.TIME_ROUTING]),
        reason="Because",
        submission_key=f"form-{next(_keys)}",
    )
    return await submit(world.context, wish)


async def move(world: BotHarness, change: ChangeRequest, channel: str) -> ChangeRequest:
    """Move the card as its requester."""
    return await move_card(world.context, REQUESTER, change.id, channel)


async def deliver_for(world: BotHarness, minutes: float, *, steps: int = 8) -> None:
    """Deliver what becomes due while time passes."""
    await world.post_cards()
    for _ in range(steps):
        world.clock.advance(minutes=minutes / steps)
        await world.post_cards()


async def deliver_card_alone(world: BotHarness) -> None:
    """Bring cards up to date, and tell nothing yet in their threads."""
    fault = world.slack.faults.add(Fault("rate_limit", methods=["chat.postMessage"], times=1, retry_after=1))
    world.clock.advance(TOLD_AFTER)
    await world.courier.deliver_due()
    assert fault.hits == 1
    world.clock.advance(seconds=2)


async def stored(world: BotHarness, change: ChangeRequest) -> ChangeRequest:
    async with world.context.database.reading() as tx:
        return await changes.get(tx, change.id)


async def card_row(world: BotHarness, change: ChangeRequest) -> Card | None:
    async with world.context.database.reading() as tx:
        return await cards.get(tx, change.id)


async def rows(world: BotHarness, *, undone: bool = False) -> list[dict[str, Any]]:
    # A reminder waits for hours, whatever becomes of its change meanwhile.
    query = select(outbox).where(outbox.c.kind != Kind.REMINDER).order_by(outbox.c.id)
    if undone:
        query = query.where(outbox.c.done_at.is_(None))
    async with world.context.database.reading() as tx:
        return [dict(row) for row in (await tx.execute(query)).mappings()]


async def events(world: BotHarness) -> list[str]:
    async with world.context.database.reading() as tx:
        return list(await tx.scalars(select(audit_events.c.event).order_by(audit_events.c.id)))


def told(world: BotHarness, change: ChangeRequest) -> dict[str, list[Message]]:
    """Return the bot's messages about a change in all channels, by the fact that they name; not those to persons."""
    found: dict[str, list[Message]] = {}
    for messages in world.slack.world.messages.values():
        for message in messages:
            payload = (message.metadata or {}).get("event_payload", {})
            if payload.get("change") == change.label and "/requester/" not in payload["fact"]:
                found.setdefault(payload["fact"], []).append(message)
    return found


def card_posts(world: BotHarness, change: ChangeRequest) -> list[Message]:
    """Return every card of a change that stands anywhere, the oldest first."""
    found = [m for fact, posts in told(world, change).items() if fact.startswith(f"{change.label}/card") for m in posts]
    return sorted(found, key=lambda message: message.ts)


def thread_facts(world: BotHarness, change: ChangeRequest) -> list[str]:
    """Return the names of what is told in threads, in order; a fact that is told twice is there twice."""
    found = [m for posts in told(world, change).values() for m in posts if m.thread_ts not in (None, m.ts)]
    facts = [m.metadata["event_payload"]["fact"] for m in sorted(found, key=lambda m: m.ts) if m.metadata]
    return [fact.split("/")[1] for fact in facts]


def has_buttons(message: Message) -> bool:
    return any(block["type"] == "actions" for block in message.blocks)


def direct_messages(world: BotHarness, words: str) -> list[str]:
    """Return what the requester was told directly."""
    said = [world.rita.read(message) for message in world.rita.messages("app")]
    return [each for each in said if words in each]


def archive(world: BotHarness, channel: str, *, on: bool = True) -> None:
    world.slack.world.channels[channel].is_archived = on


def remove_bot(world: BotHarness, channel: str) -> None:
    world.slack.world.channels[channel].members.remove(BOT)


def invite_bot(world: BotHarness, channel: str) -> None:
    members = world.slack.world.channels[channel].members
    if BOT not in members:
        members.append(BOT)


def restrict(
    world: BotHarness, channel: str, *, code: str = "restricted_action", method: str = "chat.postMessage"
) -> Fault:
    return world.slack.faults.add(Fault("error", methods=[method], code=code, channel=channel))


def lose_the_next(world: BotHarness, method: str = "chat.postMessage") -> Fault:
    return world.slack.faults.add(Fault("lost_answer", methods=[method], times=1))
