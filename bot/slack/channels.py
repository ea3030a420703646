"""Where a card can be posted: asked of Slack before somebody fills a form in vain."""

from datetime import timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import NotAllowed
from bot.slack.calls import SlackError, SlackRefused, call

ANSWER_WITHIN = timedelta(seconds=1.5)


async def require_postable(client: AsyncWebClient, bot_user_id: str, channel_id: str) -> None:
    """Raise NotAllowed with a sentence to the asker, unless the bot can post a card in this channel."""
    invite = f"Invite me there with /invite <@{bot_user_id}>, then ask again."
    try:
        answer = await call(client, "conversations.info", timeout=ANSWER_WITHIN, channel=channel_id)
    except SlackRefused as error:
        raise NotAllowed(f"I cannot post the approval in the channel {channel_id}. {invite}") from error
    except SlackError as error:
        raise NotAllowed(
            "I could not check with Slack whether I can post the approval. Please try again in a moment."
        ) from error
    channel = answer.get("channel") or {}
    name = f"#{channel.get('name') or channel_id}"
    if channel.get("is_im"):
        raise NotAllowed(
            "Nobody else could approve it here: type the command in a channel that your reviewers read as well."
        )
    if channel.get("is_archived"):
        raise NotAllowed(f"I cannot post the approval in {name}: it is archived. Use another channel.")
    if channel.get("is_member") is False:
        raise NotAllowed(f"I cannot post the approval in {name}. {invite}")
