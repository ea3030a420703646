"""How a change ended, told in its thread: the requester is mentioned first, then what happened, then what can be done.

Each is rendered from what was recorded with the fact, and from what has happened since.
"""

from collections.abc import Mapping
from typing import Any

from bot.domain.assignment import ALL_FIELDS, Assignment, Field
from bot.domain.change import ChangeRequest
from bot.domain.facts import By, Decided, Expired, Finished, Problem
from bot.domain.since import Since
from bot.domain.state import State
from bot.slack.block_kit.elements import context, literal, mention, rich_quote, rich_text
from bot.slack.messages.glance import SIGNS
from bot.slack.messages.thread_buttons import below_end, below_result, below_unclear
from bot.slack.messages.thread_parts import (
    QUOTE_LIMIT,
    Message,
    about,
    assignment_blocks,
    in_words,
    names_of,
    number_of,
    quoted,
    quoted_text,
)
from bot.slack.messages.wording import Part, Person, in_line, in_text


def applied(change: ChangeRequest, payload: Mapping[str, Any], since: Since) -> Message:
    """Tell the touched fields as they were read back."""
    told = Finished.from_json(payload)
    head = (*_head(change, State.APPLIED, told.approved_by), f"{change.label} is live (read back from UponAI) on ")
    head = (*head, number_of(change), ":")
    names, live = names_of(change, told), told.live or Assignment()
    fields = change.patch.fields if told.live is not None else frozenset()
    blocks = assignment_blocks(names, live, fields, block_id="assignment")
    return (
        f"{in_text(*head)} {in_words(names, live, fields)}",
        [rich_text(in_line(*head), block_id="head"), *blocks, *below_result(change, since)],
    )


def denied(change: ChangeRequest, payload: Mapping[str, Any], since: Since) -> Message:
    """Tell who denied it, and why."""
    told = Decided.from_json(payload)
    head = (*_two(change, State.DENIED, told.by), f" denied {change.label}. Nothing was sent.")
    reason = told.reason or ""
    return (
        f"{in_text(*head)} Reason: {literal(reason, QUOTE_LIMIT)} ({about(change)})",
        [rich_text(in_line(*head), rich_quote(reason), block_id="head"), *below_end(change, since)],
    )


def canceled(change: ChangeRequest, payload: Mapping[str, Any], since: Since) -> Message:
    """Tell that it was withdrawn."""
    by = By.from_json(payload).by
    who = _head(change, State.CANCELED) if by == change.requester_id else (*_two(change, State.CANCELED, by), " ")
    return _ended(change, since, (*who, f"canceled {change.label}. Nothing was sent."))


def expired(change: ChangeRequest, payload: Mapping[str, Any], since: Since) -> Message:
    """Tell that the time to decide, or to send, was over."""
    why = {
        State.PENDING.value: "nobody decided in time. Nothing was sent.",
        State.APPROVED.value: "I could not send it in time after the approval. Nothing was sent.",
    }.get(
        Expired.from_json(payload).was or "",
        "the former values are still live. The approval is too old to send it now.",
    )
    return _ended(change, since, (*_head(change, State.EXPIRED), f"{change.label} expired: {why}"))


def failed(change: ChangeRequest, payload: Mapping[str, Any], since: Since) -> Message:
    """Tell that it was refused for good."""
    told = Problem.from_json(payload)
    head = (*_head(change, State.FAILED, told.approved_by), f"{change.label} failed: UponAI refused it. ")
    return _ended(change, since, (*head, "Nothing was changed."), told.problem, again="Try again")


def stale(change: ChangeRequest, payload: Mapping[str, Any], since: Since) -> Message:
    """Tell that the number is no longer as it was shown."""
    told = Finished.from_json(payload)
    what = f"{change.label} was not sent: the number changed in the meantime."
    if told.by is not None:
        # Somebody had it looked at: it may well have been sent before.
        what = f"{change.label} is over: something else is live now."
    return _ended(change, since, (*_head(change, State.STALE, told.approved_by), what), told.problem)


def unclear(change: ChangeRequest, payload: Mapping[str, Any], since: Since) -> Message:
    """Call the requester and the approver to look: what was asked, what is live, what to do."""
    told = Finished.from_json(payload)
    called = told.approved_by or change.decided_by
    head = _head(change, State.UNCLEAR)
    if called not in (None, change.requester_id):
        head = (*head, Person(str(called)), " ")
    head = (*head, f"{change.label} is unclear: please look at ", number_of(change), ".")
    names = names_of(change, told)
    fields = change.patch.fields
    if told.live is not None:
        fields = fields | change.before.differing(told.live, ALL_FIELDS)
    asked = assignment_blocks(names, change.after, fields, block_id="asked", title="Asked")
    live = _live(names, told, fields, title="Live now")
    next_step = (
        "*Try again* looks first, and sends only if the former values are still live. "
        f"*Mark as resolved* records what is live and ends this; someone other than {mention(change.requester_id)} can."
    )
    below = below_unclear(change, since)
    if below[0]["type"] == "actions":
        below = [context(next_step, block_id="what_to_do"), *below]
    text = f"{in_text(*head)}{quoted_text(told.problem)} Asked: {in_words(names, change.after, fields)}"
    if told.live is not None:
        text = f"{text}. Live now: {in_words(names, told.live, fields)}"
    return text, [rich_text(in_line(*head), block_id="head"), *quoted(told.problem), *asked, *live, *below]


def resolved(change: ChangeRequest, payload: Mapping[str, Any], _: Since) -> Message:
    """Tell who ended it by hand, and what is live."""
    told = Finished.from_json(payload)
    head: tuple[Part, ...] = (*_two(change, State.RESOLVED, told.by), f" marked {change.label} as resolved.")
    if told.live is None:
        head = (*head, " The account does not list ", number_of(change), ".")
        return in_text(*head), [rich_text(in_line(*head), block_id="head")]
    head = (*head, " Live now on ", number_of(change), ":")
    names, fields = names_of(change, told), change.patch.fields | change.before.differing(told.live, ALL_FIELDS)
    return (
        f"{in_text(*head)} {in_words(names, told.live, fields)}",
        [rich_text(in_line(*head), block_id="head"), *_live(names, told, fields)],
    )


def _ended(
    change: ChangeRequest,
    since: Since,
    head: tuple[Part, ...],
    problem: str | None = None,
    *,
    again: str = "Ask again",
) -> Message:
    """Tell an end without an effect; the card above shows what was asked, a notification does not."""
    return (
        f"{in_text(*head)}{quoted_text(problem)} ({about(change)})",
        [rich_text(in_line(*head), block_id="head"), *quoted(problem), *below_end(change, since, name=again)],
    )


def _live(
    names: Mapping[str, str], told: Finished, fields: frozenset[Field], *, title: str = ""
) -> list[dict[str, Any]]:
    return [] if told.live is None else assignment_blocks(names, told.live, fields, block_id="live", title=title)


def _head(change: ChangeRequest, state: State, approved_by: str | None = None) -> tuple[Part, ...]:
    """Begin with the state's sign and the requester, then with who approved, where that is told here."""
    if approved_by is None:
        return (f"{SIGNS[state]} ", Person(change.requester_id), " ")
    return (*_two(change, state, approved_by), " approved; ")


def _two(change: ChangeRequest, state: State, by: str | None) -> tuple[Part, ...]:
    """Begin with the requester, and go on with who did it."""
    return (f"{SIGNS[state]} ", Person(change.requester_id), ", ", Person(by) if by else "someone")
