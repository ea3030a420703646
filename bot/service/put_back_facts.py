"""What the thread of a change is told of its put-back: when it is hurried on, and how it ends."""

from datetime import datetime

from bot.domain.change import ChangeRequest
from bot.domain.facts import Fact, PutBackEnded, PutBackPlanned, Told
from bot.domain.label import format_label
from bot.domain.schedule import sent_from
from bot.domain.state import Origin
from bot.service.messages import Kind, change_lane, thread_again
from bot.store.outbox import OutboxDraft


def put_back_hurried(put_back: ChangeRequest, by: str, at: datetime) -> list[OutboxDraft]:
    """Tell that somebody wants it now; what the plan says of the time is shown anew."""
    told = PutBackPlanned(change=put_back.label, sent_from=sent_from(put_back).isoformat(), by=by)
    return [_told(put_back, Fact.PUT_BACK_NOW, at, told), *_again(put_back, at)]


def put_back_ended(put_back: ChangeRequest, at: datetime) -> list[OutboxDraft]:
    """Tell how a put-back ended, and take the buttons of the plan away; nothing for any other change."""
    if put_back.origin is not Origin.PUT_BACK or not put_back.state.is_final:
        return []
    told = PutBackEnded(
        change=put_back.label, state=put_back.state.value, by=put_back.decided_by, problem=put_back.problem
    )
    return [_told(put_back, Fact.PUT_BACK_ENDED, at, told), *_again(put_back, at)]


def _again(put_back: ChangeRequest, at: datetime) -> list[OutboxDraft]:
    why = f"{put_back.label}/{put_back.version}"
    return [thread_again(put_back.team_id, put_back.parent_id or 0, Fact.PUT_BACK, at, why)]


def _told(put_back: ChangeRequest, name: Fact, at: datetime, told: Told) -> OutboxDraft:
    parent_id = put_back.parent_id or 0
    return OutboxDraft(
        team_id=put_back.team_id,
        lane=change_lane(parent_id),
        kind=Kind.THREAD,
        fact=f"{format_label(parent_id)}/{name}/{put_back.label}",
        change_id=parent_id,
        payload={"name": name.value, "at": at.isoformat(), **told.to_json()},
        due_at=at,
    )
