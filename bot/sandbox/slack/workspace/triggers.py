"""Trigger ids: each opens one view, once, within three seconds."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.slack.workspace.errors import SlackError
from bot.sandbox.slack.workspace.ids import new_trigger_id

LIFETIME_SECONDS = 3.0
_KEPT = 1000


@dataclass
class _Trigger:
    user_id: str
    issued_at: float
    view_id: str | None
    is_used: bool = False


class Triggers:
    """The trigger ids that were handed out."""

    def __init__(self, now: Callable[[], float], lifetime: float = LIFETIME_SECONDS) -> None:
        """Measure lifetimes by `now`."""
        self._now = now
        self.lifetime = lifetime
        self._issued: dict[str, _Trigger] = {}

    def issue(self, user_id: str, view_id: str | None = None) -> str:
        """Hand out a trigger for what this person just did, in which view if in one."""
        trigger_id = new_trigger_id()
        self._issued[trigger_id] = _Trigger(user_id, self._now(), view_id)
        while len(self._issued) > _KEPT:
            del self._issued[next(iter(self._issued))]
        return trigger_id

    def check(self, trigger_id: str) -> tuple[str, str | None]:
        """Give whose trigger it is and from which view, or refuse as Slack does."""
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.is_used:
            raise SlackError("exchanged_trigger_id")
        if self._now() - trigger.issued_at > self.lifetime:
            raise SlackError("expired_trigger_id")
        return trigger.user_id, trigger.view_id

    def use_up(self, trigger_id: str) -> None:
        """Let this trigger open nothing more."""
        self._issued[trigger_id].is_used = True
