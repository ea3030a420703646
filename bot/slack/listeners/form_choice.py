"""Redraws the form after a choice. Such an update carries no hash: what was chosen is shown, whatever was before."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.domain.assignment import Field
from bot.domain.errors import InvalidNumber
from bot.domain.events import Event
from bot.domain.weights import WHOLE
from bot.service import lookup
from bot.service.context import Actor
from bot.slack.api.calls import SlackRefused
from bot.slack.api.error_codes import VIEW_GONE
from bot.slack.background import together
from bot.slack.context import SlackContext
from bot.slack.form import inbound_view, option_values, several_view
from bot.slack.form import view as form_view
from bot.slack.form.agent_options import of_agents
from bot.slack.form.compose import Composed, compose, resolve_number
from bot.slack.form.entries import Entries, Row
from bot.slack.form.fields import MORE_NUMBERS, agent_block, number_block, weight_block
from bot.slack.form.fill import fill
from bot.slack.form.open_forms import UPDATE_WITHIN, OpenForm
from bot.slack.form.state import FEWEST_ROWS, MOST_ROWS, FormState, Inbound
from bot.slack.listeners.form_refresh import ensure_read
from bot.slack.listeners.permission import require_member
from bot.slack.payload_parts import Action, View

# What is typed letter by letter redraws the form only when the form has something else to say about it.
TYPED = (inbound_view.WEIGHT, form_view.URL, inbound_view.VERSION, several_view.MORE)
AGENTS = (inbound_view.AGENT, form_view.OUTBOUND_AGENT)
# Slack waits 3 s for the whole, and a look at who somebody is may have taken half of them.
ANSWER_AFTER = timedelta(seconds=2.7)
SHORTEST = timedelta(seconds=0.1)

log = structlog.get_logger(__name__)


async def choose(slack: SlackContext, view: View, actions: Sequence[Action], actor: Actor) -> None:
    """Take over what was chosen and show the form that follows from it.

    Raises NotAllowed (recorded by then), SlackError, DatabaseUnavailable.
    """
    clock = asyncio.get_running_loop()
    began = clock.time()
    form = slack.forms.of(view)
    async with form.lock:
        _, composed = await together(
            require_member(slack, actor, event=Event.ASK_REFUSED),
            _chosen(slack, _entered(slack, form, view, actor), view, actions),
        )
        if all(action.action_id in TYPED for action in actions) and form.says(composed):
            return
        left = ANSWER_AFTER - timedelta(seconds=clock.time() - began)
        try:
            await form.update(slack.client, composed, within=max(SHORTEST, min(UPDATE_WITHIN, left)))
        except SlackRefused as error:
            if error.error != VIEW_GONE:
                raise
            log.info("form.gone", error=error.error)
            return
    if composed.needs_read:
        ensure_read(slack, form)


def _entered(slack: SlackContext, form: OpenForm, view: View, actor: Actor) -> FormState:
    """Return what is entered; by now it is known in which zone whoever enters it reads times."""
    state = form.entered(view)
    return state.with_meta(zone=slack.members.zone_of(actor.user_id) or state.meta.zone)


async def _chosen(slack: SlackContext, state: FormState, view: View, actions: Iterable[Action]) -> Composed:
    state = state.with_meta(said=None)
    for action in actions:
        if action.action_id == inbound_view.START:
            state = await _started_from_live(slack, state)
        else:
            state = _applied(state, view, action)
        if action.action_id in AGENTS:
            _want_versions(slack, Entries(view.blocks, view.state.values).option(action.block_id))
    return await compose(slack.context, with_rows(state))


def _applied(state: FormState, view: View, action: Action) -> FormState:
    match action.action_id:
        case form_view.NUMBER:
            chosen = Entries(view.blocks, view.state.values).option(action.block_id)
            # A choice in a field that was replaced meanwhile has to be shown by yet another one.
            is_old = action.block_id != number_block(state.meta.number_at)
            number_at = state.meta.number_at + 1 if is_old else state.meta.number_at
            return replace(state, number=chosen).with_meta(is_answered=False, problem=None, number_at=number_at)
        case several_view.SEVERAL:
            return replace(state, focus=MORE_NUMBERS).with_meta(is_several=True)
        case inbound_view.ADD if len(state.rows) < MOST_ROWS:
            state = _with_new_row(state)
            return replace(state, focus=agent_block(state.rows[-1].id))
        case inbound_view.REMOVE if len(state.rows) > FEWEST_ROWS:
            return replace(state, rows=tuple(row for row in state.rows if row.id != action.value))
    return state


async def _started_from_live(slack: SlackContext, state: FormState) -> FormState:
    """Fill the rows with the present split, so that only what is to be another has to be entered."""
    try:
        number = None if state.number is None else await resolve_number(slack.context, state.number)
    except InvalidNumber:
        number = None
    present = None if number is None else await lookup.present(slack.context, number)
    if present is None or not present.assignment.inbound:
        return state
    listed = await lookup.agents(slack.context, {agent.agent_id for agent in present.assignment.inbound})
    state = fill(
        state, present.assignment.patch_to({Field.INBOUND}), await of_agents(slack.context, listed.values())
    ).with_meta(inbound_at=state.meta.inbound_at + 1)
    if state.inbound is Inbound.SPLIT:
        state = replace(state, focus=weight_block(state.rows[0].id))
    for row in state.rows:
        _want_versions(slack, row.agent)
    return state


def _want_versions(slack: SlackContext, agent: option_values.Option | None) -> None:
    """Have the versions of an agent read: they are chosen next."""
    if agent is not None and agent.kind == option_values.LISTED:
        lookup.want_versions(slack.context, agent.rest)


def with_rows(state: FormState) -> FormState:
    """Give the form as many rows as its choice for the inbound calls needs; a split starts with equal weights."""
    fewest, most = {Inbound.ONE: (1, 1), Inbound.SPLIT: (FEWEST_ROWS, MOST_ROWS)}.get(state.inbound, (0, 0))
    state = replace(state, rows=state.rows[:most])
    is_start = len(state.rows) < fewest
    while len(state.rows) < fewest:
        state = _with_new_row(state)
    if is_start and state.inbound is Inbound.SPLIT:
        equal = str(WHOLE // len(state.rows))
        state = replace(state, rows=tuple(replace(row, weight=equal) for row in state.rows))
    return state.with_meta(rows=tuple(row.id for row in state.rows))


def _with_new_row(state: FormState) -> FormState:
    row = Row(f"r{state.meta.next_row}")
    return replace(state, rows=(*state.rows, row)).with_meta(next_row=state.meta.next_row + 1)
