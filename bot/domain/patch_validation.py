"""What can be asked for at all, whatever surface it comes from."""

from decimal import Decimal

from bot.domain.assignment import ONE, WEIGHT_ROUNDING, Agents, AssignmentPatch, Field
from bot.domain.errors import InvalidSubmission
from bot.domain.weights import MOST_AGENTS, percent_text


def refuse_impossible(patch: AssignmentPatch) -> None:
    """Raise InvalidWish when the request of the API cannot say, or UponAI cannot hold, what the patch wants."""
    if Field.INBOUND in patch.fields:
        _refuse_split(patch.wanted.inbound)
    if Field.OUTBOUND in patch.fields and len(patch.wanted.outbound) > 1:
        raise InvalidSubmission(
            "Outbound calls go to one agent or to none. Split them in UponAI's dashboard.",
            field=Field.OUTBOUND,
        )
    if Field.TIME_ROUTING in patch.fields and patch.wanted.is_time_routing_enabled is None:
        raise InvalidSubmission("Time routing can be on or off.", field=Field.TIME_ROUTING)


def _refuse_split(agents: Agents) -> None:
    if len(agents) > MOST_AGENTS:
        raise InvalidSubmission(
            f"A split can have up to {MOST_AGENTS} agents, not {len(agents)}.", field=Field.INBOUND, row=MOST_AGENTS
        )
    seen: set[tuple[str, int | None]] = set()
    for row, agent in enumerate(agents):
        if agent.weight <= 0 or agent.weight > ONE:
            raise InvalidSubmission("A weight is more than 0 and at most 100 %.", field=Field.INBOUND, row=row)
        if (agent.agent_id, agent.version) in seen:
            raise InvalidSubmission("This agent and version is in the split already.", field=Field.INBOUND, row=row)
        seen.add((agent.agent_id, agent.version))
    total = sum((agent.weight for agent in agents), Decimal(0))
    # What was kept as binary fractions is off by a little for each agent.
    if agents and abs(total - ONE) > WEIGHT_ROUNDING * len(agents):
        raise InvalidSubmission(
            f"The weights total {percent_text(total)}; they must total 100 %.",
            field=Field.INBOUND,
            row=len(agents) - 1,
        )
