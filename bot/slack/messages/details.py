"""The whole record of a change, for the modal behind Details and for `/route-number show`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.assignment import Field
from bot.domain.audit import ChainedEvent
from bot.domain.change import ChangeRequest
from bot.domain.difference import TITLES, FieldDifference, differences, one_line
from bot.domain.errors import AlreadyAsked
from bot.domain.events import Event
from bot.domain.number import pretty
from bot.service.context import WORKER_ID
from bot.service.history import Record
from bot.slack.block_kit.elements import (
    Block,
    context,
    date_run,
    divider,
    rich_line,
    rich_list,
    rich_quote,
    rich_text,
    text_run,
    user_run,
)
from bot.slack.block_kit.limits import few, short_names
from bot.slack.block_kit.sentences import sentence_runs

# A text in a rich_text block can be as long as a section's: 3000 characters. Long words are put in pieces, whole.
PIECE = 2500
# A modal takes 100 blocks and 250 kB, a message 13,000 characters: what is long is put into several blocks.
BLOCK_BYTES = 5000
VIEW_BYTES = 200_000
BLOCKS_LIMIT = 90
# More agents than anybody reads: what they were is in the record.
AGENTS_SHOWN = 100
NAMES_ROOM = 8000


def details_view(record: Record) -> Block:
    """Build the modal: everything whole, the full webhook address too, so that what is decided can be read."""
    webhooks = _full_webhooks(record.change)
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": record.change.label, "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "blocks": [*record_blocks(record, beside=webhooks), *webhooks],
    }


def record_blocks(record: Record, *, beside: Sequence[Block] = ()) -> list[Block]:
    """Build the record: what was asked and why, each field before and after, and the last of its audit events.

    Of a long record the newest events are shown, as many as fit into a view together with what is put `beside` it.
    """
    change = record.change
    number = _pieces(pretty(change.key.number))
    asked = _packed(
        rich_line(
            text_run(f"{change.label}  ", bold=True),
            *(text_run(piece, bold=True) for piece in number),
            text_run(f"\n{change.key.workspace.name()}\nState: {change.state}\nAsked by "),
            user_run(change.requester_id),
            text_run(", "),
            date_run(change.created_at),
            text_run(", because:"),
        ),
        *(rich_quote(piece) for piece in _pieces(change.reason)),
    )
    above = [
        *asked,
        *(block for difference in _whole_differences(change) for block in _difference(difference)),
        *_problem(change),
        divider(),
    ]
    below = _agent_ids(change)
    others = [*above, *below, *beside]
    events = _events(record, VIEW_BYTES - _size(others), BLOCKS_LIMIT - len(others))
    return [*above, *events, *below]


def _whole_differences(change: ChangeRequest) -> tuple[FieldDifference, ...]:
    return differences(
        change.before,
        change.after,
        change.patch.fields,
        _names(change),
        is_outbound_version_newest=change.is_outbound_version_newest,
    )


def _names(change: ChangeRequest) -> Mapping[str, str]:
    """Return the agents' names whole, unless all of them together would flood a view."""
    names = change.agent_names
    return names if sum(map(len, names.values())) <= NAMES_ROOM else short_names(names)


def _difference(difference: FieldDifference) -> list[Block]:
    return _packed(
        rich_line(text_run(difference.title, bold=True), text_run("\nBefore:")),
        *_items(difference.before),
        rich_line(text_run("After:")),
        *_items(difference.after),
    )


def _items(lines: Sequence[str]) -> list[Block]:
    shown = lines if len(lines) <= AGENTS_SHOWN else few(lines, AGENTS_SHOWN)
    return [rich_list([[text_run(piece)] for piece in _pieces(line)]) for line in shown]


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
    return _packed(*(rich_quote(piece) for piece in _pieces(change.problem))) if change.problem else []


def _events(record: Record, room: int, blocks_room: int) -> list[Block]:
    """Show the newest events that there is room for, oldest first, and say what is left out."""
    # Two blocks that follow each other hold more than the bytes of one together.
    room = min(room, blocks_room * BLOCK_BYTES // 2)
    shown: list[Block] = []
    for event in reversed(record.events):
        item = rich_list([_event(event)])
        room -= _size(item)
        if room < 0:
            break
        shown.append(item)
    shown.reverse()
    left_out = len(record.events) - len(shown)
    if not left_out and not record.has_earlier:
        return _packed(*shown)
    label = record.change.label
    count = f"more than {left_out}" if record.has_earlier else str(left_out)
    where = f"`route-number history --change {label}`"
    note = context(f"There are {count} earlier events. Whoever runs me can read them: {where}.")
    return [note, *_packed(*shown)]


def _event(event: ChainedEvent) -> list[Block]:
    actor = text_run("the worker") if event.actor_id == WORKER_ID else user_run(event.actor_id)
    # What was asked stands above already.
    remark = [] if event.event == Event.SUBMITTED else _remark(event.after or {})
    return [date_run(event.at), text_run(f"  {event.event} by "), actor, *remark]


def _remark(after: Mapping[str, Any]) -> list[Block]:
    """Say why, where the event says why: a refusal's sentence names people, words of others stand literally."""
    name = next((name for name in ("sentence", "problem", "reason") if after.get(name)), None)
    if name is None:
        return []
    words = after[name][:PIECE]
    # What was asked already is told in the words of whoever asked it.
    is_ours = name == "sentence" and after.get("refused") != AlreadyAsked.code
    return [text_run(": "), *(sentence_runs(words) if is_ours else [text_run(words)])]


def _agent_ids(change: ChangeRequest) -> list[Block]:
    """List the ids behind the names: two agents can have one name, and a name can change."""
    sides = (change.before, change.after)
    ids = sorted({agent.agent_id for side in sides for agent in (*side.inbound, *side.outbound)})
    if not ids:
        return []
    names = _names(change)
    lines = [f"{one_line(names.get(agent_id, agent_id))} = {one_line(agent_id)}" for agent_id in ids]
    return _packed(rich_line(text_run("Agents by id", bold=True)), *_items(lines))


def _packed(*elements: Block) -> list[Block]:
    """Put parts of rich text into as few blocks as their size allows; lists that follow each other become one."""
    blocks: list[Block] = []
    parts: list[Block] = []
    room = 0
    for element in elements:
        size = _size(element)
        if not parts or size > room:
            parts, room = [], BLOCK_BYTES
            blocks.append({"type": "rich_text", "elements": parts})
        room -= size
        if parts and parts[-1]["type"] == element["type"] == "rich_text_list":
            parts[-1] = {**element, "elements": [*parts[-1]["elements"], *element["elements"]]}
        else:
            parts.append(element)
    return blocks


def _size(part: Any) -> int:
    return len(json.dumps(part))


def _pieces(text: str) -> list[str]:
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)] or [""]
