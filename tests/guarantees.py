"""The guarantees as they can be seen at rest: what is stored, what UponAI took, and what stands in Slack agree."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import RowMapping, select

from bot.domain.audit import ChainedEvent
from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.domain.policy import Review, Verdict
from bot.domain.state import State
from bot.sandbox.slack.block_kit.words import words_of
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.world import World
from bot.service.messages import Kind, card_fact
from bot.service.picture import BESIDE
from bot.slack.delivery.posting import REPEATED
from bot.store import audit, cards, reviews
from bot.store.cards import Card
from bot.store.database import Database
from bot.store.schema import changes as changes_table
from bot.store.schema import outbox
from tests.chain import first_break

_TOLD_IN_THREADS = frozenset({Kind.THREAD})
Json = dict[str, Any]


class Findings:
    """What was found broken, each with the name of its guarantee; none is good."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def expect(self, is_so: object, sentence: str) -> None:
        """Note a sentence that should not be true."""
        if not is_so:
            self.found.append(sentence)


class AtRest:
    """Everything that there is, read once."""

    def __init__(self) -> None:
        self.changes: dict[int, ChangeRequest] = {}
        self.events: list[ChainedEvent] = []
        self.reviews: dict[int, list[Review]] = {}
        self.outbox: list[RowMapping] = []
        self.cards: dict[int, Card] = {}

    @classmethod
    async def read(cls, database: Database) -> "AtRest":
        made = cls()
        async with database.reading() as tx:
            ids = list(await tx.scalars(select(changes_table.c.id)))
            shown = (await cards.with_changes(tx, ids)).values()
            made.changes = {each.change.id: each.change for each in shown}
            made.cards = {each.card.change_id: each.card for each in shown if each.card is not None}
            made.events = [event async for event in audit.stream(tx)]
            made.reviews = await reviews.of_changes(tx, ids)
            made.outbox = list((await tx.execute(select(outbox).order_by(outbox.c.id))).mappings())
        return made

    def events_of(self, change: ChangeRequest) -> list[ChainedEvent]:
        return [event for event in self.events if event.change_id == change.id]

    def approvers_of(self, change: ChangeRequest) -> set[str]:
        return {
            review.reviewer_id
            for review in self.reviews.get(change.id, [])
            if review.verdict is Verdict.APPROVE
            and review.revision == change.revision
            and review.reviewer_id != change.requester_id
            and review.withdrawn_at is None
        }


async def broken(database: Database, slack: World, landed: list[tuple[str, Json]]) -> list[str]:
    """Return what does not hold. `landed` are the PUTs that UponAI applied, in order: number and body."""
    rest, findings = await AtRest.read(database), Findings()
    check_record(rest, findings)
    check_approvals(rest, findings)
    check_sent(rest, landed, findings)
    check_told(rest, slack, findings)
    return findings.found


def check_record(rest: AtRest, findings: Findings) -> None:
    """G7: one unbroken chain, which explains every step of every change, and no step after the last."""
    found = first_break(rest.events)
    findings.expect(found is None, f"G7: {found}")
    for change in rest.changes.values():
        versions = [event.change_version for event in rest.events_of(change) if event.change_version is not None]
        expected = list(range(1, change.version + 1))
        findings.expect(sorted(versions) == expected, f"G7: {change.label} has steps {versions}, not {expected}")
        ends = [event.event for event in rest.events_of(change) if _is_end(event)]
        findings.expect(len(ends) <= 1, f"G3: {change.label} ended as {ends}")
        findings.expect(not change.state.is_final or ends, f"G7: {change.label} is {change.state} without an event")


def check_approvals(rest: AtRest, findings: Findings) -> None:
    """G1: whatever was sent had its approvals first, by others than the requester."""
    for change in rest.changes.values():
        events = [event.event for event in rest.events_of(change)]
        if Event.SENDING not in events:
            continue
        passed = {Event.APPROVED, Event.OVERRIDDEN, Event.PUT_BACK_COVERED} & set(events[: events.index(Event.SENDING)])
        findings.expect(passed, f"G1: {change.label} was sent before it was approved")
        if Event.APPROVED in passed:
            by, quorum = rest.approvers_of(change), change.policy.quorum
            findings.expect(len(by) >= quorum, f"G1: {change.label} was sent with {len(by)} of {quorum} approvals")


def check_sent(rest: AtRest, landed: list[tuple[str, Json]], findings: Findings) -> None:
    """G2: each applied change landed, and once; nothing else did."""
    by_number, applied = Counter(number for number, _ in landed), Counter[str]()
    for change in rest.changes.values():
        applied[change.key.number] += change.state is State.APPLIED
        times = [event.event for event in rest.events_of(change)].count(Event.APPLIED)
        findings.expect(times <= 1, f"G2: {change.label} was applied {times} times")
    for number in by_number.keys() | applied.keys():
        took = by_number[number]
        findings.expect(took == applied[number], f"G2: {number} took {took} PUTs for {applied[number]} changes")


def check_told(rest: AtRest, slack: World, findings: Findings) -> None:
    """G9: nothing waits, every fact stands once, and each card shows the stored state."""
    for row in rest.outbox:
        # A reminder waits for hours, a direct message for a moment longer than the thread.
        if row["kind"] in BESIDE:
            continue
        findings.expect(row["done_at"] is not None, f"G9: {row['fact']} was never delivered")
    posts = dict(_posts(slack))
    for fact, messages in posts.items():
        # Without im:history nobody can look into a direct conversation: a post may be repeated there, and says so.
        again = [m for m in messages if slack.channels[m.channel_id].kind == "im" and m.text.startswith(REPEATED)]
        findings.expect(len(messages) - len(again) <= 1, f"G9: {fact} stands {len(messages)} times")
    for row in rest.outbox:
        if row["kind"] in _TOLD_IN_THREADS and row["done_at"] is not None:
            findings.expect(row["fact"] in posts, f"G9: {row['fact']} is said to be told and stands nowhere")
    for change in rest.changes.values():
        # What was asked together has one card, which shows the state that all share.
        card = rest.cards.get(change.lead_id)
        if card is None:
            findings.expect(False, f"G9: {change.label} has no card")
            continue
        message = slack.message(card.channel_id, card.message_ts)
        shown = "" if message is None else words_of(message.blocks)
        state = Bundle(tuple(each for each in rest.changes.values() if each.lead_id == change.lead_id)).state
        is_true = f"State: {state}" in shown.splitlines()
        findings.expect(is_true, f"G9: the card of {change.label} does not show {state}")
        stands = posts.get(card_fact(change.lead_id, card.generation), [])
        findings.expect(message in stands, f"G9: the card of {change.label} is not the one that is known")


def _is_end(event: ChainedEvent) -> bool:
    return event.event.startswith("change.") and any(
        event.event == Event.of_state(state) for state in State if state.is_final and state.value != "pending"
    )


def _posts(slack: World) -> Iterator[tuple[str, list[Message]]]:
    found: dict[str, list[Message]] = defaultdict(list)
    for messages in slack.messages.values():
        for message in messages:
            fact = ((message.metadata or {}).get("event_payload") or {}).get("fact")
            if fact and not message.ephemeral_for:
                found[fact].append(message)
    yield from found.items()
