"""Where a card can be posted, and people be told: asked of Slack before somebody fills a form in vain."""

from collections.abc import Callable
from datetime import datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import CannotCheck, NotAllowed
from bot.slack.api.calls import SlackError, SlackMisconfigured, SlackRefused, call

# As with people (design.md, G10): look-ups are at most 60 s old and answer within 1.5 s.
KNOWN_FOR = timedelta(seconds=60)
ANSWER_WITHIN = timedelta(seconds=1.5)
MOST_KNOWN = 10_000
_ELSEWHERE = "Type the command in a channel that your approvers read as well, and that I am in."


def refuse_direct(channel_id: str, approval_channel: str | None = None) -> None:
    """Raise NotAllowed with a sentence that says where to type instead, in a direct message.

    Slack is not asked: to look at direct messages takes a scope of its own, which the bot does not need.
    """
    if channel_id.startswith("D"):
        where = _ELSEWHERE if approval_channel is None else f"Type the command in <#{approval_channel}>."
        raise NotAllowed(f"Nobody else could read it in a direct message. {where}")


class Channels:
    """Remembers for a short while where the bot can post; a refusal is not remembered: people mend it and try again."""

    def __init__(self, client: AsyncWebClient, *, bot_user_id: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._bot_user_id = bot_user_id
        self._now = now
        self._known: dict[str, datetime] = {}

    async def require_postable(self, channel_id: str) -> None:
        """Raise NotAllowed with a sentence, or CannotCheck, unless the bot could post there within the last minute."""
        # The age counts from before the question, see Members.
        at = self._now()
        known = self._known.get(channel_id)
        if known is not None and timedelta(0) <= at - known < KNOWN_FOR:
            return
        await require_postable(self._client, self._bot_user_id, channel_id)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[channel_id] = at


async def require_postable(client: AsyncWebClient, bot_user_id: str, channel_id: str) -> None:
    """Raise NotAllowed with a sentence to the asker, unless the bot can post a card in this channel.

    Raises CannotCheck when Slack does not say.
    """
    refuse_direct(channel_id)
    invite = f"Invite me there with /invite <@{bot_user_id}>, then ask again."
    try:
        answer = await call(client, "conversations.info", timeout=ANSWER_WITHIN, channel=channel_id)
    except SlackRefused as error:
        raise NotAllowed(f"I cannot post the approval in the channel {channel_id}. {invite}") from error
    except SlackMisconfigured as error:
        # A group's direct message takes one more scope, as a direct message does.
        raise NotAllowed(
            f"I may not look at this conversation ({error.error}): it is a group's direct message, or my Slack app is "
            f"not set up right. {_ELSEWHERE}"
        ) from error
    except SlackError as error:
        raise CannotCheck(
            "I could not check with Slack whether I can post the approval. Please try again in a moment."
        ) from error
    channel = answer.get("channel") or {}
    name = f"#{channel.get('name') or channel_id}"
    if channel.get("is_archived"):
        raise NotAllowed(f"I cannot post the approval in {name}: it is archived. Use another channel.")
    if channel.get("is_member") is False:
        raise NotAllowed(f"I cannot post the approval in {name}. {invite}")
