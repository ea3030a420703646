"""What the type-aheads of the form offer: numbers in any writing, agents by name or id, an agent's versions."""

from pydantic import ValidationError

from bot.domain.assignment import Agents, Assignment, Field
from bot.domain.errors import InvalidNumber
from bot.domain.events import Event
from bot.domain.number import normalise, pretty
from bot.service import lookup
from bot.slack.background import together
from bot.slack.block_kit.elements import Block
from bot.slack.context import SlackContext
from bot.slack.form import inbound_view, option_values
from bot.slack.form import view as form_view
from bot.slack.form.agent_options import of_agents
from bot.slack.form.answered_by import answered_by
from bot.slack.form.compose import resolve_agent, resolve_number
from bot.slack.form.fields import agent_of_version_block
from bot.slack.form.labels import UNPINNED
from bot.slack.form.option_values import Option
from bot.slack.form.state import FormState
from bot.slack.listeners.permission import require_member
from bot.slack.messages import home
from bot.slack.payload_parts import View
from bot.slack.payloads import BlockSuggestion

MOST = 100
CHOOSE_AGENT_FIRST = "Choose the agent first"


async def suggest(slack: SlackContext, suggestion: BlockSuggestion) -> list[Block]:
    """Return the options for what was typed so far. Raises NotAllowed (recorded by then), DatabaseUnavailable."""
    _, options = await together(
        require_member(slack, suggestion.actor, event=Event.ASK_REFUSED), _options(slack, suggestion)
    )
    return [option.to_json() for option in options[:MOST]]


async def _options(slack: SlackContext, suggestion: BlockSuggestion) -> list[Option]:
    query = suggestion.value.strip()
    match suggestion.action_id:
        case form_view.NUMBER | home.FIND:
            return await _numbers(slack, query)
        case inbound_view.AGENT | form_view.OUTBOUND_AGENT:
            found = await lookup.search_agents(slack.context, query, MOST)
            return list((await of_agents(slack.context, found)).values())
        case inbound_view.VERSION:
            return await _versions(slack, suggestion, query, Field.INBOUND)
        case form_view.OUTBOUND_VERSION:
            return await _versions(slack, suggestion, query, Field.OUTBOUND)
    return []


async def _numbers(slack: SlackContext, query: str) -> list[Option]:
    found, names = await lookup.offer_numbers(slack.context, query, MOST - 1)
    listed = [one.listed for one in found]
    name_of = slack.context.policy().name_of
    options = [
        option_values.of_number(
            one.key.number, answered_by(one.assignment.inbound, names), name=name_of(one.key.number)
        )
        for one in listed
    ]
    reading = normalise(query, slack.context.default_region)
    if reading is not None and await lookup.present(slack.context, reading) is None:
        typed = option_values.of_typed(reading, reading)
        options.append(Option(typed.value, f"Look up {pretty(reading)}"))
    return options


async def _versions(slack: SlackContext, suggestion: BlockSuggestion, query: str, field: Field) -> list[Option]:
    value = agent_of_version_block(suggestion.block_id)
    if value is None:
        return [option_values.nothing(CHOOSE_AGENT_FIRST)]
    agent_id = await resolve_agent(slack.context, value)
    if agent_id is None:
        return []
    live, versions = await together(
        _live(slack, suggestion.view, agent_id, field), lookup.versions(slack.context, agent_id)
    )
    options = [option_values.of_listed_version(one, is_live=one.version in live) for one in versions]
    if field is Field.INBOUND:
        options.append(option_values.not_pinned(UNPINNED, is_live=None in live))
    return [one for one in options if query.casefold() in f"{one.text} {one.description or ''}".casefold()]


async def _live(slack: SlackContext, view: View | None, agent_id: str, field: Field) -> set[int | None]:
    """Return the versions of the agent that the form's number has now; none while that is not known."""
    if view is None:
        return set()
    try:
        state = FormState.read(view.private_metadata, view.blocks, view.state.values)
        number = None if state.number is None else await resolve_number(slack.context, state.number)
    except (ValidationError, InvalidNumber):
        return set()
    present = None if number is None else await lookup.present(slack.context, number)
    agents: Agents = () if present is None else _agents_of(present.assignment, field)
    return {agent.version for agent in agents if agent.agent_id == agent_id}


def _agents_of(assignment: Assignment, field: Field) -> Agents:
    return assignment.inbound if field is Field.INBOUND else assignment.outbound
