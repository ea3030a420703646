"""What the type-aheads of the form offer: numbers in any writing, agents by name or id, an agent's versions."""

from bot.domain.number import normalise, pretty
from bot.service import lookup
from bot.slack.block_kit.elements import Block
from bot.slack.context import SlackContext
from bot.slack.form import option_values
from bot.slack.form import view as form_view
from bot.slack.form.agent_options import of_agents
from bot.slack.form.compose import resolve_agent
from bot.slack.form.fields import agent_of_version_block
from bot.slack.form.option_values import Option
from bot.slack.payloads import BlockSuggestion

MOST = 100
PINNING_LABEL = "Not pinned (newest published)"
CHOOSE_AGENT_FIRST = "Choose the agent first"


async def suggest(slack: SlackContext, suggestion: BlockSuggestion) -> list[Block]:
    """Return the options for what was typed so far. Raises DatabaseUnavailable."""
    query = suggestion.value.strip()
    match suggestion.action_id:
        case form_view.NUMBER:
            options = await _numbers(slack, query)
        case form_view.AGENT | form_view.OUTBOUND_AGENT:
            found = await lookup.search_agents(slack.context, query, MOST)
            options = list((await of_agents(slack.context, found)).values())
        case form_view.VERSION:
            options = await _versions(slack, suggestion.block_id, query, can_follow=True)
        case form_view.OUTBOUND_VERSION:
            options = await _versions(slack, suggestion.block_id, query, can_follow=False)
        case _:
            options = []
    return [option.to_json() for option in options[:MOST]]


async def _numbers(slack: SlackContext, query: str) -> list[Option]:
    found = await lookup.search_numbers(slack.context, query, MOST - 1)
    options = [option_values.of_number(one.listed.key.number) for one in found]
    reading = normalise(query, slack.context.default_region)
    if reading is not None and await lookup.present(slack.context, reading) is None:
        typed = option_values.of_typed(reading, reading)
        options.append(Option(typed.value, f"Look up {pretty(reading)}"))
    return options


async def _versions(slack: SlackContext, block_id: str, query: str, *, can_follow: bool) -> list[Option]:
    value = agent_of_version_block(block_id)
    if value is None:
        return [option_values.nothing(CHOOSE_AGENT_FIRST)]
    agent_id = await resolve_agent(slack.context, value)
    versions = () if agent_id is None else await lookup.versions(slack.context, agent_id)
    options = [Option(option_values.NOT_PINNED, PINNING_LABEL)] if can_follow else []
    options += [option_values.of_version(version) for version in versions]
    return [option for option in options if query.casefold() in option.text.casefold()]
