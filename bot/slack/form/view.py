"""The form as a modal: which fields are shown, their labels, options and present entries."""

from enum import StrEnum
from typing import Any

from bot.domain.label import format_label
from bot.domain.state import Origin
from bot.domain.webhook import LONGEST
from bot.slack.block_kit.elements import Block, actions, button, confirm, plain, rich_line, rich_text, text_run
from bot.slack.block_kit.sentences import sentence_runs
from bot.slack.form import fields as form
from bot.slack.form.current_assignment import Shown, present_blocks
from bot.slack.form.option_values import Option
from bot.slack.form.state import (
    FEWEST_ROWS,
    MOST_ROWS,
    FormState,
    Inbound,
    Outbound,
    Row,
    TimeRouting,
    Webhook,
)

CALLBACK = "route_number"
REASON_LIMIT = 3000
# Action ids; the version's selects and the number's are type-aheads, the rest of these redraw the form.
NUMBER, AGENT, VERSION = "form.number", "form.agent", "form.version"
OUTBOUND_AGENT, OUTBOUND_VERSION = "form.outbound_agent", "form.outbound_version"
CHOICE, ADD, REMOVE, ENTRY = "form.choice", "form.add", "form.remove", "form.entry"
WITHDRAW = "form.withdraw"

KEEP_LABEL = "Keep as is"
INBOUND_LABELS = {
    Inbound.KEEP: KEEP_LABEL,
    Inbound.ONE: "One agent",
    Inbound.SPLIT: "Split between agents",
    Inbound.NONE: "No agent",
}
OUTBOUND_LABELS = {Outbound.KEEP: KEEP_LABEL, Outbound.ONE: "One agent", Outbound.NONE: "No agent"}
WEBHOOK_LABELS = {Webhook.KEEP: KEEP_LABEL, Webhook.SET: "Set", Webhook.REMOVE: "Remove"}
TIME_ROUTING_LABELS = {TimeRouting.KEEP: KEEP_LABEL, TimeRouting.ON: "On", TimeRouting.OFF: "Off"}

NOTES = {
    "outbound_split": "The former outbound calls were split between agents in UponAI's dashboard. "
    "That cannot be put back from here, so Outbound calls stays at Keep as is.",
    "inbound_too_many": f"The former split has more than {MOST_ROWS} agents. "
    "That cannot be put back from here, so Inbound calls stays at Keep as is.",
}
# Of where the form came from, not of what becomes of it: everything in it can be altered.
_ORIGINS = {
    Origin.REVERT: "Filled with what was there before {}.",
    Origin.TRY_AGAIN: "Filled with what {} asked for.",
}


def build_view(state: FormState, shown: Shown) -> Block:
    """Build the modal for what is entered and what is known of the number."""
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain("Route a number"),
        "submit": plain("Ask for approval"),
        "close": plain("Close"),
        "private_metadata": state.meta.model_dump_json(exclude_defaults=True),
        "blocks": [
            *_notes(state),
            *_earlier(state),
            _input(
                form.number_block(state.meta.number_at),
                "Number",
                _type_ahead(NUMBER, state.number, "Any writing, the end of one, or an extension"),
                dispatches=True,
            ),
            *present_blocks(shown),
            *_inbound(state),
            *_outbound(state),
            *_webhook(state),
            _radio(form.TIME_ROUTING, "Time routing", TIME_ROUTING_LABELS, state.time_routing, dispatches=False),
            _input(form.REASON, "Reason", _text("plain_text_input", state.reason, multiline=True, limit=REASON_LIMIT)),
        ],
    }


def _notes(state: FormState) -> list[Block]:
    lines = [NOTES[note] for note in state.meta.notes if note in NOTES]
    if state.meta.origin is not None and state.meta.parent_id is not None:
        lines.insert(0, _ORIGINS[state.meta.origin].format(format_label(state.meta.parent_id)))
    return [rich_text(*(rich_line(text_run(line)) for line in lines), block_id="notes")] if lines else []


def _earlier(state: FormState) -> list[Block]:
    """Say what became of what this form has asked for already, or offer to take it back."""
    blocks: list[Block] = []
    if state.meta.said is not None:
        blocks.append(rich_text(rich_line(*sentence_runs(state.meta.said)), block_id="said"))
    if state.meta.asked is not None:
        label = format_label(state.meta.asked)
        sentence = f"{label} was asked from this form already. Withdraw it to ask for what stands here instead."
        sure = confirm(f"Withdraw {label}?", "What it asks for is not sent.", yes="Withdraw it", style="danger")
        withdraw = button(
            f"Withdraw {label}", WITHDRAW, value=label, label=f"Withdraw {label}", style="danger", confirm=sure
        )
        blocks += [
            rich_text(rich_line(text_run(sentence)), block_id="asked"),
            actions(withdraw, block_id="withdraw"),
        ]
    return blocks


def _inbound(state: FormState) -> list[Block]:
    blocks = [_radio(form.INBOUND, "Inbound calls", INBOUND_LABELS, state.inbound)]
    is_split = state.inbound is Inbound.SPLIT
    for position, row in enumerate(state.rows, start=1):
        blocks += _row(row, position, is_split=is_split)
        if is_split and len(state.rows) > FEWEST_ROWS:
            remove = button("Remove", REMOVE, value=row.id, label=f"Remove agent {position}")
            blocks.append(actions(remove, block_id=f"remove.{row.id}"))
    if is_split and len(state.rows) < MOST_ROWS:
        add = button("Add an agent", ADD, value="add", label="Add an agent to the split")
        blocks.append(actions(add, block_id="add"))
    return blocks


def _row(row: Row, position: int, *, is_split: bool) -> list[Block]:
    blocks = [
        _input(
            form.agent_block(row.id),
            f"Agent {position}",
            _type_ahead(AGENT, row.agent, "Type a name or an id"),
            dispatches=True,
        ),
        _input(
            form.version_block(row.id, row.agent),
            f"Version {position}",
            _type_ahead(VERSION, row.version, "Not pinned (newest published)"),
            is_optional=True,
        ),
    ]
    if is_split:
        number: Block = {"type": "number_input", "action_id": ENTRY, "is_decimal_allowed": True}
        if row.weight:
            number["initial_value"] = row.weight
        blocks.append(_input(form.weight_block(row.id), f"Weight {position} (%)", number))
    return blocks


def _outbound(state: FormState) -> list[Block]:
    blocks = [_radio(form.OUTBOUND, "Outbound calls", OUTBOUND_LABELS, state.outbound)]
    if state.outbound is Outbound.ONE:
        agent = state.outbound_agent
        blocks += [
            _input(
                form.OUTBOUND_AGENT,
                "Outbound agent",
                _type_ahead(OUTBOUND_AGENT, agent, "Type a name or an id"),
                dispatches=True,
            ),
            _input(
                form.outbound_version_block(agent),
                "Outbound version",
                _type_ahead(OUTBOUND_VERSION, state.outbound_version, "The agent's newest"),
                is_optional=True,
            ),
        ]
    return blocks


def _webhook(state: FormState) -> list[Block]:
    blocks = [_radio(form.WEBHOOK, "Inbound webhook", WEBHOOK_LABELS, state.webhook)]
    if state.webhook is Webhook.SET:
        # Slack would refuse the whole form for an entry of more than 3000 characters.
        entry = state.webhook_url if len(state.webhook_url) <= LONGEST else ""
        made = _input(form.WEBHOOK_URL, "Webhook URL", _text("url_text_input", entry))
        if entry != state.webhook_url:
            made["hint"] = plain(f"An address can have up to {LONGEST} characters; a longer one cannot be put back.")
        blocks.append(made)
    return blocks


def _input(block_id: str, label: str, element: Block, *, dispatches: bool = False, is_optional: bool = False) -> Block:
    made: Block = {"type": "input", "block_id": block_id, "label": plain(label), "element": element}
    if dispatches:
        made["dispatch_action"] = True
    if is_optional:
        made["optional"] = True
    return made


def _radio(block_id: str, label: str, labels: dict[Any, str], chosen: StrEnum, *, dispatches: bool = True) -> Block:
    options = {choice: {"text": plain(text), "value": str(choice)} for choice, text in labels.items()}
    element: Block = {
        "type": "radio_buttons",
        "action_id": CHOICE if dispatches else ENTRY,
        "options": list(options.values()),
        "initial_option": options[chosen],
    }
    return _input(block_id, label, element, dispatches=dispatches)


def _type_ahead(action_id: str, chosen: Option | None, placeholder: str) -> Block:
    element: Block = {
        "type": "external_select",
        "action_id": action_id,
        "min_query_length": 0,
        "placeholder": plain(placeholder),
    }
    if chosen is not None:
        element["initial_option"] = chosen.to_json()
    return element


def _text(kind: str, text: str, *, multiline: bool = False, limit: int | None = None) -> Block:
    element: Block = {"type": kind, "action_id": ENTRY}
    if multiline:
        element["multiline"] = True
    if limit is not None:
        element["max_length"] = limit
    if text:
        element["initial_value"] = text
    return element
