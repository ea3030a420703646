"""Redraws the form after a choice. Such an update carries no hash: what was chosen is shown, whatever was before."""

from collections.abc import Iterable
from dataclasses import replace

import structlog

from bot.slack.api.calls import SlackRefused
from bot.slack.api.error_codes import VIEW_GONE
from bot.slack.context import SlackContext
from bot.slack.form import view as form_view
from bot.slack.form.compose import compose
from bot.slack.form.fields import number_block
from bot.slack.form.state import FEWEST_ROWS, MOST_ROWS, Entries, FormState, Inbound, Row
from bot.slack.listeners.form_refresh import ensure_read
from bot.slack.payload_parts import Action, View

log = structlog.get_logger(__name__)


async def choose(slack: SlackContext, view: View, actions: Iterable[Action]) -> None:
    """Take over what was chosen and show the form that follows from it. Raises SlackError, DatabaseUnavailable."""
    form = slack.forms.of(view)
    async with form.lock:
        state = form.entered(view).with_meta(said=None)
        for action in actions:
            state = _applied(state, view, action)
        composed = await compose(slack.context, with_rows(state))
        try:
            await form.update(slack.client, composed)
        except SlackRefused as error:
            if error.error != VIEW_GONE:
                raise
            log.info("form.gone", error=error.error)
            return
    if composed.needs_read:
        ensure_read(slack, form)


def _applied(state: FormState, view: View, action: Action) -> FormState:
    match action.action_id:
        case form_view.NUMBER:
            chosen = Entries(view.blocks, view.state.values).option(action.block_id)
            # A choice in a field that was replaced meanwhile has to be shown by yet another one.
            is_old = action.block_id != number_block(state.meta.number_at)
            number_at = state.meta.number_at + 1 if is_old else state.meta.number_at
            return replace(state, number=chosen).with_meta(is_answered=False, problem=None, number_at=number_at)
        case form_view.ADD if len(state.rows) < MOST_ROWS:
            return _with_new_row(state)
        case form_view.REMOVE if len(state.rows) > FEWEST_ROWS:
            return replace(state, rows=tuple(row for row in state.rows if row.id != action.value))
    return state


def with_rows(state: FormState) -> FormState:
    """Give the form as many rows as its choice for the inbound calls needs."""
    fewest, most = {Inbound.ONE: (1, 1), Inbound.SPLIT: (FEWEST_ROWS, MOST_ROWS)}.get(state.inbound, (0, 0))
    state = replace(state, rows=state.rows[:most])
    while len(state.rows) < fewest:
        state = _with_new_row(state)
    return state.with_meta(rows=tuple(row.id for row in state.rows))


def _with_new_row(state: FormState) -> FormState:
    row = Row(f"r{state.meta.next_row}")
    return replace(state, rows=(*state.rows, row)).with_meta(next_row=state.meta.next_row + 1)
