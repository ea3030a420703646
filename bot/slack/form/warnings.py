"""What to think of before asking: dangers of what is entered so far, and open changes of the same fields."""

from collections.abc import Sequence

from bot.domain.assignment import Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.shortening import shorten
from bot.domain.warnings import Danger, Overlap, Warned, warnings_of
from bot.service.lookup import Present
from bot.slack.block_kit.elements import Block, rich_line, rich_text, text_run
from bot.slack.block_kit.limits import short_number
from bot.slack.form.option_values import LISTED, Option, version_of
from bot.slack.form.state import FormState, Inbound, Outbound, TimeRouting, Webhook
from bot.slack.messages.warnings import listed, overlap_sentences, warning_sentence

SIGN = "⚠️ Note: "
NAME_LIMIT = 40


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


def warnings(state: FormState, before: Assignment, others: Sequence[Overlap]) -> list[str]:
    """Return a sentence for each thing to think of; `before` is the present assignment, `others` are open."""
    warned = _warned(state, before, others)
    return [
        *(_said(state, each) for each in warned if each.danger is not Danger.OVERLAP),
        *overlap_sentences(warned),
    ]


def warnings_of_others(state: FormState, first: Present, more: Sequence[Present]) -> list[str]:
    """Return a sentence for each danger at more numbers that is none at the first, with the numbers."""
    at_first = set(_warned(state, first.assignment))
    at: dict[Warned, list[Present]] = {}
    for each in more:
        for warned in _warned(state, each.assignment):
            at.setdefault(warned, []).append(each)
    return [f"{_numbers(found)}: {_said(state, each)}" for each, found in at.items() if each not in at_first]


def warning_blocks(sentences: Sequence[str]) -> list[Block]:
    """Build the lines that stand before Reason."""
    lines = [rich_line(text_run(SIGN, bold=True), text_run(sentence)) for sentence in sentences]
    return [rich_text(*lines, block_id="warnings")] if lines else []


def _warned(state: FormState, before: Assignment, others: Sequence[Overlap] = ()) -> tuple[Warned, ...]:
    patch = entered_patch(state).without_unchanged(before)
    return warnings_of(patch, before, patch.onto(before), others)


def _said(state: FormState, warned: Warned) -> str:
    return _unpinned(state) if warned.danger is Danger.UNPINNED_AGENT else warning_sentence(warned)


def _numbers(some: Sequence[Present]) -> str:
    first = short_number(some[0].number, NAME_LIMIT)
    return first if len(some) == 1 else f"{first} and {len(some) - 1} more"


def _unpinned(state: FormState) -> str:
    """Name them: the form has said by then what unpinned means."""
    agents = [row.agent for row in state.rows if row.agent is not None and version_of(row.version) is None]
    names = list(dict.fromkeys(shorten(agent.text, NAME_LIMIT) for agent in agents))
    return f"{listed(names)} {'is' if len(names) == 1 else 'are'} unpinned."


def _agent(agent: Option, version: Option | None) -> WeightedAgent:
    # Of an identifier too long for an option's value no more is known here; it is compared, and sent nowhere.
    agent_id = agent.rest if agent.kind == LISTED else agent.value
    return WeightedAgent(agent_id, version_of(version))
