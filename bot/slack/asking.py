"""Whether somebody may ask for a change: a full member, and a channel where the card can be posted."""

from bot.domain.change import ChangeRequest
from bot.domain.errors import DomainError
from bot.service import review
from bot.service.context import Actor
from bot.service.elsewhere import refuse_elsewhere
from bot.slack.background import together
from bot.slack.channels import require_postable
from bot.slack.surface import Slack


async def require_member(slack: Slack, actor: Actor, *, event: str = "command.refused") -> None:
    """Raise NotAllowed, after recording the refusal, unless the actor is a full member."""
    try:
        await slack.members.require(actor.team_id, actor.user_id)
    except DomainError as error:
        await review.refuse(slack.context, actor, event, None, error)
        raise


async def require_here(slack: Slack, actor: Actor, change: ChangeRequest) -> None:
    """Raise Elsewhere, after recording the refusal, when the form cannot ask for this change's number."""
    try:
        refuse_elsewhere(slack.context, change)
    except DomainError as error:
        await review.refuse(slack.context, actor, "ask.refused", change.id, error)
        raise


async def require_may_ask(slack: Slack, actor: Actor, channel_id: str) -> None:
    """Raise NotAllowed, after recording the refusal, unless the actor may ask in this channel."""
    try:
        await together(
            slack.members.require(actor.team_id, actor.user_id),
            require_postable(slack.client, slack.identity.bot_user_id, slack.channel_for(channel_id)),
        )
    except DomainError as error:
        await review.refuse(slack.context, actor, "ask.refused", None, error)
        raise
