"""The app's Home tab: what waits for a decision, whether sending is paused, and what can be typed."""

from collections.abc import Callable
from datetime import timedelta

from slack_bolt.async_app import AsyncApp

from bot.domain import events
from bot.domain.errors import CannotCheck, NotAllowed
from bot.service import history
from bot.service.context import Actor
from bot.service.elsewhere import why_elsewhere
from bot.slack.api.calls import call
from bot.slack.block_kit.elements import Block, date, divider, header, mention, section
from bot.slack.block_kit.sentences import sentence_block
from bot.slack.context import SlackContext
from bot.slack.listeners.permission import require_member
from bot.slack.messages import lists
from bot.slack.payloads import HOME_OPENED, Event

# A view holds 100 blocks; the list is a glance, `pending` has the rest.
LISTED_AT_MOST = 20
PUBLISH_WITHIN = timedelta(seconds=1)


def register(app: AsyncApp, provide: Callable[[], SlackContext]) -> None:
    """Register the opening of the tab."""

    @app.event(HOME_OPENED)
    async def opened(parsed: Event) -> None:
        if parsed.event.tab != "home":
            return
        slack, actor = provide(), parsed.actor
        view = {"type": "home", "blocks": await _blocks(slack, actor)}
        await call(slack.client, "views.publish", timeout=PUBLISH_WITHIN, user_id=actor.user_id, view=view)


async def _blocks(slack: SlackContext, actor: Actor) -> list[Block]:
    try:
        await require_member(slack, actor, event=events.Event.HOME_REFUSED)
    except (CannotCheck, NotAllowed) as error:
        return [sentence_block(str(error))]
    pause = await history.paused(slack.context, actor.team_id)
    waiting = await history.pending(slack.context, actor.team_id, LISTED_AT_MOST + 1)
    blocks: list[Block] = []
    if pause is not None:
        blocks.append(
            section(
                f"*Sending is paused* by {mention(pause.by)}, {date(pause.at)}. Asking and approving go on; "
                "`/route-number resume` restarts it."
            )
        )
    title = "Waiting for a decision" if waiting else "Nothing waits for a decision"
    blocks += lists.change_blocks(title, waiting[:LISTED_AT_MOST], lambda change: why_elsewhere(slack.context, change))
    if len(waiting) > LISTED_AT_MOST:
        blocks.append(lists.more_block(LISTED_AT_MOST))
    return [*blocks, divider(), header("What you can type"), *lists.help_blocks()]
