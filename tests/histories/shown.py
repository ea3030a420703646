"""What stands in Slack when nothing is owed to it: each card and each fact of a thread as it would be shown now.

How something is shown is the bot's to say, and other tests'; here it must be what its stored state comes to.
"""

import json
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from bot.domain.facts import Fact
from bot.domain.state import Origin
from bot.sandbox.slack.workspace.seed import ADA, ALAN, RITA
from bot.service.delivery.lane import Delivery
from bot.service.delivery.subject import name_numbers, read_subjects
from bot.service.messages import Kind, is_of_all
from bot.service.picture import BESIDE, NEVER
from bot.service.since import standing, standing_of_all
from bot.slack.delivery.standing_card import _rendered
from bot.slack.delivery.told import render_told, render_told_of_all
from bot.slack.messages.thread import Message
from bot.store.outbox import OutboxMessage
from tests.guarantees import Findings
from tests.histories.world import HistoryWorld

_EVERYBODY = frozenset({RITA, ALAN, ADA})
_BESIDE = ", ".join(f"'{kind}'" for kind in BESIDE)
_IS_OWED = f"SELECT 1 FROM outbox WHERE done_at IS NULL AND kind NOT IN ({_BESIDE}) LIMIT 1"  # noqa: S608 - ours
_CARDS = "SELECT * FROM cards WHERE message_ts IS NOT NULL"
_FACTS = "SELECT change_id, payload FROM outbox WHERE kind = 'thread' AND posted_ts IS NOT NULL"


def is_quiet(world: HistoryWorld) -> bool:
    """Say whether nothing is owed to Slack."""
    return not world.database.memory.read(_IS_OWED)


async def check_shown(world: HistoryWorld, findings: Findings, *, with_threads: bool = True) -> None:
    """G9: when nothing is owed, cards and threads show what is stored, with the buttons that can do something."""
    cards = world.database.memory.read(_CARDS)
    asked = [_about(row["change_id"], Kind.CARD, {}) for row in cards]
    facts: dict[tuple[int, str, bool], Delivery] = {}
    for row in world.database.memory.read(_FACTS) if with_threads else ():
        payload = json.loads(row["payload"])
        key = row["change_id"], payload["name"], is_of_all(payload)
        facts[key] = _about(row["change_id"], Kind.THREAD_AGAIN, {"of": payload["name"]})
    deliveries = [*asked, *facts.values()]
    async with world.database.reading() as tx:
        await read_subjects(tx, deliveries)
    name_numbers(world.context, deliveries)
    posting = world.processes[0].courier._posting
    for card, delivery in zip(cards, asked, strict=True):
        shown = await _rendered(posting, delivery)
        await _compare(world, findings, f"RN-{card['change_id']}/card", shown, (card["channel_id"], card["message_ts"]))
    for (_, _, of_all), delivery in facts.items():
        if of_all:
            if delivery.of.origin is Origin.PUT_BACK and delivery.message.payload["of"] == Fact.CANCELED:
                # Which ones were called off was said by those that there were: others may have come since.
                continue
            for post, since_all in await standing_of_all(world.context, delivery):
                shown, _ = await render_told_of_all(posting, delivery, post.payload, since_all)
                await _compare(world, findings, post.fact, shown, (post.posted_channel, post.posted_ts))
            continue
        for post, since in await standing(world.context, delivery):
            shown, _ = await render_told(posting, delivery, post.payload, since, of=delivery.subject_of(post))
            await _compare(world, findings, post.fact, shown, (post.posted_channel, post.posted_ts))


def _about(change_id: int, kind: Kind, payload: Mapping[str, Any]) -> Delivery:
    message = OutboxMessage(
        team_id="",
        lane="",
        kind=kind,
        fact="",
        due_at=NEVER,
        change_id=change_id,
        payload=payload,
        id=0,
        attempts=0,
        attempted_at=None,
        lease_id=None,
        leased_until=None,
        done_at=None,
        posted_channel=None,
        posted_ts=None,
        problem=None,
        is_parked=False,
        attempted_channel=None,
        attempted_thread=None,
    )
    return Delivery([message], NEVER, [], {})


async def _compare(
    world: HistoryWorld, findings: Findings, fact: str, shown: Message, at: tuple[str | None, str | None]
) -> None:
    channel, ts = at
    message = world.slack.world.message(channel, ts) if channel and ts else None
    # Whatever is not there was deleted by somebody; that a card stands is looked at elsewhere.
    if message is None:
        return
    # Whom a message calls is settled when it is posted.
    text, blocks = await _uncalled(world, shown)
    there_text, there_blocks = await _uncalled(world, (message.text, message.blocks))
    findings.expect(there_text == text, f"G9: {fact} says {there_text!r} instead of {text!r}")
    for there, wanted in zip_longest(there_blocks, blocks):
        findings.expect(_same(there, wanted), f"G9: {fact} shows {_json(there)} instead of {_json(wanted)}")


async def _uncalled(world: HistoryWorld, message: Message) -> Message:
    return await world.processes[0].courier._posting.without_calling(message, _EVERYBODY)


def _same(there: Any, wanted: Any) -> bool:
    """Compare a block with what was sent: Slack names those that bear no name, and writes out what holds by default."""
    if isinstance(there, dict) and isinstance(wanted, dict):
        return (
            all(
                _same(value, wanted[key]) if key in wanted else key == "block_id" or value is False
                for key, value in there.items()
            )
            and wanted.keys() <= there.keys()
        )
    if isinstance(there, list) and isinstance(wanted, list):
        return len(there) == len(wanted) and all(map(_same, there, wanted))
    return bool(there == wanted)


def _json(block: Any) -> str:
    return json.dumps(block, ensure_ascii=False)
