"""Details of several numbers that were asked together: each whole, over as many pages as it takes."""

from collections.abc import Iterator, Sequence

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.number import pretty
from bot.domain.policy import Review, Verdict
from bot.domain.shortening import shorten
from bot.domain.standing import standing_of
from bot.domain.state import State
from bot.service.delivery.lane import BundleShown
from bot.slack.block_kit.elements import (
    Block,
    actions,
    button,
    divider,
    plain,
    rich_line,
    rich_quote,
    rich_text,
    text_run,
    user_run,
)
from bot.slack.block_kit.sentences import sentence_block
from bot.slack.messages.bundle_lines import numbers
from bot.slack.messages.details import TAKE_BACK, size_of, whole_blocks
from bot.slack.messages.glance import sign

DETAILS, PAGE, RECORD = "bundle:details", "bundle:page", "bundle:record"
# A view takes 100 blocks and 250 kB; some of both is for what stands around the numbers.
PAGE_BLOCKS = 85
PAGE_BYTES = 150_000
TITLE_LIMIT = 24
HEAD_LIMIT = 2900


def bundle_details_view(shown: BundleShown, *, page: int = 1, reader_id: str = "", said: str | None = None) -> Block:
    """Build one page of the modal; `reader_id` opened it, and can take back what they decided about all."""
    bundle = shown.of
    pages = list(_pages(bundle.members))
    at = min(max(page, 1), len(pages))
    return {
        "type": "modal",
        "title": plain(shorten(bundle.label, TITLE_LIMIT)),
        "close": plain("Close"),
        "blocks": [
            *([sentence_block(said)] if said else []),
            *_to_take_back(shown, reader_id),
            *_asked(bundle),
            *(block for each in pages[at - 1] for block in _number(each)),
            *_turning(bundle, at, len(pages)),
        ],
    }


def _pages(members: Sequence[ChangeRequest]) -> Iterator[list[ChangeRequest]]:
    """Deal the numbers out over pages, in their order; a number stands on one page as a whole."""
    page: list[ChangeRequest] = []
    blocks = room = 0
    for each in members:
        made = _number(each)
        size = size_of(made)
        if page and (blocks + len(made) > PAGE_BLOCKS or room + size > PAGE_BYTES):
            yield page
            page, blocks, room = [], 0, 0
        page.append(each)
        blocks, room = blocks + len(made), room + size
    yield page


def _asked(bundle: Bundle) -> list[Block]:
    lead = bundle.lead
    return [
        rich_text(
            rich_line(text_run(f"{bundle.label} · {numbers(len(bundle.members))}", bold=True)),
            rich_line(
                text_run(f"State: {bundle.state}\nAsked by "), user_run(lead.requester_id), text_run(", because:")
            ),
            rich_quote(lead.reason),
            block_id="asked",
        ),
        divider(),
    ]


def _number(change: ChangeRequest) -> list[Block]:
    head = f"{sign(change)} {change.label} · {pretty(change.key.number)} · {change.state}"
    record = button("Record", RECORD, value=change.label, label=f"Record of {change.label}: all that happened")
    return [
        {"type": "section", "text": plain(shorten(head, HEAD_LIMIT)), "accessory": record},
        *whole_blocks(change),
    ]


def _turning(bundle: Bundle, page: int, count: int) -> list[Block]:
    """Build the buttons that lead to the pages before and behind; each names its page in its block."""
    if count == 1:
        return []
    label = bundle.lead.label
    turns = [(page - 1, "Earlier numbers"), (page + 1, "More numbers")]
    made = [
        actions(button(text, PAGE, value=label, label=f"{text}: page {to} of {count}"), block_id=f"page:{to}")
        for to, text in turns
        if 1 <= to <= count
    ]
    return [rich_text(rich_line(text_run(f"Page {page} of {count}")), block_id="pages"), *made]


def _to_take_back(shown: BundleShown, reader_id: str) -> list[Block]:
    found: list[Review] = [
        review
        for each in shown.of.those(State.PENDING)
        if (review := standing_of(each, reader_id, shown.reviews.get(each.id, ()))) is not None
    ]
    if not found:
        return []
    what = "denial" if found[0].verdict is Verdict.DENY else "approval"
    made = button(
        f"Take back my {what}",
        TAKE_BACK,
        value=shown.of.lead.label,
        label=f"Take back my {what} of {shown.of.label}",
    )
    return [actions(made, block_id="take_back")]
