"""What the thread of a change is told of its put-back: when it is hurried on, and how it ends."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.bundle import Bundle, together
from bot.domain.change import ChangeRequest
from bot.domain.due import sent_from
from bot.domain.facts import Fact, PutBackEnded, PutBackPlanned, Told
from bot.domain.state import Origin, State
from bot.service.messages import bundle_again, thread_again, thread_fact
from bot.store.outbox import OutboxDraft


def put_back_hurried(put_back: ChangeRequest, parent: ChangeRequest, by: str, at: datetime) -> list[OutboxDraft]:
    """Tell that somebody wants it now; what the plan says of the time is shown anew."""
    told = PutBackPlanned(change=put_back.label, sent_from=sent_from(put_back).isoformat(), by=by)
    return [_told(put_back, parent, Fact.PUT_BACK_NOW, at, told), _again(put_back, parent, at)]


def is_put_back_that_ended(change: ChangeRequest) -> bool:
    """Say whether the thread of another change is to be told of this one's end."""
    return change.origin is Origin.PUT_BACK and change.state.is_final


def is_told_with_all(change: ChangeRequest) -> bool:
    """Say whether the end of a change stands in the results of all alone: of a put-back that leaves nothing to do."""
    ends = (State.APPLIED, State.STALE)
    return change.origin is Origin.PUT_BACK and change.bundle_id is not None and change.state in ends


def put_back_ended(put_back: ChangeRequest, parent: ChangeRequest, at: datetime) -> list[OutboxDraft]:
    """Tell how a put-back ended, and take the buttons of the plan away."""
    told = PutBackEnded(
        change=put_back.label, state=put_back.state.value, by=put_back.decided_by, problem=put_back.problem
    )
    return [_told(put_back, parent, Fact.PUT_BACK_ENDED, at, told), _again(put_back, parent, at)]


def put_backs_hurried(some: Sequence[ChangeRequest], parents: Bundle, by: str, at: datetime) -> OutboxDraft:
    """Tell that somebody wants several of them now."""
    last = max(map(sent_from, some))
    told = PutBackPlanned(change=together(some), sent_from=last.isoformat(), by=by, count=len(some))
    return _told(some[0], parents.lead, Fact.PUT_BACK_NOW, at, told)


def put_backs_kept(some: Sequence[ChangeRequest], parents: Bundle, by: str, at: datetime) -> OutboxDraft:
    """Tell that somebody keeps what several of them were to end."""
    of = {each.parent_id for each in some}
    named = together(each for each in parents.members if each.id in of)
    told = PutBackEnded(change=together(some), state=some[0].state.value, by=by, parents=named)
    return _told(some[0], parents.lead, Fact.PUT_BACK_ENDED, at, told)


def put_backs_again(put_back: ChangeRequest, parent: ChangeRequest, at: datetime) -> OutboxDraft:
    """Show anew where all put-backs of a bundle stand, because of one of them; `parent` is what it ends."""
    return bundle_again(parent, Fact.PUT_BACK, at, f"{put_back.label}/{put_back.version}")


def _again(put_back: ChangeRequest, parent: ChangeRequest, at: datetime) -> OutboxDraft:
    why = f"{put_back.label}/{put_back.version}"
    return thread_again(parent.team_id, parent.id, Fact.PUT_BACK, at, why, lead_id=parent.lead_id)


def _told(put_back: ChangeRequest, parent: ChangeRequest, name: Fact, at: datetime, told: Told) -> OutboxDraft:
    return replace(thread_fact(parent, name, at, told), fact=f"{parent.label}/{name}/{put_back.label}")
