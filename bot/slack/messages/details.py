"""A change with its whole story, for the modal behind Details and for `/route-number show`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.assignment import Field
from bot.domain.change import ChangeRequest
from bot.domain.difference import (
    UNPINNED_MEANS,
    UNPINNED_SO,
    FieldDifference,
    agent_labels,
    bears_id,
    differences,
    one_line,
)
from bot.domain.label import format_label
from bot.domain.number import pretty
from bot.domain.policy import Verdict
from bot.domain.standing import standing_of
from bot.domain.state import State
from bot.service.history import Record
from bot.slack.block_kit.elements import (
    Block,
    actions,
    button,
    context,
    rich_line,
    rich_list,
    rich_quote,
    text_run,
    user_run,
)
from bot.slack.block_kit.limits import few, short_names
from bot.slack.block_kit.sentences import sentence_block
from bot.slack.messages.glance import sign
from bot.slack.messages.schedule import when_lines
from bot.slack.messages.story import line_runs, lines_of

# A text in a rich_text block can be as long as a section's: 3000 characters. Long words are put in pieces, whole.
PIECE = 2500
# A modal takes 100 blocks and 250 kB, a message 13,000 characters: what is long is put into several blocks.
BLOCK_BYTES = 5000
VIEW_BYTES = 200_000
BLOCKS_LIMIT = 90
# More agents than anybody reads: what they were is in the record.
AGENTS_SHOWN = 100
NAMES_ROOM = 8000

TAKE_BACK = "details:take_back"
UNPINNED = f"*Unpinned*: {UNPINNED_MEANS}. {UNPINNED_SO}"


def details_view(record: Record, *, reader_id: str = "", said: str | None = None) -> Block:
    """Build the modal: everything whole, the full webhook address too, so that what is decided can be read.

    `reader_id` opened it, and can take back what they decided; `said` answers what they did in it.
    """
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": record.change.label, "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "blocks": [
            *([sentence_block(said)] if said else []),
            *_to_take_back(record, reader_id),
            *record_blocks(record, is_with_secrets=True),
        ],
    }


def _to_take_back(record: Record, reader_id: str) -> list[Block]:
    change = record.change
    review = standing_of(change, reader_id, record.reviews) if change.state is State.PENDING else None
    if review is None:
        return []
    what = "denial" if review.verdict is Verdict.DENY else "approval"
    made = button(f"Take back my {what}", TAKE_BACK, value=change.label, label=f"Take back my {what} of {change.label}")
    return [actions(made, block_id="take_back")]


def record_blocks(record: Record, *, is_with_secrets: bool = False) -> list[Block]:
    """Build the story: what was asked and why, each field before and after, and the last of what happened.

    Of a long record the newest lines are shown, as many as fit into a view. `is_with_secrets` adds the webhook's full
    addresses: only in a window that one member opened.
    """
    change = record.change
    above = [*_packed(*_asked(change)), *_fields(change, is_with_secrets=is_with_secrets), *_problem(change)]
    below = [*_agent_ids(change), context(change.key.workspace.name())]
    others = [*above, *below]
    return [*above, *_story(record, VIEW_BYTES - _size(others), BLOCKS_LIMIT - len(others)), *below]


def whole_blocks(change: ChangeRequest) -> list[Block]:
    """Show all that a change does, whole, with the full webhook addresses, and what went wrong with it."""
    return [*_fields(change, is_with_secrets=True), *_problem(change), *_agent_ids(change)]


def size_of(blocks: Sequence[Block]) -> int:
    """Return how much of a view's room blocks take."""
    return _size(list(blocks))


def _asked(change: ChangeRequest) -> list[Block]:
    name = f" ({one_line(change.number_name)})" if change.number_name else ""
    number = [text_run(piece, bold=True) for piece in _pieces(f"{pretty(change.key.number)}{name}")]
    return [
        rich_line(text_run(f"{sign(change)} {change.label} · ", bold=True), *number),
        rich_line(
            text_run(f"State: {change.state}\nAsked by "),
            user_run(change.requester_id),
            text_run(f"{_together(change)}, because:"),
        ),
        *(rich_quote(piece) for piece in _pieces(change.reason)),
        *when_lines(change),
    ]


def _together(change: ChangeRequest) -> str:
    if change.bundle_id is None:
        return ""
    others = "other numbers" if change.lead_id == change.id else f"{format_label(change.lead_id)} and other numbers"
    return f" together with {others}"


def _fields(change: ChangeRequest, *, is_with_secrets: bool) -> list[Block]:
    """Show each touched field, the webhook's full addresses right under it, and what unpinned means, once."""
    shown = differences(
        change.before,
        change.after,
        change.patch.fields,
        _names(change),
        is_outbound_version_newest=change.is_outbound_version_newest,
    )
    parts: list[Block] = []
    for difference in shown:
        parts += _difference(difference)
        if difference.field is Field.WEBHOOK and is_with_secrets:
            parts += _full_webhooks(change)
    return [*_packed(*parts), *([context(UNPINNED)] if _is_unpinned(change) else [])]


def _is_unpinned(change: ChangeRequest) -> bool:
    if Field.INBOUND not in change.patch.fields:
        return False
    return any(agent.version is None for agent in (*change.before.inbound, *change.after.inbound))


def _names(change: ChangeRequest) -> Mapping[str, str]:
    """Return the agents' names whole, unless all of them together would flood a view."""
    names = change.agent_names
    return names if sum(map(len, names.values())) <= NAMES_ROOM else short_names(names)


def _difference(difference: FieldDifference) -> list[Block]:
    title = text_run(difference.title, bold=True)
    before, after = difference.before, difference.after
    if len(before) == len(after) == 1 and len(before[0]) + len(after[0]) <= PIECE:
        return [rich_line(title, text_run(f"\n{before[0]}  →  "), text_run(after[0], bold=True))]
    return [
        rich_line(title, text_run("\nBefore:")),
        *_items(before),
        rich_line(text_run("After:")),
        *_items(after),
    ]


def _items(lines: Sequence[str]) -> list[Block]:
    shown = lines if len(lines) <= AGENTS_SHOWN else few(lines, AGENTS_SHOWN)
    return [rich_list([[text_run(piece)] for piece in _pieces(line)]) for line in shown]


def _full_webhooks(change: ChangeRequest) -> list[Block]:
    sides = (("before", change.before.webhook_url), ("after", change.after.webhook_url))
    return [
        rich_line(text_run(f"In full, {name}: "), *(text_run(piece, code=True) for piece in _pieces(url)))
        for name, url in sides
        if url
    ]


def _problem(change: ChangeRequest) -> list[Block]:
    return _packed(*(rich_quote(piece) for piece in _pieces(change.problem))) if change.problem else []


def _story(record: Record, room: int, blocks_room: int) -> list[Block]:
    """Show the newest lines that there is room for, oldest first, and say what is left out."""
    lines = lines_of(record.events)
    # Two blocks that follow each other hold more than the bytes of one together.
    room = min(room, blocks_room * BLOCK_BYTES // 2)
    shown: list[Block] = []
    for line in reversed(lines):
        item = rich_list([line_runs(line)])
        room -= _size(item)
        if room < 0:
            break
        shown.append(item)
    shown.reverse()
    story = _packed(rich_line(text_run("What happened", bold=True)), *shown)
    left_out = len(lines) - len(shown)
    if not left_out and not record.has_earlier:
        return story
    count = f"More than {left_out} lines are" if record.has_earlier else f"{left_out} earlier lines are"
    where = f"`route-number history --change {record.change.label}`"
    return [*story, context(f"{count} not shown here. Whoever runs me can read them: {where}.")]


def _agent_ids(change: ChangeRequest) -> list[Block]:
    """List the ids of agents whose names bear the end of it, as they look like others: of this change, or of all."""
    labels = agent_labels({agent_id: one_line(name) for agent_id, name in _names(change).items()})
    alike = sorted(agent_id for agent_id, label in labels.items() if bears_id(label, agent_id))
    if not alike:
        return []
    title = rich_line(text_run("Agents whose names look like others", bold=True))
    return _packed(title, *_items([f"{labels[agent_id]} = {one_line(agent_id)}" for agent_id in alike]))


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
