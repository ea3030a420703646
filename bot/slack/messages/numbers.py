"""A number as `show` answers it: who answers now, what is open for it, and the button that opens its form."""

from bot.service.history import Listing
from bot.slack.block_kit.elements import Block, actions, button, context
from bot.slack.block_kit.limits import short_number
from bot.slack.messages import rows
from bot.slack.messages.rows import Note

ROUTE = "number:route"
# A button's label for screen readers takes 75 characters, a title more.
LABEL_LIMIT = 60
NUMBER_LIMIT = 200


def seen_title(number: str) -> str:
    """Say what the answer is about, for its notification."""
    return f"{short_number(number, NUMBER_LIMIT)}: who answers it now"


def seen_blocks(present: list[Block], route: Block, found: Listing, team_url: str, note: Note) -> list[Block]:
    """Put together what is known of one number; `present` says who answers it."""
    return [*present, actions(route, block_id="route"), *_open(found, team_url, note)]


def route_button(number: str, value: str, action_id: str = ROUTE) -> Block:
    """Build the button that opens the form of a number; `value` stands for it."""
    return button("Route", action_id, value=value, label=f"Route {short_number(number, LABEL_LIMIT)}")


def _open(found: Listing, team_url: str, note: Note) -> list[Block]:
    if not found.changes:
        return [context("No change of it is open.")]
    more = [context("There are more: `/route-number history` with the number lists them.")] if found.has_more else []
    return [rows.title("Open for it"), *rows.listed(team_url, found, note), *more]
