"""The messages that decisions leave in the outbox, by kind, and the facts that name them.

All messages about one change share a lane and are delivered in order; a fact is posted once, whoever delivers it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.facts import By, CannotPost, Fact, PutBackPlanned, Told
from bot.domain.label import format_label
from bot.store.cards import Card
from bot.store.outbox import OutboxDraft

# The approval of a change that is sent at once is told with the result, when that comes within this.
TOLD_AFTER = timedelta(seconds=3)
# Marks a fact of several numbers that the release before this one shows as one of the first of them.
OF_ALL = "of_all"


class Kind(StrEnum):
    """What a courier does with a message."""

    CARD = "card"
    THREAD = "thread"
    CHANNEL = "channel"
    DIRECT = "direct"
    FORMER_CARD = "former_card"
    THREAD_AGAIN = "thread_again"
    OUTSIDE = "outside"
    OUTSIDE_AGAIN = "outside_again"
    REMINDER = "reminder"
    REQUESTER = "requester"


def card_is_dirty(change: ChangeRequest, at: datetime) -> OutboxDraft:
    """Ask for the card to show the stored state, whatever it is by then."""
    return OutboxDraft(
        team_id=change.team_id,
        lane=change_lane(change.lead_id),
        kind=Kind.CARD,
        fact=f"{change.label}/card/{change.version}",
        change_id=change.id,
        payload={},
        due_at=at,
    )


def thread_fact(change: ChangeRequest, name: Fact, at: datetime, told: Told, *, once: str | None = None) -> OutboxDraft:
    """Tell one fact in the card's thread: once for this step, or once in its life, where `once` names it.

    What is told once in a life is told once for all that were asked together.
    """
    fact = f"{format_label(change.lead_id)}/{once}" if once else f"{change.label}/{name}/{change.version}"
    return OutboxDraft(
        team_id=change.team_id,
        lane=change_lane(change.lead_id),
        kind=Kind.THREAD,
        fact=fact,
        change_id=change.id,
        payload={"name": name.value, "at": at.isoformat(), **told.to_json()},
        due_at=at,
    )


def thread_again(
    team_id: str, change_id: int, name: Fact, at: datetime, why: object, *, lead_id: int | None = None
) -> OutboxDraft:
    """Ask for the posts of a fact to show the stored state; `why` names what made them dirty, once.

    `lead_id` is the change in whose thread they stand, where that is another one.
    """
    return OutboxDraft(
        team_id=team_id,
        lane=change_lane(lead_id or change_id),
        kind=Kind.THREAD_AGAIN,
        fact=f"{format_label(change_id)}/{name}_again/{why}",
        change_id=change_id,
        payload={"of": name.value},
        due_at=at,
    )


def bundle_fact(
    bundle: Bundle, name: Fact, at: datetime, told: Told, members: Sequence[ChangeRequest], *, once: bool = False
) -> OutboxDraft:
    """Tell one fact of some changes of a bundle: once for this step, or once in its life."""
    named = f"{name}/all" if once else f"{name}/all-{bundle.version}"
    draft = replace(thread_fact(bundle.lead, name, at, told), fact=f"{bundle.lead.label}/{named}")
    return replace(draft, payload={**draft.payload, "members": [each.id for each in members]})


def bundle_again(change: ChangeRequest, name: Fact, at: datetime, why: object) -> OutboxDraft:
    """Ask for the posts of a fact of a whole bundle to show the stored state, because of one of its changes."""
    draft = thread_again(change.team_id, change.id, name, at, f"all/{why}", lead_id=change.lead_id)
    return replace(draft, payload={**draft.payload, "bundle": change.lead_id})


def results_again(bundle: Bundle, some: Sequence[ChangeRequest], at: datetime) -> list[OutboxDraft]:
    """Ask for the results of a bundle once more when some of its changes end undecided, after others had results."""
    if len(some) == len(bundle.members):
        return []
    return [bundle_again(some[0], Fact.RESULTS, at, some[0].version)]


def put_backs_fact(parent: ChangeRequest, at: datetime, told: PutBackPlanned) -> OutboxDraft:
    """Tell the put-backs of a bundle in its thread, once for all; `parent` is one of its changes."""
    return _of_all(thread_fact(parent, Fact.PUT_BACK, at, told, once=f"{Fact.PUT_BACK}/all"), parent)


def results_fact(member: ChangeRequest, at: datetime) -> OutboxDraft:
    """Tell the results of a bundle in its thread, once for all, because of one of its changes."""
    told = By(by=member.decided_by or member.requester_id)
    draft = _of_all(thread_fact(member, Fact.RESULTS, at, told, once=f"{Fact.RESULTS}/all"), member)
    return replace(draft, payload={**draft.payload, "members": []})


def is_of_all(payload: Mapping[str, Any]) -> bool:
    """Say whether a fact of a thread is told of several numbers at once."""
    return "members" in payload or OF_ALL in payload


def _of_all(draft: OutboxDraft, member: ChangeRequest) -> OutboxDraft:
    return replace(draft, change_id=member.lead_id, payload={**draft.payload, OF_ALL: member.lead_id})


def channel_fact(*, team_id: str, channel_id: str, name: Fact, fact: str, at: datetime, told: By) -> OutboxDraft:
    """Tell something that concerns no single change in a channel."""
    return OutboxDraft(
        team_id=team_id,
        lane=f"channel/{channel_id}",
        kind=Kind.CHANNEL,
        fact=fact,
        payload={"name": name.value, "channel": channel_id, "at": at.isoformat(), **told.to_json()},
        due_at=at,
    )


def direct_fact(change: ChangeRequest, *, user_id: str, name: Fact, fact: str, at: datetime, told: Told) -> OutboxDraft:
    """Tell one person something about a change in a direct message."""
    return OutboxDraft(
        team_id=change.team_id,
        # Of its own: what goes out together of one lane is about one change.
        lane=f"{change_lane(change.lead_id)}/direct/{user_id}",
        kind=Kind.DIRECT,
        fact=fact,
        change_id=change.id,
        payload={"name": name.value, "user": user_id, "at": at.isoformat(), **told.to_json()},
        due_at=at,
    )


def change_lane(change_id: int) -> str:
    """Name the lane of everything that is told about one change, or about all that were asked together with it."""
    return f"change/{change_id}"


def card_again(change: ChangeRequest, at: datetime, unique: str) -> OutboxDraft:
    """Ask for the card once more, though nothing about the change is new."""
    return replace(card_is_dirty(change, at), fact=f"{change.label}/card/again/{unique}")


def card_anyway(team_id: str, change_id: int, at: datetime, because: str, *, lead_id: int | None = None) -> OutboxDraft:
    """Ask for a card once more for something that stands on it and is no part of its change.

    The version that the card shows does not tell whether that is on it, so it is shown whatever that is. `lead_id` is
    the change whose card it is, where that is another one.
    """
    return OutboxDraft(
        team_id=team_id,
        lane=change_lane(lead_id or change_id),
        kind=Kind.CARD,
        fact=f"{format_label(change_id)}/card/{because}",
        change_id=change_id,
        payload={"is_forced": True},
        due_at=at,
    )


def card_beside(change_id: int, lead_id: int, other: ChangeRequest, at: datetime) -> OutboxDraft:
    """Ask for a card once more because another change of its number came or ended with this step."""
    because = f"beside/{other.label}/{other.version}"
    return card_anyway(other.team_id, change_id, at, because, lead_id=lead_id)


def cannot_post(change: ChangeRequest, at: datetime, problem: str, unique: str) -> OutboxDraft:
    """Tell the requester that the card cannot be posted, and let them name another channel."""
    fact = f"{change.label}/{Fact.CANNOT_POST}/{unique}"
    told = CannotPost(problem=problem, channel=change.channel_id)
    return direct_fact(change, user_id=change.requester_id, name=Fact.CANNOT_POST, fact=fact, at=at, told=told)


def former_card(change: ChangeRequest, card: Card, at: datetime) -> OutboxDraft:
    """Tell a card that it is not the card any more, so that no button of it goes on telling something.

    Its lane is its own: the channel that it stands in may never be reached again.
    """
    return OutboxDraft(
        team_id=change.team_id,
        lane=f"{change_lane(change.id)}/card/{card.generation}",
        kind=Kind.FORMER_CARD,
        fact=f"{change.label}/former_card/{card.generation}",
        change_id=change.id,
        payload={
            "channel": card.channel_id,
            "ts": card.message_ts,
            "generation": card.generation,
            "attempted_at": None if card.attempted_at is None else card.attempted_at.isoformat(),
        },
        due_at=at,
    )


def card_fact(change_id: int, generation: int) -> str:
    """Name the post of a card; one that had to be posted anew is another fact."""
    label = format_label(change_id)
    return f"{label}/card" if generation == 1 else f"{label}/card#{generation}"
