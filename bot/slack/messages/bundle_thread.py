"""What is told in the thread of several numbers that were asked together: one message for all of them.

What became of each is one table that fills up. What a person has to do about one number is told by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.domain.bundle import Bundle, together
from bot.domain.change import ChangeRequest
from bot.domain.facts import By, Decided, Edited, Expired, Fact, LeftOut, TakenBack
from bot.domain.number import pretty
from bot.domain.policy import Verdict
from bot.domain.since import NOTHING_SINCE_ALL, BundleSince
from bot.domain.state import Origin, State
from bot.slack.block_kit.elements import (
    Block,
    actions,
    button,
    context,
    literal,
    mention,
    rich_list,
    rich_quote,
    rich_text,
    text_run,
)
from bot.slack.messages.bundle_put_backs import put_backs
from bot.slack.messages.bundle_results import results
from bot.slack.messages.glance import SIGNS
from bot.slack.messages.thread_buttons import ALL_AGAIN
from bot.slack.messages.thread_parts import QUOTE_LIMIT, Message, line_fact, quoted, quoted_text
from bot.slack.messages.wording import Part, Person, in_line, in_text

LABELS_SHOWN = 50
VOID_SHOWN = 20
# These are told of bundles alone.
OF_BUNDLES = frozenset({Fact.RESULTS, Fact.LEFT_OUT})


def render_bundle_fact(bundle: Bundle, payload: Mapping[str, Any], since: BundleSince = NOTHING_SINCE_ALL) -> Message:
    """Return the text and the blocks of one fact of a bundle, as it stands after what has happened since."""
    ids = set(payload.get("members", ()))
    members = [each for each in bundle.members if each.id in ids] or list(bundle.members)
    return _FACTS[Fact(payload["name"])](bundle, members, payload, since)


def _results(bundle: Bundle, _: Sequence[ChangeRequest], __: Mapping[str, Any], since: BundleSince) -> Message:
    return results(bundle, since)


def _put_backs(bundle: Bundle, _: Sequence[ChangeRequest], payload: Mapping[str, Any], since: BundleSince) -> Message:
    return put_backs(bundle, payload, since)


def _left_out(bundle: Bundle, _: Sequence[ChangeRequest], payload: Mapping[str, Any], __: BundleSince) -> Message:
    told = LeftOut.from_json(payload)
    numbers = [pretty(number) for number in told.numbers]
    head: tuple[Part, ...] = (
        Person(told.by),
        f" asked for more numbers than {bundle.label}. At these nothing would change, so I left them out:",
    )
    return (
        f"{in_text(*head)} {literal(', '.join(numbers), QUOTE_LIMIT)}",
        [rich_text(in_line(*head), rich_list([[text_run(number)] for number in numbers]), block_id="head")],
    )


def _reviewed(bundle: Bundle, members: Sequence[ChangeRequest], payload: Mapping[str, Any], _: BundleSince) -> Message:
    by = Person(By.from_json(payload).by)
    if len(members) == len(bundle.members):
        return line_fact(by, f" approved {bundle.label}. More approvals are needed.")
    return line_fact(by, f" approved {bundle.label}. {_named(members)} need{_s(members)} more approvals.")


def _blocked(bundle: Bundle, members: Sequence[ChangeRequest], payload: Mapping[str, Any], _: BundleSince) -> Message:
    told = Decided.from_json(payload)
    what = bundle.label if len(members) == len(bundle.members) else _named(members)
    head: tuple[Part, ...] = (Person(told.by), f" denied {what}.")
    then = "That stays open, but nothing is sent until they take it back, in Details."
    return (
        f"{in_text(*head)} {then}{quoted_text(told.reason)}",
        [rich_text(in_line(*head, " ", then), block_id="head"), *quoted(told.reason)],
    )


def _taken_back(
    bundle: Bundle, members: Sequence[ChangeRequest], payload: Mapping[str, Any], __: BundleSince
) -> Message:
    told = TakenBack.from_json(payload)
    what = "denial" if told.verdict == Verdict.DENY else "approval"
    return line_fact(Person(told.by), f" took their {what} of {_those(bundle, members)} back.")


def _edited(bundle: Bundle, members: Sequence[ChangeRequest], payload: Mapping[str, Any], _: BundleSince) -> Message:
    told = Edited.from_json(payload)
    head: tuple[Part, ...] = (Person(told.by), f" edited {_those(bundle, members)}. ")
    if told.void:
        people = [part for person in told.void[:VOID_SHOWN] for part in (" ", Person(person))]
        head = (*head, "What was decided before counts no longer; please look again:", *people)
    else:
        head = (*head, f"{'It is' if len(members) == 1 else 'They are'} revision {told.revision} now.")
    lines = [line[:QUOTE_LIMIT] for line in told.changed]
    listed = [rich_list([[text_run(line)] for line in lines])] if lines else []
    return (
        f"{in_text(*head)} {literal('; '.join(lines), QUOTE_LIMIT)}",
        [rich_text(in_line(*head), *listed, block_id="head")],
    )


def _denied(
    bundle: Bundle, members: Sequence[ChangeRequest], payload: Mapping[str, Any], since: BundleSince
) -> Message:
    told = Decided.from_json(payload)
    head = (*_two(bundle, State.DENIED, told.by), f" denied {_those(bundle, members)}. Nothing was sent.")
    reason = told.reason or ""
    return (
        f"{in_text(*head)} Reason: {literal(reason, QUOTE_LIMIT)}",
        [rich_text(in_line(*head), rich_quote(reason), block_id="head"), *_again(bundle, since)],
    )


def _canceled(
    bundle: Bundle, members: Sequence[ChangeRequest], payload: Mapping[str, Any], since: BundleSince
) -> Message:
    by = By.from_json(payload).by
    sent = f"{_those(bundle, members)}. Nothing of {'it' if len(members) == 1 else 'them'} was sent."
    head = (*_two(bundle, State.CANCELED, by), f" canceled {sent}")
    return in_text(*head), [rich_text(in_line(*head), block_id="head"), *_again(bundle, since)]


def _expired(
    bundle: Bundle, members: Sequence[ChangeRequest], payload: Mapping[str, Any], since: BundleSince
) -> Message:
    was_pending = Expired.from_json(payload).was != State.APPROVED.value
    why = "nobody decided in time" if was_pending else "I could not send it in time after the approval"
    head: tuple[Part, ...] = (f"{SIGNS[State.EXPIRED]} ", Person(bundle.lead.requester_id), " ")
    head = (*head, f"{_those(bundle, members)} expired: {why}. Nothing of {_it(members)} was sent.")
    return in_text(*head), [rich_text(in_line(*head), block_id="head"), *_again(bundle, since)]


def _again(bundle: Bundle, since: BundleSince) -> list[Block]:
    """Offer to ask for the same values in new changes, until somebody did."""
    if since.asked_again_as:
        by = mention(since.asked_again_by or bundle.lead.requester_id)
        return [context(f"{by} asked again as {since.asked_again_as}.", block_id="done")]
    if bundle.wish is None or bundle.lead.origin is Origin.PUT_BACK:
        return []
    label = bundle.lead.label
    return [
        actions(
            button("Ask again", ALL_AGAIN, value=label, label=f"Ask for the values of {bundle.label} again"),
            block_id="next",
        )
    ]


def _two(bundle: Bundle, state: State, by: str) -> tuple[Part, ...]:
    """Begin with the requester, and go on with who did it, once where that is the same person."""
    requester = bundle.lead.requester_id
    sign = f"{SIGNS[state]} "
    return (sign, Person(by)) if by == requester else (sign, Person(requester), ", ", Person(by))


def _those(bundle: Bundle, members: Sequence[ChangeRequest]) -> str:
    return together(members) if len(members) == len(bundle.members) else _named(members)


def _named(members: Sequence[ChangeRequest]) -> str:
    shown = [each.label for each in members[:LABELS_SHOWN]]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _s(members: Sequence[ChangeRequest]) -> str:
    return "s" if len(members) == 1 else ""


def _it(members: Sequence[ChangeRequest]) -> str:
    return "it" if len(members) == 1 else "them"


_FACTS: dict[Fact, Callable[[Bundle, Sequence[ChangeRequest], Mapping[str, Any], BundleSince], Message]] = {
    Fact.RESULTS: _results,
    Fact.PUT_BACK: _put_backs,
    Fact.LEFT_OUT: _left_out,
    Fact.REVIEWED: _reviewed,
    Fact.BLOCKED: _blocked,
    Fact.TAKEN_BACK: _taken_back,
    Fact.EDITED: _edited,
    Fact.DENIED: _denied,
    Fact.CANCELED: _canceled,
    Fact.EXPIRED: _expired,
}
