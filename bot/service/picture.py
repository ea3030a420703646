"""Who is kept in the picture about a change, when, and with which messages: approvers and the requester.

Reminders and direct messages have lanes of their own beside that of the card: what is due in hours, and a person who
cannot be written to, hold nothing up. What is worth telling is decided by the stored state once the message is due.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.facts import Called, Fact
from bot.domain.label import format_label
from bot.domain.reminding import called, few_of, reminders
from bot.domain.rules.people import People
from bot.domain.state import Origin, State
from bot.service.delivery.lane import Delivery
from bot.service.messages import TOLD_AFTER, Kind, change_lane, thread_fact
from bot.store import reviews
from bot.store.cards import Card
from bot.store.outbox import OutboxDraft, OutboxMessage

NEVER = datetime.min.replace(tzinfo=UTC)
# Both are told beside the card, and leave it alone.
BESIDE = (Kind.REMINDER, Kind.REQUESTER)
_TOLD = frozenset(
    {
        State.APPROVED,
        State.DENIED,
        State.APPLIED,
        State.EXPIRED,
        State.STALE,
        State.FAILED,
        State.UNCLEAR,
        State.RESOLVED,
    }
)


def asked(changes: Sequence[ChangeRequest], at: datetime) -> list[OutboxDraft]:
    """Call those who can approve, and bring what was asked together to mind again while it is undecided."""
    if any(change.origin is Origin.PUT_BACK for change in changes):
        # Its parent's approval covers it.
        return []
    return [*_call(changes, _called(changes), at), *_reminders(changes[0], at)]


def edited(former: Sequence[ChangeRequest], present: Sequence[ChangeRequest], at: datetime) -> list[OutboxDraft]:
    """Call whom only the new revision calls; its reminders begin anew."""
    now, then = _called(present), _called(former)
    new = People(now.people - then.people, now.groups - then.groups, now.channels - then.channels)
    return [*_call(present, new, at), *_reminders(present[0], at)]


def not_called_twice(drafts: Iterable[OutboxDraft], told: Iterable[OutboxDraft]) -> list[OutboxDraft]:
    """Return what is told behind an edit, without calls of those whom the edit itself asks to look again."""
    again = {each for one in told if one.payload.get("name") == Fact.EDITED for each in one.payload["void"]}
    kept: list[OutboxDraft] = []
    for draft in drafts:
        ids = [each for each in draft.payload.get("ids", ()) if each not in again]
        if ids:
            kept.append(replace(draft, payload={**draft.payload, "ids": ids}))
        elif "ids" not in draft.payload:
            kept.append(draft)
    return kept


def stepped(old: ChangeRequest, new: ChangeRequest, at: datetime) -> list[OutboxDraft]:
    """Tell the requester of a decision or a result, a moment later: by then the thread tells it too.

    A decision that the result follows within that moment is told with the result. What they did themselves is no news.
    """
    is_back = new.state is State.APPROVED and old.state is not State.PENDING
    # An override tells them itself, with its reason and at once; a put-back was approved with its parent.
    is_told = new.state is State.APPROVED and (new.overridden_at is not None or new.origin is Origin.PUT_BACK)
    # What the requester withdrew is no news to them; that somebody keeps what they wanted put back is.
    is_kept = new.state is State.CANCELED and new.origin is Origin.PUT_BACK
    is_news = new.state in _TOLD and new.state is not old.state and not is_back and not is_told
    if not (is_news or is_kept):
        return []
    # What was asked together is decided together, and each decision is told once: rules that differ can part them.
    is_of_all = new.bundle_id is not None and new.state is State.APPROVED
    once = f"all-{new.revision}-{at:%Y%m%dT%H%M%S%f}" if is_of_all else f"{new.id}-{new.version}"
    told = OutboxDraft(
        team_id=new.team_id,
        lane=f"{change_lane(new.lead_id)}/requester",
        kind=Kind.REQUESTER,
        fact=f"{format_label(new.lead_id)}/requester/{once}",
        change_id=new.id,
        payload={"state": new.state.value},
        due_at=at + TOLD_AFTER,
    )
    return [told]


def is_passed(change: ChangeRequest, told: State) -> bool:
    """Say whether a change has left the state of which its requester was to be told: what follows is told instead."""
    return change.state is not told and not (told is State.APPROVED and change.state is State.APPLYING)


def is_passed_by_all(bundle: Bundle, change_id: int, told: State) -> bool:
    """Say the same of what was asked together: the decision is passed once all have ended, and the last end tells all.

    One that is unclear has come to an end for now.
    """
    ends = {each.id: each.finished_at for each in bundle.members if each.state.is_final or each.state is State.UNCLEAR}
    is_over = len(ends) == len(bundle.members)
    if told is State.APPROVED:
        approved = {each.id: each.approved_at or NEVER for each in bundle.members if each.overridden_at is None}
        return is_over or approved.get(change_id, NEVER) < max(approved.values(), default=NEVER)
    if not is_over:
        return True
    last = max(ends, key=lambda each: (ends[each] or NEVER, each))
    return change_id != last


async def read_beside(tx: AsyncConnection, deliveries: Iterable[Delivery], standing: Mapping[int, Card]) -> None:
    """Say where the cards stand, and what reviewers said, for messages that are told beside them, or lead to them."""
    beside = [delivery for delivery in deliveries if _is_beside(delivery.messages[0])]
    if not beside:
        return
    together = {each.of.id: each.bundle.of.members if each.bundle else (each.of,) for each in beside}
    said = await reviews.of_changes(tx, [change.id for changes in together.values() for change in changes])
    for delivery in beside:
        delivery.beside = standing.get(delivery.of.id)
        delivery.reviews = said.get(delivery.of.id, [])
        if delivery.bundle is not None:
            delivery.bundle = replace(delivery.bundle, reviews=said)


def _is_beside(message: OutboxMessage) -> bool:
    return message.kind in BESIDE or message.payload.get("name") == Fact.OVERRIDDEN_FOR_YOU


def _called(changes: Sequence[ChangeRequest]) -> People:
    return few_of([called(change.policy, change.requester_id) for change in changes], ())


def _call(changes: Sequence[ChangeRequest], people: People, at: datetime) -> list[OutboxDraft]:
    if not people.ids:
        return []
    told, change = Called(ids=list(people.ids), others=len(changes) - 1), changes[0]
    return [thread_fact(change, Fact.CALLED, at, told, once=f"{Fact.CALLED}/{change.revision}")]


def _reminders(change: ChangeRequest, at: datetime) -> list[OutboxDraft]:
    return [
        OutboxDraft(
            team_id=change.team_id,
            lane=f"{change_lane(change.id)}/{which}/{change.revision}",
            kind=Kind.REMINDER,
            fact=f"{change.label}/reminder/{which}/{change.revision}",
            change_id=change.id,
            payload={"revision": change.revision, "until": until.isoformat()},
            due_at=due_at,
        )
        for which, (due_at, until) in reminders(at, change.expires_at).items()
    ]
