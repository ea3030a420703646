"""What the thread of a change is told of its put-back: when it is hurried on, and how it ends."""

from dataclasses import replace
from datetime import datetime

from bot.domain.change import ChangeRequest
from bot.domain.due import sent_from
from bot.domain.facts import Fact, PutBackEnded, PutBackPlanned, Told
from bot.domain.state import Origin
from bot.service.messages import thread_again, thread_fact
from bot.store.outbox import OutboxDraft


def put_back_hurried(put_back: ChangeRequest, parent: ChangeRequest, by: str, at: datetime) -> list[OutboxDraft]:
    """Tell that somebody wants it now; what the plan says of the time is shown anew."""
    told = PutBackPlanned(change=put_back.label, sent_from=sent_from(put_back).isoformat(), by=by)
    return [_told(put_back, parent, Fact.PUT_BACK_NOW, at, told), _again(put_back, parent, at)]


def is_put_back_that_ended(change: ChangeRequest) -> bool:
    """Say whether the thread of another change is to be told of this one's end."""
    return change.origin is Origin.PUT_BACK and change.state.is_final


def put_back_ended(put_back: ChangeRequest, parent: ChangeRequest, at: datetime) -> list[OutboxDraft]:
    """Tell how a put-back ended, and take the buttons of the plan away."""
    told = PutBackEnded(
        change=put_back.label, state=put_back.state.value, by=put_back.decided_by, problem=put_back.problem
    )
    return [_told(put_back, parent, Fact.PUT_BACK_ENDED, at, told), _again(put_back, parent, at)]


def _again(put_back: ChangeRequest, parent: ChangeRequest, at: datetime) -> OutboxDraft:
    why = f"{put_back.label}/{put_back.version}"
    return thread_again(parent.team_id, parent.id, Fact.PUT_BACK, at, why, lead_id=parent.lead_id)


def _told(put_back: ChangeRequest, parent: ChangeRequest, name: Fact, at: datetime, told: Told) -> OutboxDraft:
    return replace(thread_fact(parent, name, at, told), fact=f"{parent.label}/{name}/{put_back.label}")
