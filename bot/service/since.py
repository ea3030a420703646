"""The posts below which a change ended, and what has happened since: level, not edge, as with the card.

Whoever makes a button useless marks its post as dirty, in the same transaction; the courier shows what is stored.
"""

from dataclasses import replace
from datetime import datetime

from bot.domain.change import ChangeRequest
from bot.domain.facts import Fact
from bot.domain.label import format_label
from bot.domain.since import Since
from bot.domain.state import WITHOUT_EFFECT, Origin, State
from bot.service.context import ServiceContext
from bot.service.delivery import Delivery
from bot.service.messages import Kind, thread_again
from bot.store import outbox, overrides, posts
from bot.store.outbox import OutboxDraft, OutboxMessage
from bot.store.posts import Child

_UNDOING = frozenset({Origin.REVERT, Origin.PUT_BACK})


def asked_again(parent: ChangeRequest, child: ChangeRequest, at: datetime) -> list[OutboxDraft]:
    """Mark the end of a change as dirty when its number was asked for again."""
    if parent.state not in WITHOUT_EFFECT or parent.key != child.key:
        return []
    return [thread_again(parent.team_id, parent.id, Fact.of_state(parent.state), at, child.label)]


def reverted(revert: ChangeRequest, at: datetime) -> list[OutboxDraft]:
    """Mark the result of a change as dirty when the revert of it, or its put-back, was applied."""
    if revert.origin not in _UNDOING or revert.parent_id is None or revert.state is not State.APPLIED:
        return []
    return [thread_again(revert.team_id, revert.parent_id, Fact.APPLIED, at, revert.label)]


async def standing(context: ServiceContext, delivery: Delivery) -> list[tuple[OutboxMessage, Since]]:
    """Return where the fact that a message is about stands, with what has happened since.

    What is not posted yet counts as well: it takes the place of what is.
    """
    change, name = delivery.of, delivery.message.payload["of"]
    async with context.database.reading() as tx:
        found = await posts.of_fact(tx, change.id, Kind.THREAD, name)
        since = _since(await posts.children(tx, change))
        if change.overridden_at is not None:
            made = await overrides.of_change(tx, change)
            since = replace(since, reviewed_by=None if made is None else made.reviewed_by)
    return [(post, since if post is found[-1] else replace(since, is_overtaken=True)) for post in found]


async def show_again(context: ServiceContext, delivery: Delivery) -> None:
    """Mark the posts as dirty once more: what was shown may have overwritten something newer."""
    names = {one.payload["of"]: None for one in delivery.messages if one.kind == Kind.THREAD_AGAIN}
    if not names:
        return
    async with context.database.transaction() as tx:
        at, change, why = await context.clock.read(tx), delivery.of, context.new_id()
        await outbox.enqueue(tx, [thread_again(change.team_id, change.id, Fact(name), at, why) for name in names])


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
