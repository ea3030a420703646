"""From what is entered to the patch that is asked for; what cannot be asked for is answered at its own field."""

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.assignment import ONE, Agents, Assignment, AssignmentPatch, Field, WeightedAgent
from bot.domain.errors import InvalidSubmission
from bot.domain.number import without_invisible
from bot.domain.webhook import parse_webhook_url
from bot.domain.weights import fractions_of
from bot.service.context import ServiceContext
from bot.slack.form import fields as form
from bot.slack.form import schedule
from bot.slack.form.compose import resolve_agent
from bot.slack.form.entries import Row
from bot.slack.form.fill import agent_mark, percent_entry
from bot.slack.form.option_values import Option, version_of
from bot.slack.form.state import FormState, Inbound, Outbound, TimeRouting, Webhook, percent_of

CHOOSE_AGENT = "Choose an agent."


class WrongEntries(Exception):
    """Some entries cannot be asked for: a sentence for each block that holds one."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("wrong entries")
        self.errors = errors


async def parse_patch(context: ServiceContext, state: FormState) -> AssignmentPatch:
    """Return the chosen fields as chosen. Raises WrongEntries with every mistake at once, DatabaseUnavailable."""
    errors: dict[str, str] = {}
    inbound = await _inbound(context, state, errors)
    outbound = await _outbound(context, state, errors)
    webhook_url = _webhook(state, errors)
    errors |= schedule.missing(state.timing)
    if not without_invisible(state.reason):
        errors[form.REASON] = "Say why, so that the approver can decide."
    if errors:
        raise WrongEntries(errors)
    wanted = Assignment(
        inbound=inbound,
        outbound=outbound,
        webhook_url=webhook_url,
        is_time_routing_enabled=state.time_routing is TimeRouting.ON,
    )
    return AssignmentPatch(wanted, chosen_fields(state))


def chosen_fields(state: FormState) -> frozenset[Field]:
    """Return the fields that do not stay as they are."""
    choices = {
        Field.INBOUND: state.inbound is not Inbound.KEEP,
        Field.OUTBOUND: state.outbound is not Outbound.KEEP,
        Field.WEBHOOK: state.webhook is not Webhook.KEEP,
        Field.TIME_ROUTING: state.time_routing is not TimeRouting.KEEP,
    }
    return frozenset(field for field, is_chosen in choices.items() if is_chosen)


def block_of(state: FormState, field: Field | None, row: int | None) -> str:
    """Return the block at which something about this field was entered; the reason's for the whole."""
    match field:
        case Field.INBOUND:
            is_row = row is not None and row < len(state.rows)
            return form.agent_block(state.rows[row or 0].id) if is_row else form.inbound_block(state.meta.inbound_at)
        case Field.OUTBOUND:
            return form.OUTBOUND_AGENT if state.outbound is Outbound.ONE else form.OUTBOUND
        case Field.WEBHOOK:
            return form.WEBHOOK_URL if state.webhook is Webhook.SET else form.WEBHOOK
        case Field.TIME_ROUTING:
            return form.TIME_ROUTING
        case None:
            return form.REASON


async def _inbound(context: ServiceContext, state: FormState, errors: dict[str, str]) -> Agents:
    if state.inbound not in (Inbound.ONE, Inbound.SPLIT):
        return ()
    ids = [await _agent(context, row.agent, form.agent_block(row.id), errors) for row in state.rows]
    weights = _weights(state, errors) if state.inbound is Inbound.SPLIT else [ONE]
    if errors:
        return ()
    return tuple(
        WeightedAgent(agent_id, version_of(row.version), weight)
        for agent_id, row, weight in zip(ids, state.rows, weights, strict=True)
    )


async def _outbound(context: ServiceContext, state: FormState, errors: dict[str, str]) -> Agents:
    if state.outbound is not Outbound.ONE:
        return ()
    agent_id = await _agent(context, state.outbound_agent, form.OUTBOUND_AGENT, errors)
    return (WeightedAgent(agent_id, version_of(state.outbound_version)),)


async def _agent(context: ServiceContext, chosen: Option | None, block_id: str, errors: dict[str, str]) -> str:
    agent_id = await resolve_agent(context, chosen.value) if chosen else None
    if agent_id is None:
        errors[block_id] = "This workspace does not list this agent any more." if chosen else CHOOSE_AGENT
    return agent_id or ""


def _webhook(state: FormState, errors: dict[str, str]) -> str | None:
    if state.webhook is not Webhook.SET:
        return None
    try:
        return parse_webhook_url(state.webhook_url)
    except InvalidSubmission as error:
        errors[form.WEBHOOK_URL] = str(error)
        return None


def _weights(state: FormState, errors: dict[str, str]) -> Sequence[Decimal]:
    exact = _exact_weights(state)
    if exact is not None:
        return exact
    percents = [_percent(row, errors) for row in state.rows]
    if any(form.weight_block(row.id) in errors for row in state.rows):
        return []
    try:
        return fractions_of(percents)
    except InvalidSubmission as error:
        row = state.rows[min(error.row or 0, len(state.rows) - 1)]
        errors[form.weight_block(row.id)] = str(error)
        return []


def _exact_weights(state: FormState) -> Sequence[Decimal] | None:
    """Return the fractions of the split that the form was filled with, when the rows are still exactly that split."""
    exact = state.meta.exact
    if not exact or {row.id for row in state.rows} != set(exact):
        return None
    weights: list[Decimal] = []
    for row in state.rows:
        weight = Decimal(exact[row.id].weight)
        is_same_agent = row.agent is not None and agent_mark(row.agent.value) == exact[row.id].agent
        if not is_same_agent or percent_of(row.weight) != percent_of(percent_entry(WeightedAgent("", None, weight))):
            return None
        weights.append(weight)
    return weights


def _percent(row: Row, errors: dict[str, str]) -> int:
    percent = percent_of(row.weight)
    if percent is None:
        errors[form.weight_block(row.id)] = "Write a whole percentage from 1 to 100."
        return 0
    if percent != percent.to_integral_value():
        errors[form.weight_block(row.id)] = f"A weight is a whole percentage from 1 to 100, not {row.weight}."
        return 0
    return int(percent)
