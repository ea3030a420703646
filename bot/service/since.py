"""The posts below which a change ended, and what has happened since: level, not edge, as with the card.

Whoever makes a button useless marks its post as dirty, in the same transaction; the courier shows what is stored.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.facts import Fact
from bot.domain.label import format_label
from bot.domain.overriding import came_to_nothing
from bot.domain.since import BundleSince, PutBackSince, Since
from bot.domain.state import WITHOUT_EFFECT, Origin, State
from bot.service.context import ServiceContext
from bot.service.delivery.lane import Delivery
from bot.service.messages import OF_ALL, Kind, bundle_again, is_of_all, thread_again
from bot.store import changes, outbox, overrides, posts
from bot.store.outbox import OutboxDraft, OutboxMessage
from bot.store.posts import Child

# Of what was asked together one that was overridden speaks for all: not the same one each day.
_OF_OVERRIDE = frozenset({Fact.OVERRIDDEN, Fact.OVERRIDE_UNREVIEWED})
_UNDOING = frozenset({Origin.REVERT, Origin.PUT_BACK})


def asked_again(parent: ChangeRequest, child: ChangeRequest, at: datetime) -> list[OutboxDraft]:
    """Mark the end of a change as dirty when its number was asked for again."""
    if parent.state not in WITHOUT_EFFECT or parent.key != child.key:
        return []
    if parent.bundle_id is not None and parent.state in (State.DENIED, State.CANCELED, State.EXPIRED):
        return [bundle_again(parent, Fact.of_state(parent.state), at, child.label)]
    return [_again(parent, Fact.of_state(parent.state), at, child.label)]


async def reverted(tx: AsyncConnection, revert: ChangeRequest, at: datetime) -> list[OutboxDraft]:
    """Mark the result of a change as dirty when the revert of it, or its put-back, was applied."""
    if revert.origin not in _UNDOING or revert.parent_id is None or revert.state is not State.APPLIED:
        return []
    parent = await changes.get(tx, revert.parent_id)
    if parent.bundle_id is not None:
        return [bundle_again(parent, Fact.RESULTS, at, revert.label)]
    return [_again(parent, Fact.APPLIED, at, revert.label)]


async def standing(context: ServiceContext, delivery: Delivery) -> list[tuple[OutboxMessage, Since]]:
    """Return where the fact that a message is about stands, with what has happened since.

    What is not posted yet counts as well: it takes the place of what is.
    """
    change, name = delivery.subject, delivery.message.payload["of"]
    is_of_override = name in _OF_OVERRIDE
    speakers = delivery.of_bundle.members if is_of_override else (change,)
    async with context.database.reading() as tx:
        told = await posts.of_fact(tx, [each.id for each in speakers], Kind.THREAD, name)
        found = [post for post in told if OF_ALL not in post.payload]
        since = _since(await posts.children(tx, change))
        if is_of_override:
            made = await overrides.of_all(tx, speakers)
            reviewed_by = next((each.reviewed_by for each in made.values() if each.reviewed_by), None)
            is_void = all(came_to_nothing(each) for each in speakers if each.overridden_at is not None)
            since = replace(since, reviewed_by=reviewed_by, is_void=is_void)
    return [(post, since if post is found[-1] else replace(since, is_overtaken=True)) for post in found]


async def standing_of_all(context: ServiceContext, delivery: Delivery) -> list[tuple[OutboxMessage, BundleSince]]:
    """Return where a fact of a whole bundle stands, with what has happened since."""
    bundle, name = delivery.of_bundle, delivery.message.payload["of"]
    async with context.database.reading() as tx:
        found = [
            post for post in await posts.of_fact(tx, [bundle.lead.id], Kind.THREAD, name) if is_of_all(post.payload)
        ]
        since = _since_all(bundle, await posts.children_of_all(tx, bundle.members))
    return [(post, since) for post in found]


async def since_of_all(context: ServiceContext, bundle: Bundle) -> BundleSince:
    """Return what has happened since with each of several numbers."""
    async with context.database.reading() as tx:
        return _since_all(bundle, await posts.children_of_all(tx, bundle.members))


async def show_again(context: ServiceContext, delivery: Delivery) -> None:
    """Mark the posts as dirty once more: what was shown may have overwritten something newer."""
    again = [one for one in delivery.messages if one.kind == Kind.THREAD_AGAIN]
    if not again:
        return
    async with context.database.transaction() as tx:
        at, why = await context.clock.read(tx), context.new_id()
        drafts = {(one.change_id, one.payload["of"]): one for one in again}.values()
        await outbox.enqueue(tx, [_once_more(delivery.subject_of(one), one, at, why) for one in drafts])


def _once_more(change: ChangeRequest, message: OutboxMessage, at: datetime, why: str) -> OutboxDraft:
    again = bundle_again if "bundle" in message.payload else _again
    return again(change, Fact(message.payload["of"]), at, why)


def _since(children: list[Child]) -> Since:
    put_backs = [each for each in children if each.origin is Origin.PUT_BACK]
    asked = [each for each in children if each.origin is not Origin.PUT_BACK]
    again = asked[0] if asked else None
    reverts = [each.id for each in children if each.origin in _UNDOING and each.state is State.APPLIED]
    return Since(
        asked_again_as=again.label if again else None,
        asked_again_by=again.requester_id if again else None,
        reverted_by=format_label(reverts[0]) if reverts else None,
        put_back_state=put_backs[0].state if put_backs else None,
        put_back_from=put_backs[0].sent_from if put_backs else None,
    )


def reverts_of(children: Mapping[int, list[Child]]) -> dict[int, str]:
    """Name for each change what put its former values back, for those where that was done."""
    return {
        parent_id: each.label
        for parent_id, found in children.items()
        for each in reversed(found)
        if each.origin in _UNDOING and each.state is State.APPLIED
    }


def _since_all(bundle: Bundle, children: Mapping[int, list[Child]]) -> BundleSince:
    # What follows one that went live puts it back: that asks for nothing again.
    ended = [each.id for each in bundle.those(*WITHOUT_EFFECT)]
    everyone = sorted((each for ended_id in ended for each in children.get(ended_id, ())), key=lambda each: each.id)
    again = everyone[0] if everyone else None
    return BundleSince(
        asked_again_as=again.label if again else None,
        asked_again_by=again.requester_id if again else None,
        reverted=reverts_of(children),
        put_backs={
            parent_id: PutBackSince(
                id=each.id,
                state=each.state,
                sent_from=each.sent_from,
                decided_by=each.decided_by,
                problem=each.problem,
            )
            for parent_id, found in children.items()
            for each in found
            if each.origin is Origin.PUT_BACK and each.bundle_id is not None
        },
    )


def _again(change: ChangeRequest, name: Fact, at: datetime, why: str) -> OutboxDraft:
    return thread_again(change.team_id, change.id, name, at, why, lead_id=change.lead_id)
