"""The whole record of a change, for the modal behind Details and for `/route-number show`."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from bot.domain.assignment import Field
from bot.domain.audit import ChainedEvent
from bot.domain.change import ChangeRequest
from bot.domain.difference import TITLES, FieldDifference, differences
from bot.domain.number import pretty
from bot.service.context import WORKER_ID
from bot.service.history import Record
from bot.slack.blocks import (
    Block,
    date_run,
    divider,
    rich_line,
    rich_list,
    rich_quote,
    rich_text,
    text_run,
    user_run,
)

# A text in a rich_text block can be as long as a section's: 3000 characters. Long words are put in pieces, whole.
PIECE = 2500
EVENTS_PER_BLOCK = 20
# A modal has room for 100 blocks: the last thousand events fit, 20 in a block, with space for the rest.
EVENT_BLOCKS = 50


def details_view(record: Record) -> Block:
    """Build the modal: everything whole, the full webhook address too, so that what is decided can be read."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": record.change.label, "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "blocks": [*record_blocks(record), *_full_webhooks(record.change)],
    }


def record_blocks(record: Record) -> list[Block]:
    """Build the record: what was asked and why, each field before and after, reviews, and every audit event."""
    change = record.change
    asked = rich_text(
        rich_line(
            text_run(f"{change.label}  {pretty(change.key.number)}\n", bold=True),
            text_run(f"State: {change.state}\nAsked by "),
            user_run(change.requester_id),
            text_run(", "),
            date_run(change.created_at),
            text_run(", because:"),
        ),
        *(rich_quote(piece) for piece in _pieces(change.reason)),
    )
    return [
        asked,
        *(_difference(d) for d in _whole_differences(change)),
        *_problem(change),
        divider(),
        *_events(record.events),
        *_agent_ids(change),
    ]


def _whole_differences(change: ChangeRequest) -> tuple[FieldDifference, ...]:
    return differences(
        change.before,
        change.after,
        change.patch.fields,
        change.agent_names,
        is_outbound_version_newest=change.is_outbound_version_newest,
    )


def _difference(difference: FieldDifference) -> Block:
    return rich_text(
        rich_line(text_run(difference.title, bold=True), text_run("\nBefore:")),
        rich_list([[text_run(piece)] for line in difference.before for piece in _pieces(line)]),
        rich_line(text_run("After:")),
        rich_list([[text_run(piece)] for line in difference.after for piece in _pieces(line)]),
    )


def _full_webhooks(change: ChangeRequest) -> list[Block]:
    if Field.WEBHOOK not in change.patch.fields:
        return []
    sides = (("before", change.before.webhook_url), ("after", change.after.webhook_url))
    return [
        rich_text(
            rich_line(text_run(f"{TITLES[Field.WEBHOOK]} in full, {name}:", bold=True)),
            *(rich_line(text_run(piece, code=True)) for piece in _pieces(url or "none")),
        )
        for name, url in sides
    ]


def _problem(change: ChangeRequest) -> list[Block]:
    return [rich_text(*(rich_quote(piece) for piece in _pieces(change.problem)))] if change.problem else []


def _events(events: Sequence[ChainedEvent]) -> Iterator[Block]:
    left = iter(events[-EVENTS_PER_BLOCK * EVENT_BLOCKS :])
    while some := list(islice(left, EVENTS_PER_BLOCK)):
        yield rich_text(rich_list([_event(event) for event in some]))


def _event(event: ChainedEvent) -> list[Block]:
    actor = text_run("the worker") if event.actor_id == WORKER_ID else user_run(event.actor_id)
    # What was asked stands above already; and Slack refuses a run without text.
    remark = "" if event.event == "change.submitted" else _remark(event.after)
    runs = [date_run(event.at), text_run(f"  {event.event} by "), actor]
    return [*runs, text_run(remark)] if remark else runs


def _remark(after: Mapping[str, Any] | None) -> str:
    """Say why, where the event says why; the words are shown literally."""
    values = after or {}
    return next((f": {values[name][:PIECE]}" for name in ("sentence", "problem", "reason") if values.get(name)), "")


def _agent_ids(change: ChangeRequest) -> list[Block]:
    """List the ids behind the names: two agents can have one name, and a name can change."""
    sides = (change.before, change.after)
    ids = sorted({agent.agent_id for side in sides for agent in (*side.inbound, *side.outbound)})
    if not ids:
        return []
    lines = [f"{change.agent_names.get(agent_id, agent_id)} = {agent_id}" for agent_id in ids]
    return [
        rich_text(
            rich_line(text_run("Agents by id", bold=True)),
            rich_list([[text_run(piece)] for line in lines for piece in _pieces(line)]),
        )
    ]


def _pieces(text: str) -> list[str]:
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)] or [""]
