"""Whether somebody may ask for a change: a full member, and a channel where the card can be posted."""

from bot.domain.change import ChangeRequest
from bot.domain.events import Event
from bot.service.context import Actor
from bot.service.elsewhere import refuse_elsewhere
from bot.service.refusals import refusals
from bot.slack.background import together
from bot.slack.context import SlackContext


async def require_member(slack: SlackContext, actor: Actor, *, event: Event = Event.COMMAND_REFUSED) -> None:
    """Raise NotAllowed, after recording the refusal, unless the actor is a full member."""
    async with refusals(slack.context, actor, event):
        await slack.members.require(actor.team_id, actor.user_id)


async def require_here(slack: SlackContext, actor: Actor, change: ChangeRequest) -> None:
    """Raise Elsewhere, after recording the refusal, when the form cannot ask for this change's number."""
    async with refusals(slack.context, actor, Event.ASK_REFUSED, change.id):
        refuse_elsewhere(slack.context, change)


async def require_may_ask(slack: SlackContext, actor: Actor, channel_id: str) -> None:
    """Raise NotAllowed, after recording the refusal, unless the actor may ask in this channel."""
    async with refusals(slack.context, actor, Event.ASK_REFUSED):
        await together(
            slack.members.require(actor.team_id, actor.user_id),
            slack.channels.require_postable(slack.channel_for(channel_id)),
        )
