"""The form as a modal: which fields are shown, their labels, options and present entries."""

from collections.abc import Mapping
from enum import StrEnum

from bot.domain.label import format_label
from bot.domain.state import Origin
from bot.domain.webhook import LONGEST
from bot.service.drafting import REASON_LIMIT
from bot.slack.block_kit.elements import Block, actions, button, confirm, plain, rich_line, rich_text, text_run
from bot.slack.block_kit.sentences import sentence_runs
from bot.slack.form import fields as form
from bot.slack.form import schedule
from bot.slack.form.current_assignment import Shown, present_blocks
from bot.slack.form.inbound_view import CHOICE, inbound_blocks, start_buttons
from bot.slack.form.inputs import choice, labelled, telling_each_letter, text, type_ahead
from bot.slack.form.labels import (
    AGENT_PLACEHOLDER,
    NEWEST,
    NUMBER_PLACEHOLDER,
    OUTBOUND_LABELS,
    TIME_ROUTING_LABELS,
    WEBHOOK_LABELS,
)
from bot.slack.form.several_view import several_blocks, several_buttons
from bot.slack.form.state import MOST_ROWS, FormState, Outbound, Webhook
from bot.slack.form.warnings import warning_blocks

CALLBACK = "route_number"
# Action ids, with those of the inbound side.
NUMBER = "form.number"
OUTBOUND_AGENT, OUTBOUND_VERSION = "form.outbound_agent", "form.outbound_version"
URL, WITHDRAW = "form.url", "form.withdraw"

NOTES = {
    "outbound_split": "The former outbound calls were split between agents in UponAI's dashboard. "
    "I cannot put that back, so Outbound calls stays at Keep as is.",
    "inbound_too_many": f"The former split has more than {MOST_ROWS} agents. "
    "I cannot put that back, so Inbound calls stays at Keep as is.",
}
EDITING = "You edit {}. Sending this asks for approval anew: what was decided so far counts no longer."
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
            labelled(
                form.number_block(state.meta.number_at),
                "Number",
                type_ahead(NUMBER, state.number, NUMBER_PLACEHOLDER),
                dispatches=True,
            ),
            *several_blocks(state),
            *present_blocks(shown, explains_unpinned=not state.rows),
            *_buttons(state, shown),
            *inbound_blocks(state),
            *_outbound(state),
            *_webhook(state),
            _choice(form.TIME_ROUTING, "Time routing", TIME_ROUTING_LABELS, state.time_routing),
            *schedule.blocks(state.timing, CHOICE, state.meta.zone),
            *warning_blocks(shown.warnings),
            labelled(form.REASON, "Reason", text("plain_text_input", state.reason, multiline=True, limit=REASON_LIMIT)),
        ],
    }


def _buttons(state: FormState, shown: Shown) -> list[Block]:
    # In one row: with it the whole form stands on a laptop's screen.
    buttons = [*several_buttons(state), *start_buttons(shown)]
    return [actions(*buttons, block_id="start")] if buttons else []


def _notes(state: FormState) -> list[Block]:
    lines = [NOTES[note] for note in state.meta.notes if note in NOTES]
    if state.meta.edits is not None:
        lines.insert(0, EDITING.format(format_label(state.meta.edits)))
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
        sentence = f"You asked for {label} from this form already. Withdraw it to ask for what stands here."
        sure = confirm(f"Withdraw {label}?", "What it asks for is not sent.", yes="Withdraw it", style="danger")
        withdraw = button(
            f"Withdraw {label}", WITHDRAW, value=label, label=f"Withdraw {label}", style="danger", confirm=sure
        )
        blocks += [
            rich_text(rich_line(text_run(sentence)), block_id="asked"),
            actions(withdraw, block_id="withdraw"),
        ]
    return blocks


def _outbound(state: FormState) -> list[Block]:
    blocks = [_choice(form.OUTBOUND, "Outbound calls", OUTBOUND_LABELS, state.outbound)]
    if state.outbound is Outbound.ONE:
        agent = state.outbound_agent
        blocks += [
            labelled(
                form.OUTBOUND_AGENT,
                "Outbound agent",
                type_ahead(OUTBOUND_AGENT, agent, AGENT_PLACEHOLDER),
                dispatches=True,
            ),
            labelled(
                form.outbound_version_block(agent),
                "Outbound version",
                type_ahead(OUTBOUND_VERSION, state.outbound_version, NEWEST),
                is_optional=True,
            ),
        ]
    return blocks


def _webhook(state: FormState) -> list[Block]:
    blocks = [_choice(form.WEBHOOK, "Inbound webhook", WEBHOOK_LABELS, state.webhook)]
    if state.webhook is Webhook.SET:
        # Slack would refuse the whole form for an entry of more than 3000 characters.
        entry = state.webhook_url if len(state.webhook_url) <= LONGEST else ""
        element = telling_each_letter(text("url_text_input", entry, action_id=URL))
        made = labelled(form.WEBHOOK_URL, "Webhook URL", element, dispatches=True)
        if entry != state.webhook_url:
            made["hint"] = plain(f"An address can have up to {LONGEST} characters; a longer one cannot be put back.")
        blocks.append(made)
    return blocks


def _choice(block_id: str, label: str, labels: Mapping[StrEnum, str], chosen: StrEnum) -> Block:
    return labelled(block_id, label, choice(CHOICE, labels, chosen), dispatches=True)
