"""The app's Home tab: what waits for a decision, whether sending is paused, and what can be typed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.domain.errors import NotAllowed
from bot.service import history
from bot.service.elsewhere import why_elsewhere
from bot.slack import listings
from bot.slack.blocks import Block, date, divider, header, mention, section
from bot.slack.calls import call
from bot.slack.sentences import sentence_block
from bot.slack.surface import Slack

# A view holds 100 blocks; the list is a glance, `pending` has the rest.
LISTED_AT_MOST = 20
PUBLISH_WITHIN = timedelta(seconds=1)


def register(app: AsyncApp, slack: Callable[[], Slack]) -> None:
    """Register the opening of the tab."""

    @app.event("app_home_opened")
    async def opened(body: dict[str, Any], event: dict[str, Any]) -> None:
        if event.get("tab") != "home":
            return
        surface, user_id = slack(), event["user"]
        blocks = await _blocks(surface, body.get("team_id", ""), user_id)
        view = {"type": "home", "blocks": blocks}
        await call(surface.client, "views.publish", timeout=PUBLISH_WITHIN, user_id=user_id, view=view)


async def _blocks(slack: Slack, team_id: str, user_id: str) -> list[Block]:
    try:
        await slack.members.require(team_id, user_id)
    except NotAllowed as error:
        return [sentence_block(str(error))]
    pause = await history.paused(slack.context, team_id)
    waiting = await history.pending(slack.context, team_id, LISTED_AT_MOST + 1)
    blocks: list[Block] = []
    if pause is not None:
        blocks.append(
            section(
                f"*Sending is paused* by {mention(pause.by)}, {date(pause.at)}. Asking and approving go on; "
                "`/route-number resume` restarts it."
            )
        )
    title = "Waiting for a decision" if waiting else "Nothing waits for a decision"
    blocks += listings.change_blocks(
        title, waiting[:LISTED_AT_MOST], lambda change: why_elsewhere(slack.context, change)
    )
    if len(waiting) > LISTED_AT_MOST:
        blocks.append(listings.more_block(LISTED_AT_MOST))
    return [*blocks, divider(), header("What you can type"), *listings.help_blocks()]
