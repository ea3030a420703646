"""Who answers a number, in the small print of an option: names and shares, as many as there is room for."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from bot.domain.assignment import ONE, Agents, WeightedAgent
from bot.domain.difference import one_line
from bot.domain.shortening import shorten
from bot.domain.weights import plain_digits

NAME_LIMIT = 40
_DIGITS = Decimal("0.01")


def answered_by(inbound: Agents, names: Mapping[str, str]) -> str:
    """Say who answers: `60 % Sales v3 · 40 % Support v6`. `names` maps agent ids to names."""
    if not inbound:
        return "No agent"
    is_whole = len(inbound) == 1 and inbound[0].weight == ONE
    return " · ".join(_agent(agent, names, with_weight=not is_whole) for agent in inbound)


def _agent(agent: WeightedAgent, names: Mapping[str, str], *, with_weight: bool) -> str:
    name = shorten(one_line(names.get(agent.agent_id) or agent.agent_id), NAME_LIMIT)
    version = "(unpinned)" if agent.version is None else f"v{agent.version}"
    percent = plain_digits((agent.weight * 100).quantize(_DIGITS, ROUND_HALF_EVEN))
    return f"{percent} % {name} {version}" if with_weight else f"{name} {version}"
