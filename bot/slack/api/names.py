"""What people and user groups are called, for messages that name them and must not call them.

A mention in a new message calls whoever it names: everybody of a user group. Names are remembered for longer than
rights are: nothing is decided by them, and an id stands there where Slack does not say.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api.calls import SlackError, call

KNOWN_FOR = timedelta(hours=1)
# Whoever was not told is asked again later, not with every message.
ASK_AGAIN_AFTER = timedelta(minutes=1)
ANSWER_WITHIN = timedelta(seconds=1.5)
# No message names more people than this one by one.
MOST_ASKED = 20
MOST_KNOWN = 10_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    name: str | None
    until: datetime


class Names:
    """Looks names up, and remembers them; it never raises."""

    def __init__(self, client: AsyncWebClient, *, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._known: dict[str, _Known] = {}

    async def of(self, ids: Collection[str]) -> Mapping[str, str]:
        """Name these people and user groups, as far as Slack says."""
        missing = [each for each in sorted(ids) if not self._is_known(each)]
        people = [each for each in missing if not each.startswith("S")][:MOST_ASKED]
        looks = [self._look_up_person(each) for each in people]
        if len(people) < len(missing):
            looks.append(self._look_up_groups([each for each in missing if each.startswith("S")]))
        if looks:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            await asyncio.gather(*looks)
        found = {each: self._known[each].name for each in ids if each in self._known}
        return {each: name for each, name in found.items() if name is not None}

    def _is_known(self, each: str) -> bool:
        known = self._known.get(each)
        return known is not None and self._now() < known.until

    async def _look_up_groups(self, wanted: Collection[str]) -> None:
        answer = await self._call("usergroups.list")
        groups = {} if answer is None else {str(each.get("id")): each for each in answer.get("usergroups") or ()}
        for each in {*wanted, *groups}:
            self._note(each, str(groups.get(each, {}).get("handle") or "") or None)

    async def _look_up_person(self, user_id: str) -> None:
        answer = await self._call("users.info", user=user_id)
        user = {} if answer is None else answer.get("user") or {}
        profile = user.get("profile") or {}
        names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
        self._note(user_id, next((str(each) for each in names if each), None))

    def _note(self, each: str, name: str | None) -> None:
        former = self._known.get(each)
        if name is None:
            # What it was called is better than nothing.
            self._known[each] = _Known(former.name if former else None, self._now() + ASK_AGAIN_AFTER)
        else:
            self._known[each] = _Known(name, self._now() + KNOWN_FOR)

    async def _call(self, method: str, **arguments: Any) -> dict[str, Any] | None:
        try:
            return await call(self._client, method, timeout=ANSWER_WITHIN, **arguments)
        except SlackError as error:
            log.info("names.not_told", method=method, error=str(error))
            return None
