"""What is told in a card's thread and in channels: single facts, rendered from what was recorded with them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.domain.bundle import Bundle
from bot.domain.change import ChangeRequest
from bot.domain.facts import By, CannotPost, Decided, Edited, Fact, Problem, TakenBack
from bot.domain.facts import Called as CalledFact
from bot.domain.policy import Verdict
from bot.domain.since import NOTHING_SINCE, Since
from bot.domain.state import State
from bot.slack.block_kit.elements import Block, actions, literal, rich_list, rich_text, section, text_run
from bot.slack.messages import endings, override, put_backs
from bot.slack.messages.bundle_thread import OF_BUNDLES, render_bundle_fact
from bot.slack.messages.no_channel import why_not
from bot.slack.messages.schedule import will_be_sent
from bot.slack.messages.sending import paused_message, resumed_message
from bot.slack.messages.thread_buttons import MOVE
from bot.slack.messages.thread_parts import (
    QUOTE_LIMIT,
    about,
    line_fact,
    number_of,
    plain_fact,
    quoted,
    quoted_text,
)
from bot.slack.messages.thread_parts import (
    Message as Message,  # noqa: PLC0414 - mypy's way to hand a name on to those who import it from here
)
from bot.slack.messages.wording import Called, Part, Person, Words, in_line, in_text

VOID_SHOWN = 20
# A person has to look, and the thread of an old card is read by nobody.
IN_CHANNEL_TOO = frozenset({Fact.UNCLEAR, Fact.OVERRIDE_UNREVIEWED})


def render_fact(change: ChangeRequest, payload: Mapping[str, Any], since: Since = NOTHING_SINCE) -> Message:
    """Return the text and the blocks of one fact of a change, as it stands after what has happened since."""
    fact = Fact(payload["name"])
    if fact in OF_BUNDLES:
        return render_bundle_fact(Bundle((change,)), payload)
    if fact in _WITH_SINCE:
        return _WITH_SINCE[fact](change, payload, since)
    return _FACTS[fact](change, payload)


def is_moot(change: ChangeRequest, payload: Mapping[str, Any]) -> bool:
    """Say whether a fact of a thread is not worth telling any more: nobody is called to what is decided."""
    return Fact(payload["name"]) is Fact.CALLED and change.state is not State.PENDING


def is_in_channel_too(payload: Mapping[str, Any]) -> bool:
    """Say whether a fact of a thread is shown in the channel as well."""
    return Fact(payload["name"]) in IN_CHANNEL_TOO


def render_channel_fact(payload: Mapping[str, Any]) -> Message:
    """Return the text and the blocks of a fact that concerns no single change."""
    return _CHANNEL_FACTS[Fact(payload["name"])](payload)


def _token_refused(_payload: Mapping[str, Any]) -> Message:
    return plain_fact(
        ":warning: UponAI refuses my token (401), so I can send nothing. Approved changes wait, and expire in the end. "
        "Whoever runs me: please set a valid `UPONAI_API_TOKEN`."
    )


def _approved(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    told = Decided.from_json(payload)
    approved: tuple[Part, ...] = (Person(told.by), f" approved {change.label} for ", number_of(change), ". ")
    until: tuple[Part, ...] = (" It waits, and expires ", change.apply_before, ".") if change.apply_before else ()
    if told.elsewhere is not None:
        return line_fact(*approved, Words(told.elsewhere, QUOTE_LIMIT, is_bold=False), *until)
    if told.sent_from is not None:
        return line_fact(*approved, *will_be_sent(told))
    if told.paused_by is None:
        return line_fact(*approved, "Sending it to UponAI now.")
    since: tuple[Part, ...] = (" ", datetime.fromisoformat(told.paused_at)) if told.paused_at else ()
    why: tuple[Part, ...] = (" (", Words(told.paused_why, QUOTE_LIMIT, is_bold=False), ")") if told.paused_why else ()
    paused = ("Sending is paused: ", Person(told.paused_by), " paused it", *since, *why, ".")
    return line_fact(*approved, *paused, *until, " /route-number resume sends it.")


def _called(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    told = CalledFact.from_json(payload)
    people = [part for found in told.ids for part in (Called(found), ", ")]
    head = (*people[:-1], f": {change.label} for ", number_of(change))
    if told.others:
        return line_fact(*head, f" and {told.others} more wait for your decision.")
    return line_fact(*head, " waits for your decision.")


def _reviewed(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    by = Person(By.from_json(payload).by)
    return line_fact(by, f" approved {change.label} for ", number_of(change), ". It needs more approvals.")


def _blocked(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    told = Decided.from_json(payload)
    head: tuple[Part, ...] = (Person(told.by), f" denied {change.label} for ", number_of(change), ".")
    then = "It stays open, but nothing is sent until they take that back, in Details."
    return (
        f"{in_text(*head)} {then}{quoted_text(told.reason)}",
        [rich_text(in_line(*head, " ", then), block_id="head"), *quoted(told.reason)],
    )


def _taken_back(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    told = TakenBack.from_json(payload)
    what = "denial" if told.verdict == Verdict.DENY else "approval"
    return line_fact(Person(told.by), f" took their {what} of {change.label} back, for ", number_of(change), ".")


def _edited(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    told = Edited.from_json(payload)
    head: tuple[Part, ...] = (Person(told.by), f" edited {change.label} for ", number_of(change), ". ")
    if told.void:
        people = [part for person in told.void[:VOID_SHOWN] for part in (" ", Person(person))]
        head = (*head, "What was decided before counts no longer; please look again:", *people)
    else:
        head = (*head, f"It is revision {told.revision} now.")
    lines = [line[:QUOTE_LIMIT] for line in told.changed]
    return (
        f"{in_text(*head)} {literal('; '.join(lines), QUOTE_LIMIT)}",
        [
            rich_text(
                in_line(*head), *([rich_list([[text_run(line)] for line in lines])] if lines else []), block_id="head"
            )
        ],
    )


def _answer_lost(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    what = f"UponAI's answer to {change.label} was lost: I do not know yet whether "
    return _with_problem(
        (what, number_of(change), " changed."), payload, "I wait a moment, and look before I send anything again."
    )


def _waiting(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    head: tuple[Part, ...] = (f"{change.label} for ", number_of(change), " waits for UponAI")
    if change.bundle_id is not None:
        # It is told once for all of them; the table of results says of each.
        head = (f"{change.label} for ", number_of(change), ", and others with it, wait for UponAI")
    if payload.get("at"):
        head = (*head, " since ", datetime.fromisoformat(payload["at"]))
    head = (*head, ". Nothing was sent.")
    until: tuple[Part, ...] = (" until ", change.apply_before, ", then it expires") if change.apply_before else ()
    return _with_problem(head, payload, "I keep trying", *until, ".")


def _asked_try_again(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    by = Person(By.from_json(payload).by)
    return line_fact(by, f" asked me to try {change.label} again. I look at ", number_of(change), " first.")


def _asked_resolve(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    by = Person(By.from_json(payload).by)
    return line_fact(
        by, f" asked me to mark {change.label} as resolved. I check what is live on ", number_of(change), "."
    )


def _follow_up_waiting(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    return _with_problem(
        (f"I cannot look at {change.label} yet, on ", number_of(change), "."), payload, "I keep trying."
    )


def _with_problem(head: tuple[Part, ...], payload: Mapping[str, Any], *next_step: Part) -> Message:
    """Say what happened, why (words of others, literally), and what happens next."""
    problem = Problem.from_json(payload).problem
    return (
        f"{in_text(*head)}{quoted_text(problem)} {in_text(*next_step)}",
        [rich_text(in_line(*head), block_id="head"), *quoted(problem), rich_text(in_line(*next_step), block_id="next")],
    )


def _cannot_post(change: ChangeRequest, payload: Mapping[str, Any]) -> Message:
    told = CannotPost.from_json(payload)
    channel = told.channel or change.channel_id
    why = f"{why_not(told.problem or '')} Until then I keep trying there."
    text = f"I recorded {change.label}, but cannot post its card in <#{channel}>: {why}"
    select: Block = {
        "type": "conversations_select",
        "action_id": MOVE,
        "placeholder": {"type": "plain_text", "text": "Pick a channel"},
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return f"{text} ({about(change)})", [section(text), actions(select, block_id=f"move:{change.label}")]


_CHANNEL_FACTS: dict[Fact, Callable[[Mapping[str, Any]], Message]] = {
    Fact.PAUSED: paused_message,
    Fact.RESUMED: resumed_message,
    Fact.OVERRIDDEN_HERE: override.overridden_here,
    Fact.TOKEN_REFUSED: _token_refused,
}
_FACTS: dict[Fact, Callable[[ChangeRequest, Mapping[str, Any]], Message]] = {
    Fact.APPROVED: _approved,
    Fact.CALLED: _called,
    Fact.REVIEWED: _reviewed,
    Fact.BLOCKED: _blocked,
    Fact.TAKEN_BACK: _taken_back,
    Fact.EDITED: _edited,
    Fact.OVERRIDE_REVIEWED: override.reviewed,
    Fact.OVERRIDDEN_FOR_YOU: override.overridden_for_you,
    Fact.ANSWER_LOST: _answer_lost,
    Fact.WAITING: _waiting,
    Fact.ASKED_TRY_AGAIN: _asked_try_again,
    Fact.ASKED_RESOLVE: _asked_resolve,
    Fact.FOLLOW_UP_WAITING: _follow_up_waiting,
    Fact.PUT_BACK_NOW: put_backs.wanted_now,
    Fact.PUT_BACK_ENDED: put_backs.ended,
    Fact.CANNOT_POST: _cannot_post,
}
_WITH_SINCE: dict[Fact, Callable[[ChangeRequest, Mapping[str, Any], Since], Message]] = {
    Fact.OVERRIDDEN: override.overridden,
    Fact.OVERRIDE_UNREVIEWED: override.unreviewed,
    Fact.DENIED: endings.denied,
    Fact.CANCELED: endings.canceled,
    Fact.EXPIRED: endings.expired,
    Fact.APPLIED: endings.applied,
    Fact.FAILED: endings.failed,
    Fact.STALE: endings.stale,
    Fact.UNCLEAR: endings.unclear,
    Fact.RESOLVED: endings.resolved,
    Fact.PUT_BACK: put_backs.planned,
}
