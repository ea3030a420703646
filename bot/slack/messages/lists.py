"""The lists that commands answer with, group by group, and what a button that goes on with one says about where."""

from bot.domain.errors import UnknownChange
from bot.domain.label import parse_label
from bot.service.history import Listing, Pending
from bot.slack.block_kit.elements import Block, context
from bot.slack.block_kit.limits import short_number
from bot.slack.messages import rows
from bot.slack.messages.rows import Note
from bot.slack.messages.sending import pause_block

NUMBER_LIMIT = 200
PENDING = "Waiting for approval"
OLDER = "Older changes"
NOTHING_MORE = "There are no more."
NOTHING = "Nothing waits for approval."
WAITING = "Waiting for you"
OWN = "Yours, waiting for someone else"
REVIEWED = "You have decided; more approvals are needed"
OTHERS = "Waiting for the approval of others"
ELSEWHERE = "Decided, and waiting for another UponAI workspace"
SCHEDULED = "Scheduled"


def parse_change(word: str, text: str) -> int:
    """Read the name of a change: RN-12, rn 12 and 12 are one. Raises UnknownChange with a sentence."""
    try:
        return parse_label(text)
    except UnknownChange:
        raise UnknownChange(f"Say which change, for example `/route-number {word} RN-12`.") from None


def shown_number(number: str) -> str:
    """Write a number for the title of a list; the whole one stands in `show`."""
    return short_number(number, NUMBER_LIMIT)


def pending_blocks(team_url: str, found: Pending, elsewhere: Listing, note: Note) -> list[Block]:
    """List what waits: for the reader first, then their own, then the rest; nothing at all without any."""
    groups = (
        (WAITING, found.waiting),
        (OWN, found.own),
        (REVIEWED, found.others),
        (OTHERS, found.needs_others),
        (ELSEWHERE, elsewhere),
        (SCHEDULED, found.scheduled),
    )
    blocks = [block for name, listing in groups for block in group_blocks(team_url, name, listing, note)]
    if found.scheduled.has_more:
        blocks.append(context("More is scheduled later."))
    if found.next_page is not None:
        blocks.append(rows.more("More changes that wait", "pending:{}:{}".format(*found.next_page)))
    return [*([] if found.pause is None else [pause_block(found.pause)]), *blocks]


def recent_blocks(team_url: str, name: str, listing: Listing, note: Note, *, is_of_one: bool) -> list[Block]:
    """List the last changes, of one number or of all."""
    blocks = group_blocks(team_url, name, listing, note)
    if listing.has_more:
        kind = "number" if is_of_one else "all"
        blocks.append(rows.more("More changes, older ones", f"{kind}:{listing.changes[-1].id}"))
    return blocks


def group_blocks(team_url: str, name: str, listing: Listing, note: Note) -> list[Block]:
    """Build a list with its title, nothing without any change."""
    return [rows.title(name), *rows.listed(team_url, listing, note)] if listing.changes else []
