"""Who is in a user group or a channel, remembered for a short while; who cannot be looked up refuses (G10)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import CannotCheck
from bot.domain.rules.refusals import mention
from bot.slack.api.calls import SlackError, call

# design.md, G10: look-ups are at most 60 s old and answer within 1.5 s, all pages of one together.
KNOWN_FOR = timedelta(seconds=60)
ANSWER_WITHIN = timedelta(seconds=1.5)
PAGE = 1000
MOST_KNOWN = 1000


@dataclass(frozen=True, slots=True)
class _Known:
    members: frozenset[str]
    at: datetime


class Groups:
    """Looks up who is in a user group (`S…`) or a channel (`C…`, `G…`); the bot itself is nobody."""

    def __init__(self, client: AsyncWebClient, *, bot_user_id: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._bot_user_id = bot_user_id
        self._now = now
        self._known: dict[str, _Known] = {}
        self._looking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def members(self, group_id: str) -> frozenset[str]:
        """Return who is in there; of many who ask at once one looks. Raises CannotCheck when Slack does not say."""
        async with self._looking[group_id]:
            known = self._known.get(group_id)
            if known is None or not timedelta(0) <= self._now() - known.at < KNOWN_FOR:
                known = await self._look_up(group_id)
        return known.members

    async def _look_up(self, group_id: str) -> _Known:
        # The age counts from before the question: what happened while Slack answered may not be in the answer.
        at = self._now()
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                found = frozenset([each async for each in self._read(group_id)])
        except (SlackError, TimeoutError) as error:
            raise CannotCheck(
                f"I could not check with Slack who is in {mention(group_id)}, so I did nothing. Please try again in a "
                "moment."
            ) from error
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[group_id] = _Known(found - {self._bot_user_id}, at)
        return self._known[group_id]

    async def _read(self, group_id: str) -> AsyncIterator[str]:
        if group_id.startswith("S"):
            answer = await self._call("usergroups.users.list", usergroup=group_id)
            for user in answer.get("users") or ():
                yield str(user)
            return
        cursor = ""
        while True:
            page = await self._call("conversations.members", channel=group_id, limit=PAGE, cursor=cursor)
            for user in page.get("members") or ():
                yield str(user)
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return

    async def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        return await call(self._client, method, timeout=ANSWER_WITHIN, **arguments)
