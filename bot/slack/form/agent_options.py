"""Agents as options of a type-ahead: by name, and by id where two of the workspace look the same."""

from collections.abc import Iterable

from bot.domain.account import ListedAgent
from bot.service import lookup
from bot.service.context import ServiceContext
from bot.slack.form import option_values
from bot.slack.form.option_values import Option


async def of_agents(context: ServiceContext, agents: Iterable[ListedAgent]) -> dict[str, Option]:
    """Make the options by agent id, in the order of `agents`. Raises DatabaseUnavailable."""
    listed = list(agents)
    names = await lookup.agent_names(context, {agent.agent_id for agent in listed})
    return {agent.agent_id: option_values.of_agent(agent, names.get(agent.agent_id)) for agent in listed}
