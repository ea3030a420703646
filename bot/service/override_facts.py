"""What threads are told once an overridden change has ended: one that came to nothing asks for no review any more."""

from datetime import datetime

from bot.domain.change import ChangeRequest
from bot.domain.facts import Fact
from bot.domain.overriding import came_to_nothing
from bot.service.messages import thread_again
from bot.store.outbox import OutboxDraft


def override_ended(change: ChangeRequest, at: datetime) -> list[OutboxDraft]:
    """Mark what asks for the review of an override as dirty when its change came to nothing."""
    if change.overridden_at is None or not came_to_nothing(change):
        return []
    return [
        thread_again(change.team_id, change.id, name, at, change.version, lead_id=change.lead_id)
        for name in (Fact.OVERRIDDEN, Fact.OVERRIDE_UNREVIEWED)
    ]
