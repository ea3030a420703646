"""The pages of `pending` and `history`, and the button that goes on with them."""

from collections.abc import Callable

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.change import ChangeRequest
from bot.domain.errors import DomainError
from bot.domain.events import Event
from bot.service import elsewhere, history
from bot.service.context import Actor
from bot.service.history import Listing
from bot.slack.block_kit.elements import Block
from bot.slack.context import SlackContext
from bot.slack.listeners.permission import require_member
from bot.slack.listeners.replies import in_messages, send_ephemeral
from bot.slack.messages import lists, rows
from bot.slack.payloads import BlockActions

LISTED_AT_MOST = 20
# Of what others asked, and of one's own.
PENDING_AT_MOST = 15

Page = tuple[str, list[Block]]


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the button."""

    @app.action(rows.MORE)
    async def pressed(parsed: BlockActions, ack: AsyncAck) -> None:
        slack = provide()
        try:
            await require_member(slack, parsed.actor, event=Event.PRESS_REFUSED)
            title, blocks = await _next_page(slack, parsed.actor, parsed.action.value or "")
        except DomainError as error:
            title, blocks = str(error), []
        if parsed.place is not None:
            for part in in_messages(blocks):
                await send_ephemeral(slack, parsed.place, title, part or None)
        await ack()


async def pending_page(slack: SlackContext, reader: Actor, after: tuple[int, int] = (0, 0)) -> Page:
    """Return what waits, for the reader first; a sentence alone when nothing does."""
    found = await history.pending_for(slack.context, reader, PENDING_AT_MOST, after=after, look_up=slack.look_up)
    there = Listing()
    if after == (0, 0):
        waiting = await elsewhere.waiting(slack.context, reader.team_id, LISTED_AT_MOST + 1)
        there = await history.with_cards(slack.context, waiting, LISTED_AT_MOST)
    blocks = lists.pending_blocks(slack.identity.team_url, found, there, _note(slack))
    groups = (found.waiting, found.own, found.others, found.needs_others)
    waits = any(each.changes for each in groups)
    titles = (
        (lists.PENDING, waits),
        (lists.ELSEWHERE, bool(there.changes)),
        (lists.SCHEDULED, bool(found.scheduled.changes)),
    )
    title = next((title for title, is_there in titles if is_there), lists.NOTHING)
    return title, [*blocks, rows.title(title)] if title == lists.NOTHING else blocks


async def recent_page(slack: SlackContext, team_id: str, number: str | None) -> Page:
    """Return the last changes, of one number or of all; no blocks without any."""
    listing = await history.recent_list(slack.context, team_id, number, LISTED_AT_MOST)
    title = "The last changes" if number is None else f"The last changes of {lists.shown_number(number)}"
    return title, lists.recent_blocks(
        slack.identity.team_url, title, listing, _note(slack), is_of_one=number is not None
    )


async def _next_page(slack: SlackContext, reader: Actor, value: str) -> Page:
    """Return what follows; `value` says behind what, and is a hint: what anybody may read is all that it leads to."""
    kind, *numbers = value.split(":")
    ids = [int(each) for each in numbers if each.isdecimal()]
    match kind, ids:
        case "pending", [others, own]:
            return await pending_page(slack, reader, (others, own))
        case "number", [before_id]:
            listing = await history.recent_beside(slack.context, reader.team_id, before_id, LISTED_AT_MOST)
        case "all", [before_id]:
            listing = await history.recent_list(
                slack.context, reader.team_id, None, LISTED_AT_MOST, before_id=before_id
            )
        case _:
            return lists.NOTHING_MORE, [rows.title(lists.NOTHING_MORE)]
    blocks = lists.recent_blocks(
        slack.identity.team_url, lists.OLDER, listing, _note(slack), is_of_one=kind == "number"
    )
    return (lists.OLDER, blocks) if blocks else (lists.NOTHING_MORE, [rows.title(lists.NOTHING_MORE)])


def _note(slack: SlackContext) -> Callable[[ChangeRequest], str | None]:
    return lambda change: elsewhere.why_elsewhere(slack.context, change)
