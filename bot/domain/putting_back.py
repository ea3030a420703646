"""The change that ends another one: back to what was there before it, at the time that was approved with it."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.assignment import Assignment
from bot.domain.change import ChangeRequest
from bot.domain.draft import ChangeDraft
from bot.domain.errors import AlreadyDecided, NotAllowed, OwnChange
from bot.domain.label import format_label
from bot.domain.schedule import first_moment, lapsing
from bot.domain.state import Origin, State


def put_back_of(parent: ChangeRequest, live: Assignment, as_of: datetime, now: datetime) -> ChangeDraft:
    """Return what puts back a change that is applied now; `live` is what UponAI showed of it as of `as_of`.

    Raises ValueError for a change that is to stay.
    """
    if parent.put_back_at is None:
        raise ValueError(f"{parent.label} is not to be put back")
    return ChangeDraft(
        team_id=parent.team_id,
        key=parent.key,
        requester_id=parent.requester_id,
        reason=parent.reason,
        before=live,
        before_at=as_of,
        patch=parent.before.patch_to(parent.patch.fields),
        agent_names=parent.agent_names,
        is_outbound_version_newest=False,
        policy=parent.policy,
        channel_id=parent.channel_id,
        submission_key=f"put-back/{parent.label}",
        created_at=now,
        expires_at=parent.put_back_at,
        due_at=parent.put_back_at,
        parent_id=parent.id,
        origin=Origin.PUT_BACK,
    )


def covered(change: ChangeRequest, parent: ChangeRequest, now: datetime, apply_within: timedelta) -> ChangeRequest:
    """Return a put-back as approved, by the approval of its parent."""
    return replace(
        change,
        state=State.APPROVED,
        version=change.version + 1,
        decided_at=now,
        decided_by=parent.decided_by,
        approved_at=now,
        **lapsing(change, first_moment(change, now), now, apply_within),
    )


def hurry(
    change: ChangeRequest, actor_id: str, now: datetime, *, is_approver: bool, apply_within: timedelta
) -> ChangeRequest:
    """Return a put-back that is due now; its rules may hold it up all the same. Raises as `keep` does."""
    _refuse(change, actor_id, is_approver=is_approver)
    if change.due_at <= now:
        raise AlreadyDecided(f"{change.label} is due already.")
    due = replace(change, due_at=now, version=change.version + 1)
    return replace(due, **lapsing(due, first_moment(due, now), now, apply_within))


def keep(change: ChangeRequest, actor_id: str, now: datetime, *, is_approver: bool) -> ChangeRequest:
    """End a put-back, so that what its parent set stays.

    Raises:
        OwnChange: The actor asked for the change that it ends.
        NotAllowed: They could not have approved that one.
        AlreadyDecided: It is no longer waiting, or no put-back at all.
    """
    _refuse(change, actor_id, is_approver=is_approver)
    return replace(
        change,
        state=State.CANCELED,
        version=change.version + 1,
        decided_at=now,
        decided_by=actor_id,
        finished_at=now,
        wait_cause=None,
        waiting_since=None,
    )


def refuse_cancel(change: ChangeRequest) -> None:
    """Raise NotAllowed for a put-back: its requester alone cannot make last what was approved for a time."""
    if change.origin is Origin.PUT_BACK and change.parent_id is not None:
        parent = format_label(change.parent_id)
        raise NotAllowed(
            f"{change.label} ends {parent}, as was approved with it. "
            f"Someone else can press Keep in the thread of {parent}."
        )


def _refuse(change: ChangeRequest, actor_id: str, *, is_approver: bool) -> None:
    if change.origin is not Origin.PUT_BACK or change.state is not State.APPROVED:
        raise AlreadyDecided(f"{change.label} is {change.state}. Nothing is left to do here.")
    parent = format_label(change.parent_id or change.id)
    if actor_id == change.requester_id:
        raise OwnChange(f"You asked for {parent} yourself: someone else must decide when it ends.")
    if not is_approver:
        raise NotAllowed(f"Only someone who may approve {parent} can decide when it ends.")
