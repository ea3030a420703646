"""The inbound side of the form: the choice, the present split to start from, the rows, and what is left to 100."""

from decimal import ROUND_HALF_EVEN, Decimal

from bot.domain.shortening import shorten
from bot.domain.weights import plain_digits
from bot.slack.block_kit.elements import Block, actions, button, plain, rich_line, rich_text, text_run
from bot.slack.form import fields as form
from bot.slack.form.current_assignment import UNPINNED_LINE, Shown
from bot.slack.form.entries import Row
from bot.slack.form.inputs import choice, focused, labelled, telling_each_letter, type_ahead
from bot.slack.form.labels import AGENT_PLACEHOLDER, INBOUND_LABELS, START_FROM_LIVE, UNPINNED
from bot.slack.form.state import FEWEST_ROWS, MOST_ROWS, FormState, Inbound, percent_of

AGENT, VERSION, WEIGHT = "form.agent", "form.version", "form.weight"
CHOICE, START, ADD, REMOVE = "form.choice", "form.start_from_live", "form.add", "form.remove"
NAME_LIMIT = 60
_WHOLE = Decimal(100)
_SHOWN_DIGITS = Decimal("0.01")


def start_buttons(shown: Shown) -> list[Block]:
    """Build what fills the rows with the present split, where there is one that fits."""
    return [button(START_FROM_LIVE, START, value="start", label=START_FROM_LIVE)] if _can_start(shown) else []


def inbound_blocks(state: FormState) -> list[Block]:
    """Build what is asked about the inbound calls."""
    chosen = choice(CHOICE, INBOUND_LABELS, state.inbound)
    blocks = [labelled(form.inbound_block(state.meta.inbound_at), "Inbound calls", chosen, dispatches=True)]
    is_split = state.inbound is Inbound.SPLIT
    for position, row in enumerate(state.rows, start=1):
        blocks += _row(state, row, position, is_split=is_split)
        if is_split and len(state.rows) > FEWEST_ROWS:
            blocks.append(_remove(row, position))
    if is_split:
        blocks.append(rich_text(rich_line(text_run(total_line(state.rows))), block_id="weights"))
    if is_split and len(state.rows) < MOST_ROWS:
        add = button("Add an agent", ADD, value="add", label="Add an agent to the split")
        blocks.append(actions(add, block_id="add"))
    return blocks


def total_line(rows: tuple[Row, ...]) -> str:
    """Say what the weights total, and what is missing to 100 %; the thirds of a live split total 100."""
    total = sum((percent_of(row.weight) or Decimal(0) for row in rows), Decimal(0))
    total = total.quantize(_SHOWN_DIGITS, ROUND_HALF_EVEN)
    if total < _WHOLE:
        return f"The weights total {plain_digits(total)} %: {plain_digits(_WHOLE - total)} % left to 100 %."
    if total > _WHOLE:
        return f"The weights total {plain_digits(total)} %: {plain_digits(total - _WHOLE)} % too much."
    return "The weights total 100 %."


def _can_start(shown: Shown) -> bool:
    return shown.present is not None and 0 < len(shown.present.assignment.inbound) <= MOST_ROWS


def _row(state: FormState, row: Row, position: int, *, is_split: bool) -> list[Block]:
    agent_block, weight_block = form.agent_block(row.id), form.weight_block(row.id)
    agent = type_ahead(AGENT, row.agent, AGENT_PLACEHOLDER)
    blocks = [
        labelled(
            agent_block,
            f"Agent {position}",
            focused(agent, is_focused=state.focus == agent_block),
            dispatches=True,
        ),
        labelled(
            form.version_block(row.id, row.agent),
            f"Version {position}",
            type_ahead(VERSION, row.version, UNPINNED),
            dispatches=True,
            is_optional=True,
            hint=UNPINNED_LINE if position == 1 else None,
        ),
    ]
    if is_split:
        number = telling_each_letter({"type": "number_input", "action_id": WEIGHT, "is_decimal_allowed": True})
        if row.weight:
            number["initial_value"] = row.weight
        number = focused(number, is_focused=state.focus == weight_block)
        blocks.append(labelled(weight_block, f"Weight {position} (%)", number, dispatches=True))
    return blocks


def _remove(row: Row, position: int) -> Block:
    name = shorten(row.agent.text, NAME_LIMIT) if row.agent else "not chosen yet"
    remove = button("Remove", REMOVE, value=row.id, label=shorten(f"Remove agent {position}: {name}", 75))
    words = plain(f"Agent {position}: {name}")
    return {"type": "section", "block_id": f"remove.{row.id}", "text": words, "accessory": remove}
