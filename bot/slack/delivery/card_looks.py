"""Looks whether the cards of open changes still stand: nothing tells the bot when somebody deletes one."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.service.card_looks import LOOKED_AT_ONCE, OpenCard, bring_back, to_look_at
from bot.service.context import ServiceContext
from bot.service.delivery.lane import CALL_WITHIN
from bot.slack.api.calls import SlackError, SlackMisconfigured, SlackRefused, call
from bot.slack.api.error_codes import CARD_GONE

PAGE = 200
PAGES = 5
# Without the history scopes each card is asked for by itself.
ASKED_BY_THEMSELVES = 20
# What Slack leaves where a message with replies was deleted.
TOMBSTONE = "tombstone"

log = structlog.get_logger(__name__)


class CardLooks:
    """Looks for one process; of several, one looks at a time."""

    def __init__(
        self, context: ServiceContext, client: AsyncWebClient, *, page: int = PAGE, pages: int = PAGES
    ) -> None:
        self._context = context
        self._call = partial(call, client, timeout=CALL_WITHIN)
        self._after = 0
        self._page, self._pages = page, pages

    async def look(self) -> None:
        """Look at some open cards, and have those shown anew that are gone. Raises DatabaseUnavailable."""
        some = await to_look_at(self._context, self._after)
        if some is None:
            return
        self._after = some[-1].change_id if len(some) == LOOKED_AT_ONCE else 0
        for channel, standing in groupby(sorted(some, key=_place), key=lambda card: card.channel_id):
            try:
                gone = await self._gone(channel, list(standing))
            except SlackError as error:
                # The next pass looks again; what is wrong with the channel shows when something is posted there.
                log.info("cards.not_looked_at", channel_id=channel, problem=str(error))
                continue
            if gone:
                log.warning("cards.gone", changes=[card.change_id for card in gone])
                await bring_back(self._context, gone)

    async def _gone(self, channel: str, standing: Sequence[OpenCard]) -> list[OpenCard]:
        """Return those cards of one channel, oldest first, that do not stand there any more. Raises SlackError."""
        try:
            return await self._missing(channel, standing)
        except SlackMisconfigured:
            return [card for card in standing[:ASKED_BY_THEMSELVES] if await self._is_gone(card)]

    async def _missing(self, channel: str, standing: Sequence[OpenCard]) -> list[OpenCard]:
        span: dict[str, Any] = {"oldest": standing[0].ts, "latest": standing[-1].ts, "inclusive": True}
        found: set[str] = set()
        seen_back_to = float(standing[-1].ts)
        cursor: dict[str, Any] = {}
        for _ in range(self._pages):
            page = await self._call("conversations.history", channel=channel, limit=self._page, **span, **cursor)
            messages = page.get("messages") or []
            found |= {message["ts"] for message in messages if message.get("subtype") != TOMBSTONE}
            # It goes back from the newest.
            seen_back_to = min([seen_back_to, *(float(message["ts"]) for message in messages)])
            following = (page.get("response_metadata") or {}).get("next_cursor")
            if not following:
                seen_back_to = float(standing[0].ts)
                break
            cursor = {"cursor": following}
        return [card for card in standing if card.ts not in found and float(card.ts) >= seen_back_to]

    async def _is_gone(self, card: OpenCard) -> bool:
        try:
            await self._call("chat.getPermalink", channel=card.channel_id, message_ts=card.ts)
        except SlackRefused as error:
            return error.error in CARD_GONE
        return False


def _place(card: OpenCard) -> tuple[str, float]:
    return card.channel_id, float(card.ts)
