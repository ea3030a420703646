"""Fills a new form with a patch: the former assignment for a revert, the same values for another try."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from bot.domain.account import ListedAgent
from bot.domain.assignment import ONE, Agents, AssignmentPatch, Field, WeightedAgent
from bot.domain.weights import percent_text, whole_percent
from bot.slack.form import option_values
from bot.slack.form.entries import Row
from bot.slack.form.option_values import Option
from bot.slack.form.state import MOST_ROWS, Exact, FormState, Inbound, Outbound, TimeRouting, Webhook


def fill(state: FormState, patch: AssignmentPatch, agents: Mapping[str, Option]) -> FormState:
    """Choose in the form what `patch` wants; what this form cannot ask for is left as it is, with a note.

    `agents` holds the options of the agents by id; one that is not listed any more is shown by its id.
    """
    for field in Field:
        if field in patch.fields:
            state = _FILLERS[field](state, patch, agents)
    return state


def agent_mark(value: str) -> str:
    """Return a short mark of an agent's option, for comparing it without room for the whole."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def percent_entry(agent: WeightedAgent) -> str:
    """Return a weight as it stands in the form's field: percent, with all its digits."""
    return percent_text(agent.weight).removesuffix(" %")


def _inbound(state: FormState, patch: AssignmentPatch, agents: Mapping[str, Option]) -> FormState:
    wanted = patch.wanted.inbound
    if not wanted:
        return replace(state, inbound=Inbound.NONE)
    if len(wanted) > MOST_ROWS:
        return _noted(state, "inbound_too_many")
    is_one = len(wanted) == 1 and wanted[0].weight == ONE
    rows = tuple(
        Row(
            f"r{number}",
            _agent(agent.agent_id, agents),
            _version(agent),
            "" if is_one else percent_entry(agent),
        )
        for number, agent in enumerate(wanted, start=state.meta.next_row)
    )
    meta = {
        "rows": tuple(row.id for row in rows),
        "next_row": state.meta.next_row + len(rows),
        "exact": _exact(wanted, rows),
    }
    choice = Inbound.ONE if len(rows) == 1 else Inbound.SPLIT
    return replace(state, inbound=choice, rows=rows).with_meta(**meta)


def _exact(wanted: Agents, rows: tuple[Row, ...]) -> dict[str, Exact]:
    """Keep the exact fractions of a split that is no whole percent: only as a whole it can be asked for again."""
    if all(whole_percent(agent.weight) is not None for agent in wanted):
        return {}
    return {
        row.id: Exact(weight=str(agent.weight), agent=agent_mark(row.agent.value))
        for row, agent in zip(rows, wanted, strict=True)
        if row.agent is not None
    }


def _outbound(state: FormState, patch: AssignmentPatch, agents: Mapping[str, Option]) -> FormState:
    wanted = patch.wanted.outbound
    if not wanted:
        return replace(state, outbound=Outbound.NONE)
    if len(wanted) > 1:
        return _noted(state, "outbound_split")
    return replace(
        state,
        outbound=Outbound.ONE,
        outbound_agent=_agent(wanted[0].agent_id, agents),
        outbound_version=_version(wanted[0]),
    )


def _webhook(state: FormState, patch: AssignmentPatch, _agents: Mapping[str, Option]) -> FormState:
    if patch.wanted.webhook_url is None:
        return replace(state, webhook=Webhook.REMOVE)
    return replace(state, webhook=Webhook.SET, webhook_url=patch.wanted.webhook_url)


def _time_routing(state: FormState, patch: AssignmentPatch, _agents: Mapping[str, Option]) -> FormState:
    choices = {True: TimeRouting.ON, False: TimeRouting.OFF, None: TimeRouting.KEEP}
    return replace(state, time_routing=choices[patch.wanted.is_time_routing_enabled])


_FILLERS = {
    Field.INBOUND: _inbound,
    Field.OUTBOUND: _outbound,
    Field.WEBHOOK: _webhook,
    Field.TIME_ROUTING: _time_routing,
}


def _agent(agent_id: str, agents: Mapping[str, Option]) -> Option:
    return agents.get(agent_id) or option_values.of_agent(ListedAgent(agent_id, None, ()))


def _version(agent: WeightedAgent) -> Option | None:
    return None if agent.version is None else option_values.of_version(agent.version)


def _noted(state: FormState, note: str) -> FormState:
    return state.with_meta(notes=(*state.meta.notes, note))
