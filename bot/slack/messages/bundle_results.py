"""What became of several numbers that were asked together: one table, which fills up as they are sent."""

from collections.abc import Sequence

from bot.domain.bundle import Bundle, together
from bot.domain.change import ChangeRequest
from bot.domain.difference import describe
from bot.domain.since import NOTHING_SINCE_ALL, BundleSince
from bot.domain.state import Origin, State
from bot.slack.block_kit.elements import Block, actions, button, context, literal, rich_list, rich_text, text_run
from bot.slack.block_kit.limits import middle, short_names
from bot.slack.messages.bundle_details import DETAILS
from bot.slack.messages.glance import SIGNS, named_number
from bot.slack.messages.thread_buttons import REVERT_ALL
from bot.slack.messages.thread_parts import Message
from bot.slack.messages.wording import Part, Person, in_line, in_text

NUMBER_LIMIT = 60
# The table of fifty numbers in the room of a message.
ROOM = 9000
TEXT_LIMIT = 2500
APPROVERS_SHOWN = 5
_WORDS: dict[State, str] = {
    State.PENDING: "needs more approvals",
    State.APPROVED: "is sent next",
    State.APPLYING: "is being sent",
    State.CANCELED: "withdrawn before it was sent",
    State.DENIED: "denied",
    State.EXPIRED: "expired, not sent",
    State.STALE: "not sent: the number changed in the meantime",
    State.FAILED: "UponAI refused it",
    State.UNCLEAR: "unclear: please look, the message below says how",
    State.RESOLVED: "marked as resolved",
}
_NOT_PUT_BACK: dict[State, str] = {State.CANCELED: "kept as it was", State.STALE: "not put back"}
LOST = "UponAI's answer was lost; I look before I send anything again"
LATER = "is sent later; the card says when"
WAITS = "waits for UponAI; I keep trying"


def results(bundle: Bundle, since: BundleSince = NOTHING_SINCE_ALL) -> Message:
    """Build the message: who approved, how many are done, a table row for each number, one Revert for all."""
    head = _head(bundle, since)
    rows = _rows(bundle, since)
    text = "; ".join(f"{label} {number}: {words}" for label, number, words in rows)
    return f"{in_text(*head)} {literal(text, TEXT_LIMIT)}", [
        rich_text(in_line(*head), block_id="head"),
        _table(rows),
        *_below(bundle, since),
    ]


def plain_results(bundle: Bundle, since: BundleSince = NOTHING_SINCE_ALL) -> Message:
    """Build the same with a list in the place of the table, where Slack takes no table."""
    text, (head, _, *below) = results(bundle, since)
    lines = [
        [text_run(f"{label} · "), text_run(number, bold=True), text_run(f": {words}")]
        for label, number, words in _rows(bundle, since)
    ]
    return text, [head, rich_text(rich_list(lines), block_id="results"), *below]


def _head(bundle: Bundle, since: BundleSince) -> tuple[Part, ...]:
    passed = bundle.passed
    approved = [each for each in passed if each.overridden_at is None]
    overridden = [each for each in passed if each.overridden_at is not None]
    said = [*_by("approved", approved), *_by("overrode", overridden)] or [f" {bundle.label}"]
    done = bundle.those(State.APPLIED)
    open_ = [each for each in bundle.members if not each.state.is_final]
    are, live = "is" if len(done) == 1 else "are", "live"
    if since.reverted:
        # Some of it has ended since.
        are = "went"
    if bundle.lead.origin is Origin.PUT_BACK:
        # They were approved with their parents.
        said, live = [f" {bundle.label}"], "back to what was there before"
    count = f"{len(done)} of {len(bundle.members)} {are} {live}"
    left = f", {len(open_)} still to come" if open_ else ""
    return (Person(bundle.lead.requester_id), *said, f": {count}{left}.")


def _by(did: str, members: Sequence[ChangeRequest]) -> list[Part]:
    """Say who did it to which, nothing where nobody did it to any."""
    if not members:
        return []
    people = dict.fromkeys(each.decided_by for each in members if each.decided_by is not None)
    named = [part for person in list(people)[:APPROVERS_SHOWN] for part in (", ", Person(person))]
    return [*named, f" {did} {together(members)}"]


def _rows(bundle: Bundle, since: BundleSince) -> list[tuple[str, str, str]]:
    room = max(ROOM // len(bundle.members) - NUMBER_LIMIT, NUMBER_LIMIT)
    return [
        (each.label, middle(named_number(each), NUMBER_LIMIT), middle(_words(each, since), room))
        for each in bundle.members
    ]


def _words(change: ChangeRequest, since: BundleSince) -> str:
    sign = SIGNS[change.state]
    if change.state is State.APPLIED:
        by = since.reverted.get(change.id)
        return f"{sign} was live: {_live(change)} · ended by {by}" if by else f"{sign} live: {_live(change)}"
    if change.state is State.APPLYING and change.sent_at is not None and change.lease_id is None:
        return f"{sign} {LOST}"
    if change.state is State.APPROVED and change.wait_cause is not None:
        return f"⏸️ {WAITS}"
    if change.state is State.APPROVED and (change.starts_at or change.opens_at or change.origin is Origin.PUT_BACK):
        return f"{sign} {LATER}"
    if change.origin is Origin.PUT_BACK and change.state in _NOT_PUT_BACK:
        return f"{sign} {_NOT_PUT_BACK[change.state]}{f': {change.problem}' if change.problem else ''}"
    if change.state is State.STALE and change.problem:
        return f"{sign} not sent: {change.problem}"
    why = f": {change.problem}" if change.problem and change.state is State.FAILED else ""
    return f"{sign} {_WORDS[change.state]}{why}"


def _live(change: ChangeRequest) -> str:
    live = change.after if change.result is None else change.result
    described = describe(live, short_names(change.agent_names), change.patch.fields, is_rounded=True)
    return "; ".join(" + ".join(line.replace(" %  ", " % ", 1) for line in lines) for lines in described.values())


def _table(rows: Sequence[tuple[str, str, str]]) -> Block:
    head = ("Change", "Number", "Result")
    return {
        "type": "table",
        "block_id": "results",
        "column_settings": [{"is_wrapped": False}, {"is_wrapped": False}, {"is_wrapped": True}],
        "rows": [[{"type": "raw_text", "text": cell or "-"} for cell in row] for row in (head, *rows)],
    }


def _below(bundle: Bundle, since: BundleSince) -> list[Block]:
    label = bundle.lead.label
    details = button("Details", DETAILS, value=label, label=f"Details of {bundle.label}")
    done = bundle.those(State.APPLIED)
    left = [each for each in done if each.id not in since.reverted]
    if not left:
        said = [context("All that went live has ended: the former values are back.", block_id="done")] if done else []
        return [*said, actions(details, block_id="next")]
    count = "the former values of 1 number" if len(left) == 1 else f"the former values of {len(left)} numbers"
    revert = button("Revert", REVERT_ALL, value=label, label=f"Revert {bundle.label}: ask for {count}")
    return [actions(revert, details, block_id="next")]
