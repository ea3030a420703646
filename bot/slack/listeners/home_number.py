"""The number that somebody has chosen in their Home tab: who answers it, and the button that opens its form."""

from datetime import timedelta

from bot.domain.errors import InvalidNumber
from bot.service import lookup, numbers
from bot.slack.context import SlackContext
from bot.slack.form import option_values
from bot.slack.form.compose import resolve_number
from bot.slack.form.current_assignment import Shown, present_blocks
from bot.slack.form.option_values import Option
from bot.slack.messages.home import FIND, ROUTE_FOUND, Found, find_block
from bot.slack.messages.numbers import route_button
from bot.slack.payload_parts import View

# The tab is published behind it, all within Slack's 3 s.
REFRESH_WITHIN = timedelta(seconds=0.6)


def chosen(view: View | None) -> Option | None:
    """Return the number that is chosen in a tab; one that stood there from the start need not be in the state."""
    if view is None:
        return None
    for block in view.blocks:
        block_id = str(block.get("block_id", ""))
        if block_id.startswith(find_block("")):
            state = view.state.values.get(block_id, {}).get(FIND)
            initial = (each.get("initial_option") for each in block.get("elements", []))
            return option_values.parse(state.get("selected_option") if state else next(filter(None, initial), None))
    return None


async def freshen(slack: SlackContext, option: Option) -> None:
    """Read the account's numbers anew when what is known of the number is old. Raises InvalidNumber."""
    text = option.rest if option.kind == option_values.TYPED else await resolve_number(slack.context, option)
    await numbers.freshen(slack.context, text, REFRESH_WITHIN)


async def of_view(slack: SlackContext, view: View | None) -> Found | None:
    """Return what the tab shows of the number that is chosen in it, as the mirror has it."""
    option = chosen(view)
    if option is None:
        return None
    try:
        number = await resolve_number(slack.context, option)
    except InvalidNumber as error:
        return _unknown(option, str(error))
    present = await lookup.present(slack.context, number)
    if present is None:
        return _unknown(option, "This account does not list this number.")
    as_of = None if present.is_fresh(slack.context.now()) else present.as_of
    return Found(
        option_values.of_number(number).to_json(),
        present_blocks(Shown(present=present, as_of=as_of), explains_unpinned=True),
        route_button(number, option_values.value_of(number), ROUTE_FOUND),
    )


def _unknown(option: Option, sentence: str) -> Found:
    return Found(option.to_json(), present_blocks(Shown(sentence=sentence), explains_unpinned=False), None)
