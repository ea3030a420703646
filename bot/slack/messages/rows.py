"""Changes in lists: one line each, with what it changes, who asked, and how long ago or until when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.change import ChangeRequest
from bot.domain.state import State
from bot.service.history import Listing, Post
from bot.slack.block_kit.elements import Block, button, date, literal, mention, rich_line, rich_text, text_run
from bot.slack.block_kit.limits import short_number
from bot.slack.messages.bundle_details import DETAILS as ALL_DETAILS
from bot.slack.messages.card import DETAILS
from bot.slack.messages.glance import in_short, sign
from bot.slack.messages.schedule import when_text

MORE = "list:more"
# Some fifteen of these fit into one message; the whole is behind Details.
NUMBER_LIMIT = 60
CHANGE_LIMIT = 160
NOTE_LIMIT = 400

Note = Callable[[ChangeRequest], str | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One change with what is known beside it: where its card stands, a remark.

    `more` others were asked together with it, and are meant as well.
    """

    change: ChangeRequest
    link: str | None = None
    note: str | None = None
    more: int = 0


def listed(team_url: str, listing: Listing, note: Note = lambda _: None) -> list[Block]:
    """Build the lines of a list."""
    return [row_block(row) for row in rows_of(team_url, listing, note)]


def rows_of(team_url: str, listing: Listing, note: Note = lambda _: None) -> list[Row]:
    """Put together what the lines of a list show."""
    return [
        Row(
            each,
            link=permalink(team_url, listing.posts.get(each.id)),
            note=note(each),
            more=listing.together.get(each.id, 0),
        )
        for each in listing.changes
    ]


def row_block(row: Row, *, change_limit: int = CHANGE_LIMIT) -> Block:
    """Build one line, with Details beside it."""
    change = row.change
    action = ALL_DETAILS if row.more else DETAILS
    details = button("Details", action, value=change.label, label=f"Details of {change.label}")
    return {"type": "section", "text": verbatim(row_text(row, change_limit)), "accessory": details}


def row_text(row: Row, change_limit: int = CHANGE_LIMIT) -> str:
    """Write one line in mrkdwn; what others wrote stands in it literally."""
    change = row.change
    label = f"<{row.link}|{change.label}>" if row.link else change.label
    named = literal(short_number(change.key.number, NUMBER_LIMIT), 2 * NUMBER_LIMIT)
    if change.number_name:
        named = f"{named} ({literal(change.number_name, NUMBER_LIMIT)})"
    if row.more:
        label, named = (
            f"{label} and {row.more} more",
            f"{named} and {row.more} more number{'' if row.more == 1 else 's'}",
        )
    parts = [f"{sign(change)} *{label}*", named, literal(in_short(change), change_limit), _who_and_when(change)]
    when = when_text(change)
    line = " · ".join(parts) + (f"\n⏰ {when}" if when else "")
    return f"{line}\n{_note(change, row.note)}" if row.note else line


def permalink(team_url: str, post: Post | None) -> str | None:
    """Return the address of a card: built, because Slack would have to be asked for each by a call of its own."""
    if not team_url or post is None:
        return None
    return f"{team_url.rstrip('/')}/archives/{post.channel_id}/p{post.ts.replace('.', '')}"


def thread_link(team_url: str, channel_id: str, ts: str) -> str | None:
    """Return the address of a card's thread."""
    address = permalink(team_url, Post(channel_id, ts))
    return None if address is None else f"{address}?thread_ts={ts}&cid={channel_id}"


def title(text: str) -> Block:
    """Build the title of a list."""
    return rich_text(rich_line(text_run(text, bold=True)))


def more(label: str, value: str) -> Block:
    """Build the button that goes on with a list; `value` says where."""
    return {"type": "actions", "elements": [button("More", MORE, value=value, label=label)]}


def verbatim(text: str) -> Block:
    """Make a mrkdwn object in which Slack looks for no addresses and names."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def ago(at: datetime) -> str:
    """Write how long ago something was, in mrkdwn."""
    return f"<!date^{int(at.timestamp())}^{{ago}}|{at:%Y-%m-%d %H:%M} UTC>"


def _who_and_when(change: ChangeRequest) -> str:
    by = mention(change.requester_id)
    if change.state is State.PENDING:
        return f"{by}, until {date(change.expires_at)}"
    since = change.finished_at or change.decided_at or change.created_at
    return f"{by}, {change.state} {ago(since)}"


def _note(change: ChangeRequest, note: str) -> str:
    until = change.expires_at if change.state is State.PENDING else change.apply_before
    waits = f" It waits until {date(until)}." if until is not None and not change.state.is_final else ""
    return f"{literal(note, NOTE_LIMIT)}{waits}"
