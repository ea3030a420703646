"""Where the bot can post is known for a minute; where it cannot is asked each time."""

import pytest

from bot.domain.errors import NotAllowed
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.slack.api.channels import Channels
from tests.slack.bot_harness import BotHarness


def channels_of(bot_world: BotHarness) -> Channels:
    bot_user_id = bot_world.slack.world.app.bot_user_id
    return Channels(bot_world.client, bot_user_id=bot_user_id, now=bot_world.clock.now)


async def test_that_the_bot_can_post_holds_for_a_minute(bot_world: BotHarness) -> None:
    channels, channel = channels_of(bot_world), bot_world.slack.world.channels[PHONE_ROUTING]
    await channels.require_postable(PHONE_ROUTING)
    channel.is_archived = True
    bot_world.clock.advance(seconds=59)
    await channels.require_postable(PHONE_ROUTING)
    bot_world.clock.advance(seconds=2)
    with pytest.raises(NotAllowed, match="archived"):
        await channels.require_postable(PHONE_ROUTING)


async def test_a_refusal_ends_when_the_channel_is_mended(bot_world: BotHarness) -> None:
    channels, channel = channels_of(bot_world), bot_world.slack.world.channels[PHONE_ROUTING]
    channel.is_archived = True
    with pytest.raises(NotAllowed, match="archived"):
        await channels.require_postable(PHONE_ROUTING)
    channel.is_archived = False
    await channels.require_postable(PHONE_ROUTING)
