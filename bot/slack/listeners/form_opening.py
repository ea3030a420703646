"""Opens the form at once, from the mirror: a trigger dies after 3 s, so that no read of UponAI comes before it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.domain.assignment import AssignmentPatch
from bot.domain.change import ChangeRequest
from bot.domain.schedule import schedule_of
from bot.domain.state import Origin
from bot.service import lookup
from bot.service.context import Actor
from bot.slack.api.calls import call
from bot.slack.background import together
from bot.slack.context import SlackContext
from bot.slack.form import option_values
from bot.slack.form.agent_options import of_agents
from bot.slack.form.compose import Composed, compose
from bot.slack.form.fill import fill
from bot.slack.form.option_values import Option
from bot.slack.form.schedule import SOON_AND_FOR_GOOD, of_schedule
from bot.slack.form.state import FormState, Meta
from bot.slack.listeners.form_refresh import ensure_read
from bot.slack.listeners.permission import require_may_ask

OPEN_WITHIN = timedelta(seconds=1.5)


async def open_form(
    slack: SlackContext,
    *,
    trigger_id: str,
    actor: Actor,
    channel_id: str,
    number: str | None = None,
    filled: AssignmentPatch | None = None,
    reason: str = "",
    origin: Origin | None = None,
    parent_id: int | None = None,
    edits: ChangeRequest | None = None,
    more_numbers: Sequence[str] = (),
    is_of_home: bool = False,
) -> None:
    """Open the form for somebody, with what is chosen in it already.

    `number` is a listed number or any text that somebody typed; `channel_id` is where it was asked for; `edits` is the
    change of which this makes a new revision; `more_numbers` are those to which the same is done; `is_of_home` says
    that the Home tab lies behind it, and is shown anew once it is sent.

    Raises NotAllowed (recorded by then), SlackError, TooBusy, DatabaseUnavailable.
    """
    slack.background.require_room()
    meta = Meta(
        channel_id=channel_id,
        submission_key=slack.context.new_id(),
        origin=origin,
        parent_id=parent_id,
        edits=None if edits is None else edits.id,
        revision=1 if edits is None else edits.revision,
        workspace=str(slack.context.workspace),
        team_id=actor.team_id,
        zone=slack.members.zone_of(actor.user_id),
        # Of several numbers one may be left to edit.
        is_several=bool(more_numbers) or (edits is not None and edits.bundle_id is not None),
        is_of_home=is_of_home,
    )
    state = FormState(meta=meta, more_numbers="\n".join(more_numbers), reason=reason)
    timing = SOON_AND_FOR_GOOD if edits is None else of_schedule(schedule_of(edits))
    _, composed = await together(
        require_may_ask(slack, actor, channel_id),
        _compose(slack, replace(state, timing=timing), number, filled),
    )
    answer = await call(slack.client, "views.open", timeout=OPEN_WITHIN, trigger_id=trigger_id, view=composed.view)
    form = slack.forms.add(answer["view"], composed)
    if composed.needs_read:
        ensure_read(slack, form)


async def _compose(
    slack: SlackContext, state: FormState, number: str | None, filled: AssignmentPatch | None
) -> Composed:
    known: lookup.Present | None = None
    if number is not None and number.strip():
        chosen, known = await _number(slack, number.strip())
        state = replace(state, number=chosen)
    if filled is not None:
        ids = {agent.agent_id for agent in (*filled.wanted.inbound, *filled.wanted.outbound)}
        listed = await lookup.agents(slack.context, ids)
        state = fill(state, filled, await of_agents(slack.context, listed.values()))
    return await compose(slack.context, state, known)


async def _number(slack: SlackContext, text: str) -> tuple[Option, lookup.Present | None]:
    present = await lookup.present(slack.context, text)
    if present is not None:
        return option_values.of_number(text), present
    return option_values.of_typed(text, lookup.as_typed(slack.context, text)), None
