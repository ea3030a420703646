"""Who may ask and decide: full, active members of the installing team (G10).

Guests, people of other teams in a shared channel, bots and deactivated users may not; who cannot be looked up may not
either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import CannotCheck, NotAllowed
from bot.slack.api.calls import SlackError, SlackRefused, call
from bot.slack.api.error_codes import UNKNOWN_PEOPLE

# design.md, G10: look-ups are at most 60 s old and answer within 1.5 s.
KNOWN_FOR = timedelta(seconds=60)
ANSWER_WITHIN = timedelta(seconds=1.5)
MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class _Known:
    refusal: str | None
    at: datetime
    zone: str | None = None


class Members:
    """Looks people up, and remembers them for a short while."""

    def __init__(self, client: AsyncWebClient, *, team_id: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._team_id = team_id
        self._now = now
        self._known: dict[str, _Known] = {}

    async def require(self, team_id: str, user_id: str) -> None:
        """Raise NotAllowed with a sentence, unless this person is a full, active member of the installing team.

        Raises CannotCheck when Slack does not say.
        """
        if team_id != self._team_id:
            raise NotAllowed("Only members of this workspace may do this; you belong to another one.")
        known = self._known.get(user_id)
        if known is None or not timedelta(0) <= self._now() - known.at < KNOWN_FOR:
            known = await self._look_up(user_id)
        if known.refusal is not None:
            raise NotAllowed(known.refusal)

    async def is_full(self, user_id: str) -> bool:
        """Say whether somebody of the installing team is a full, active member. Raises CannotCheck."""
        try:
            await self.require(self._team_id, user_id)
        except NotAllowed:
            return False
        except CannotCheck as error:
            if isinstance(error.__cause__, SlackRefused) and error.__cause__.error in UNKNOWN_PEOPLE:
                return False
            raise
        return True

    def zone_of(self, user_id: str) -> str | None:
        """Return the time zone in which somebody reads times, as far as it was heard of; its age does not matter."""
        known = self._known.get(user_id)
        return None if known is None else known.zone

    async def _look_up(self, user_id: str) -> _Known:
        # The age counts from before the question: what happened while Slack answered may not be in the answer.
        at = self._now()
        try:
            answer = await call(self._client, "users.info", timeout=ANSWER_WITHIN, user=user_id)
        except SlackError as error:
            raise CannotCheck(
                "I could not check with Slack who you are, so I did nothing. Please try again in a moment."
            ) from error
        user = answer.get("user") or {}
        known = _Known(_refusal(user, self._team_id), at, user["tz"] if isinstance(user.get("tz"), str) else None)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[user_id] = known
        return known


def _refusal(user: dict[str, Any], team_id: str) -> str | None:
    """Say why this person may not ask or decide, None when they may."""
    if user.get("deleted"):
        return "Your account in this workspace is deactivated."
    if user.get("is_bot") or user.get("is_workflow_bot") or user.get("id") == "USLACKBOT":
        return "Bots may not do this."
    if user.get("is_stranger") or user.get("team_id") != team_id:
        return "Only members of this workspace may do this; you belong to another one."
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return "Guests may not do this; ask a full member of this workspace."
    return None
