"""The app's Home tab: what waits for its reader, what they wait for, the last changes, and what can be typed."""

from dataclasses import dataclass

from bot.domain.change import ChangeRequest
from bot.domain.overriding import Override
from bot.service.history import Listing, Overview
from bot.slack.block_kit.elements import Block, actions, button, confirm, context, divider, header, literal, plain
from bot.slack.block_kit.sentences import sentence_block
from bot.slack.messages import help as help_words
from bot.slack.messages import rows
from bot.slack.messages.card import APPROVE, DENY, card_blocks
from bot.slack.messages.glance import in_short
from bot.slack.messages.override import home_line, reviewed_button
from bot.slack.messages.rows import Note, Row
from bot.slack.messages.sending import pause_block

ROUTE, RESUME, OPEN_CARD, CHANNEL = "home:route", "home:resume", "home:open_card", "home:channel"
FIND, ROUTE_FOUND = "home:find", "home:route_found"
TOP = "top"
# A view holds 100 blocks; of what waits each change takes two.
LISTED_AT_MOST = 10
# Whoever decides here has to see all of the change: what is longer than this is decided on its card.
WHOLE_LIMIT = 1500
REASON_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Found:
    """The number that is chosen in the tab: its option, what is known of it, and its button, None without one."""

    option: Block
    present: list[Block]
    route: Block | None


@dataclass(frozen=True, slots=True)
class Home:
    """What the tab is made of.

    `asks_where` says that it is set nowhere where approvals are asked; then `channel` is where the reader asked last.
    """

    overview: Overview
    team_url: str
    note: Note
    asks_where: bool
    can_resume: bool
    channel: str | None = None
    news: str | None = None
    found: Found | None = None
    reader_id: str = ""


def home_blocks(home: Home) -> list[Block]:
    """Build the tab."""
    overview = home.overview
    return [
        _top(home),
        *([] if home.news is None else [sentence_block(home.news)]),
        *_pause(home),
        *_overridden(home),
        header("Waiting for you"),
        *_waiting(home),
        header("Yours"),
        *_group(home, overview.own, "You have asked for nothing that is still open."),
        *_scheduled(home),
        header("Numbers"),
        *_numbers(home.found),
        header("The last ten"),
        *_group(home, overview.recent, "No changes so far."),
        divider(),
        header("What you can type"),
        *help_words.commands(),
    ]


def _top(home: Home) -> Block:
    label = "Route a number: ask for a change"
    route = button("Route a number", ROUTE, value="route", label=label, style="primary")
    return actions(route, *([_channel(home.channel)] if home.asks_where else []), block_id=TOP)


def _numbers(found: Found | None) -> list[Block]:
    """Build the search for a number, and who answers the one that is chosen."""
    select: Block = {
        "type": "external_select",
        "action_id": FIND,
        "placeholder": plain("Find by number, name or agent"),
        "min_query_length": 0,
    }
    if found is None:
        return [actions(select, block_id=find_block(""))]
    select["initial_option"] = found.option
    row = actions(select, *([] if found.route is None else [found.route]), block_id=find_block(found.option["value"]))
    return [row, *found.present]


def find_block(value: str) -> str:
    """Name the block of the search after what is chosen in it: under another name it forgets what it holds."""
    return f"{FIND}:{value}"


def _channel(initial: str | None) -> Block:
    """Build the choice of the channel where approval is asked."""
    select: Block = {
        "type": "conversations_select",
        "action_id": CHANNEL,
        "placeholder": plain("Ask for approval in …"),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return select if initial is None else {**select, "initial_conversation": initial}


def _pause(home: Home) -> list[Block]:
    pause = home.overview.pause
    if pause is None:
        return []
    goes = {0: "Nothing is held right now.", 1: "1 approved change goes out at once."}
    resume = button(
        "Resume",
        RESUME,
        value="resume",
        label="Resume sending to UponAI",
        confirm=confirm(
            "Resume sending?",
            goes.get(pause.held, f"{pause.held} approved changes go out at once."),
            yes="Resume",
        ),
    )
    return [pause_block(pause, accessory=resume if home.can_resume else None)]


def _overridden(home: Home) -> list[Block]:
    """Show what was overridden and nobody has reviewed; nothing at all without any."""
    listing = home.overview.overridden
    if not listing.changes:
        return []
    left = [context("There are more.")] if listing.has_more else []
    made = home.overview.overrides
    shown = [(row, made[row.change.id]) for row in rows.rows_of(home.team_url, listing)]
    found = [block for each in shown for block in _to_review(*each, home.reader_id)]
    return [header("Overridden, to be reviewed"), *found, *left]


def _to_review(row: Row, made: Override, reader_id: str) -> list[Block]:
    """Show one change with why it was overridden, and the button for whoever is neither requester nor overrider."""
    change = row.change
    line = rows.row_block(row)
    line["text"]["text"] += f"\n{home_line(made)}"
    is_own = reader_id in (change.requester_id, made.overridden_by)
    buttons = [*([_open_card(row)] if row.link else []), *([] if is_own else [reviewed_button(change)])]
    return [line, actions(*buttons, block_id=f"review:{change.label}")] if buttons else [line]


def _scheduled(home: Home) -> list[Block]:
    """Show what is approved and sent later, of anybody; nothing at all without any."""
    listing = home.overview.scheduled
    return [header("Scheduled"), *_group(home, listing, "")] if listing.changes else []


def _waiting(home: Home) -> list[Block]:
    listing = home.overview.waiting
    if not listing.changes:
        return [context("Nothing waits for you.")]
    found = [block for row in rows.rows_of(home.team_url, listing, home.note) for block in _to_decide(row)]
    return [*found, *_more(listing)]


def _to_decide(row: Row) -> list[Block]:
    """Show one change with its reason, and the very buttons of its card; without them what cannot be shown whole."""
    change = row.change
    # Of several numbers that were asked together the card alone shows all that a press decides about.
    is_whole = change.bundle_id is None and len(literal(in_short(change), WHOLE_LIMIT + 1)) <= WHOLE_LIMIT
    line = rows.row_block(row, change_limit=WHOLE_LIMIT if is_whole else rows.CHANGE_LIMIT)
    line["text"]["text"] += f"\nWhy: {literal(change.reason, REASON_LIMIT)}"
    buttons = [*([_open_card(row)] if row.link else []), *(_decisions(change) if is_whole else [])]
    return [line, actions(*buttons, block_id=f"decide:{change.label}")] if buttons else [line]


def _open_card(row: Row) -> Block:
    label = row.change.label
    made = button("Open card", OPEN_CARD, value=label, label=f"Open the card of {label}")
    return {**made, "url": row.link}


def _decisions(change: ChangeRequest) -> list[Block]:
    """Take Approve and Deny from the card, with what they ask before they act."""
    elements = [e for block in card_blocks(change, []) if block["type"] == "actions" for e in block["elements"]]
    return [element for element in elements if element.get("action_id") in (APPROVE, DENY)]


def _group(home: Home, listing: Listing, nothing: str) -> list[Block]:
    if not listing.changes:
        return [context(nothing)]
    return [*rows.listed(home.team_url, listing, home.note), *_more(listing)]


def _more(listing: Listing) -> list[Block]:
    commands = "`/route-number pending` and `/route-number history`"
    return [context(f"There are more: {commands} list them.")] if listing.has_more else []
