"""What to think of before asking: dangers of what is entered so far, and open changes of the same fields."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.difference import TITLES
from bot.domain.shortening import shorten
from bot.slack.block_kit.elements import Block, rich_line, rich_text, text_run
from bot.slack.form.option_values import LISTED, Option, version_of
from bot.slack.form.state import FormState, Inbound, Outbound, TimeRouting, Webhook

SIGN = "⚠️ Note: "
NAME_LIMIT = 40
OVERLAPS_SHOWN = 3
_TLS = "https:"


@dataclass(frozen=True, slots=True)
class OpenChange:
    """Another open change of the number, by its label, and the fields that it touches."""

    label: str
    fields: frozenset[Field]


def entered_patch(state: FormState) -> AssignmentPatch:
    """Return what is entered so far; a field whose entry is not there yet is left out."""
    inbound = tuple(_agent(row.agent, row.version) for row in state.rows if row.agent is not None)
    outbound = () if state.outbound_agent is None else (_agent(state.outbound_agent, state.outbound_version),)
    is_entered = {
        Field.INBOUND: state.inbound is Inbound.NONE or bool(inbound),
        Field.OUTBOUND: state.outbound is Outbound.NONE or (state.outbound is Outbound.ONE and bool(outbound)),
        Field.WEBHOOK: state.webhook is Webhook.REMOVE or (state.webhook is Webhook.SET and bool(state.webhook_url)),
        Field.TIME_ROUTING: state.time_routing is not TimeRouting.KEEP,
    }
    wanted = Assignment(
        inbound=inbound,
        outbound=outbound if state.outbound is Outbound.ONE else (),
        webhook_url=state.webhook_url.strip() if state.webhook is Webhook.SET else None,
        is_time_routing_enabled=state.time_routing is TimeRouting.ON,
    )
    return AssignmentPatch(wanted, frozenset(field for field, has_entry in is_entered.items() if has_entry))


def warnings(state: FormState, before: Assignment, others: Sequence[OpenChange]) -> list[str]:
    """Return a sentence for each thing to think of; `before` is the present assignment, `others` are open."""
    patch = entered_patch(state).without_unchanged(before)
    after = patch.onto(before)
    said: list[str] = []
    if Field.INBOUND in patch.fields and before.inbound and not after.inbound:
        said.append("No agent will answer inbound calls.")
    if Field.WEBHOOK in patch.fields and after.webhook_url is not None:
        said.append("The webhook can send each call to any agent.")
        if not after.webhook_url.lower().startswith(_TLS):
            said.append("The webhook is called without TLS: others can read and change what it says.")
    elif Field.INBOUND in patch.fields and after.inbound and after.webhook_url is not None:
        said.append("This number has a webhook, which can override these agents.")
    if Field.INBOUND in patch.fields:
        said += _unpinned(state)
    return [*said, *_overlapping(patch.fields, others)]


def warning_blocks(sentences: Sequence[str]) -> list[Block]:
    """Build the lines that stand before Reason."""
    lines = [rich_line(text_run(SIGN, bold=True), text_run(sentence)) for sentence in sentences]
    return [rich_text(*lines, block_id="warnings")] if lines else []


def _unpinned(state: FormState) -> list[str]:
    agents = [row.agent for row in state.rows if row.agent is not None and version_of(row.version) is None]
    names = list(dict.fromkeys(shorten(agent.text, NAME_LIMIT) for agent in agents))
    if not names:
        return []
    return [f"{_listed(names)} {'is' if len(names) == 1 else 'are'} unpinned."]


def _overlapping(fields: frozenset[Field], others: Sequence[OpenChange]) -> list[str]:
    shared = [(each.label, each.fields & fields) for each in others if each.fields & fields]
    said = [
        f"{label} also changes {_listed([TITLES[field] for field in Field if field in both])}; "
        "approving one ends the other."
        for label, both in shared[:OVERLAPS_SHOWN]
    ]
    more = len(shared) - OVERLAPS_SHOWN
    if more > 0:
        said.append(f"{more} more open {'change does' if more == 1 else 'changes do'} so.")
    return said


def _agent(agent: Option, version: Option | None) -> WeightedAgent:
    # Of an identifier too long for an option's value no more is known here; it is compared, and sent nowhere.
    agent_id = agent.rest if agent.kind == LISTED else agent.value
    return WeightedAgent(agent_id, version_of(version))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
