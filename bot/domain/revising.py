"""A new revision of an undecided change: the same number, asked by the same person, decided about from the start."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bot.domain.assignment import Field
from bot.domain.change import ChangeRequest
from bot.domain.difference import TITLES, describe
from bot.domain.draft import ChangeDraft
from bot.domain.errors import InvalidNumber, NotAllowed, TooLate
from bot.domain.number import pretty
from bot.domain.schedule import in_words
from bot.domain.shortening import shorten
from bot.domain.webhook import describe_change

UNTOUCHED = "stays as it is"
# A message and a record have little room; the card and Details show the whole of what stands.
REASON_LIMIT = 200
LINE_LIMIT = 600


def refuse_edit(change: ChangeRequest, actor_id: str, number: str, now: datetime) -> None:
    """Raise unless this person can edit this change now, to ask for the same number.

    Raises:
        NotAllowed: They are not the requester.
        AlreadyDecided: The change is no longer pending.
        TooLate: It has expired.
        InvalidNumber: It is another number.
    """
    if actor_id != change.requester_id:
        raise NotAllowed(f"Only <@{change.requester_id}>, who asked for {change.label}, can edit it.")
    change.refuse_unless_pending()
    if change.has_expired(now):
        raise TooLate(f"{change.label} has expired. Ask again below it, in its thread.")
    if number != change.key.number:
        raise InvalidNumber(
            f"{change.label} is about {pretty(change.key.number)}. For another number, cancel it and ask anew."
        )


def revise(change: ChangeRequest, draft: ChangeDraft) -> ChangeRequest:
    """Return the change as it is asked now; what reviewers said about the former revision counts no longer."""
    return replace(
        change,
        revision=change.revision + 1,
        version=change.version + 1,
        reason=draft.reason,
        before=draft.before,
        before_at=draft.before_at,
        patch=draft.patch,
        agent_names=draft.agent_names,
        is_outbound_version_newest=draft.is_outbound_version_newest,
        policy=draft.policy,
        expires_at=draft.expires_at,
        due_at=draft.due_at,
        starts_at=draft.starts_at,
        put_back_at=draft.put_back_at,
        origin=draft.origin,
    )


def changed(former: ChangeRequest, present: ChangeRequest) -> tuple[str, ...]:
    """Say in plain text what a revision asks for that the former one did not, one line for each thing."""
    return tuple(shorten(line, LINE_LIMIT) for line in _changed(former, present))


def _changed(former: ChangeRequest, present: ChangeRequest) -> Iterator[str]:
    for field in Field:
        old, new = _wish(former, field), _wish(present, field)
        if field is Field.WEBHOOK and field in former.patch.fields & present.patch.fields:
            # Two addresses can differ in what is shown of neither.
            new = " ".join(describe_change(former.after.webhook_url, present.after.webhook_url))
            is_other = former.after.webhook_url != present.after.webhook_url
        else:
            is_other = old != new
        if is_other:
            yield f"{TITLES[field]}: {old} → {new}"
    for title, old_at, new_at, without in (
        ("Start", former.starts_at, present.starts_at, "as soon as approved"),
        ("Put back at", former.put_back_at, present.put_back_at, "never"),
    ):
        if old_at != new_at:
            yield f"{title}: {in_words(old_at) if old_at else without} → {in_words(new_at) if new_at else without}"
    if former.reason != present.reason:
        yield f"Reason: “{_quoted(former.reason)}” → “{_quoted(present.reason)}”"


def _wish(change: ChangeRequest, field: Field) -> str:
    if field not in change.patch.fields:
        return UNTOUCHED
    return " + ".join(describe(change.after, change.agent_names, [field])[field])


def _quoted(reason: str) -> str:
    return shorten(" ".join(reason.split()), REASON_LIMIT)
