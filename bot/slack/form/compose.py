"""From what is entered to the form that is shown: resolves the number in the mirror and says whether to read afresh."""

from dataclasses import dataclass, replace

from bot.domain.errors import InvalidNumber
from bot.domain.label import format_label
from bot.service import lookup
from bot.service.context import ServiceContext
from bot.service.lookup import Present
from bot.slack.block_kit.elements import Block
from bot.slack.form import option_values
from bot.slack.form.current_assignment import Shown
from bot.slack.form.option_values import Option
from bot.slack.form.several import Others, compared, read_others
from bot.slack.form.state import FormState
from bot.slack.form.view import build_view
from bot.slack.form.warnings import entered_patch, warnings, warnings_of_others

_SEARCHED = 100


@dataclass(frozen=True, slots=True)
class Composed:
    """A form that is ready to be shown; `needs_read`: what it shows of the number is old, or nothing."""

    state: FormState
    view: Block
    needs_read: bool


async def compose(context: ServiceContext, state: FormState, known: Present | None = None) -> Composed:
    """Resolve the number in the mirror, then build the view; `known` was just read. Raises DatabaseUnavailable."""
    state = state.with_meta(sequence=state.meta.sequence + 1)
    if state.number is None:
        return _composed(state, Shown(), needs_read=False)
    try:
        number = await resolve_number(context, state.number)
    except InvalidNumber as error:
        return _unlisted(state, str(error))
    chosen = option_values.of_number(number)
    if chosen.value != state.number.value:
        # The field keeps what it shows while its block id stays, so a resolved number needs another one.
        state = replace(state, number=chosen).with_meta(number_at=state.meta.number_at + 1)
    present = known if known and known.number == number else await lookup.present(context, number)
    if present is None:
        return _unlisted(state, "This account does not list this number.")
    return await _listed(context, state, present)


async def needs_read(context: ServiceContext, state: FormState) -> bool:
    """Say whether what the form shows of its number is old, or nothing. Raises DatabaseUnavailable."""
    if state.number is None or state.meta.is_answered:
        return False
    try:
        return not await lookup.is_known_fresh(context, await resolve_number(context, state.number))
    except InvalidNumber:
        return True


def compose_unknown(state: FormState) -> Composed:
    """Build the view without a look into the mirror: for when what it says of the number cannot be shown."""
    state = state.with_meta(sequence=state.meta.sequence + 1)
    sentence = "I cannot show who answers this number just now. Choose it again to try once more."
    return _composed(state, Shown(sentence=sentence, problem=state.meta.problem), needs_read=False)


def _unlisted(state: FormState, sentence: str) -> Composed:
    if not state.meta.is_answered:
        return _composed(state, Shown(is_looking=True), needs_read=True)
    if state.meta.problem is not None:
        sentence = "I do not know this number, and cannot look it up. Choose it again to try once more."
    return _composed(state, Shown(sentence=sentence, problem=state.meta.problem), needs_read=False)


async def _listed(context: ServiceContext, state: FormState, present: Present) -> Composed:
    is_fresh = present.is_fresh(context.now())
    others = await read_others(context, state.more_numbers, present.number)
    shown = Shown(
        present=present,
        as_of=None if is_fresh else present.as_of,
        problem=None if is_fresh else state.meta.problem,
        warnings=await _warnings(context, state, present, others),
        others=tuple(compared(present, others)),
    )
    return _composed(state, shown, needs_read=not is_fresh and not state.meta.is_answered)


async def _warnings(context: ServiceContext, state: FormState, present: Present, more: Others) -> tuple[str, ...]:
    if not entered_patch(state).fields:
        return ()
    team_id = state.meta.team_id
    others = [] if team_id is None else await lookup.open_fields(context, present.number, team_id)
    # What is edited stands in nobody's way: the edit takes its place.
    edited = None if state.meta.edits is None else format_label(state.meta.edits)
    beside = [each for each in others if each.label != edited]
    return (*warnings(state, present.assignment, beside), *warnings_of_others(state, present, more.present))


def _composed(state: FormState, shown: Shown, *, needs_read: bool) -> Composed:
    return Composed(state, build_view(state, shown), needs_read)


async def resolve_number(context: ServiceContext, chosen: Option) -> str:
    """Return the listed number that an option of Number stands for. Raises InvalidNumber, DatabaseUnavailable."""
    match chosen.kind:
        case option_values.LISTED:
            return chosen.rest
        case option_values.LONG:
            found = await lookup.search_numbers(context, option_values.head_of(chosen.value), _SEARCHED)
            number = option_values.matching(chosen.value, (one.listed.key.number for one in found))
            if number is None:
                raise InvalidNumber("This account does not list this identifier any more.")
            return number
        case _:
            return await lookup.read_typed(context, chosen.rest)


async def resolve_agent(context: ServiceContext, value: str) -> str | None:
    """Return the id of the agent that an option's value stands for, None when the mirror has it no more."""
    if value.startswith(option_values.LISTED):
        return value[1:]
    found = await lookup.search_agents(context, option_values.head_of(value), _SEARCHED)
    return option_values.matching(value, (agent.agent_id for agent in found))
