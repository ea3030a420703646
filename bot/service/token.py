"""What happens when UponAI refuses the token (401): the operator's fault, so nothing fails for it.

Each outage is logged once, told once in a channel, and named by the health pages until UponAI takes the token again.
"""

from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import ChangeRequest
from bot.domain.facts import By, Fact
from bot.domain.key import WorkspaceKey
from bot.service.context import ServiceContext
from bot.service.messages import channel_fact
from bot.store import outbox, token_refusals
from bot.store.token_refusals import Call
from bot.uponai.errors import Unauthorized, UponAIError

log = structlog.get_logger(__name__)


async def note(
    tx: AsyncConnection,
    context: ServiceContext,
    error: UponAIError,
    at: datetime,
    *,
    call: Call = Call.READ,
    change: ChangeRequest | None = None,
) -> None:
    """Record that the token was refused, if this is what the error says.

    The first change that meets an outage has it told in its channel; whoever merely reads has nobody to tell.
    """
    if not isinstance(error, Unauthorized):
        return
    outage, is_new = await token_refusals.begin(tx, context.workspace, call, at, context.new_id())
    if is_new:
        log.error("uponai.token_refused", setting="UPONAI_API_TOKEN", call=call.value)
    if change is not None:
        fact = channel_fact(
            team_id=change.team_id,
            channel_id=change.channel_id,
            name=Fact.TOKEN_REFUSED,
            fact=f"uponai/{Fact.TOKEN_REFUSED}/{outage}",
            at=at,
            told=By(by=change.requester_id),
        )
        await outbox.enqueue(tx, [fact])


async def note_accepted(tx: AsyncConnection, context: ServiceContext, call: Call) -> None:
    """Record that UponAI has accepted the token: a later refusal is told anew."""
    await token_refusals.end(tx, context.workspace, call)


async def warnings(tx: AsyncConnection, workspace: WorkspaceKey) -> list[str]:
    """Tell an operator of a token that is refused."""
    since = await token_refusals.since(tx, workspace)
    if since is None:
        return []
    sentence = f"UponAI does not accept the token in UPONAI_API_TOKEN (401), since {since:%Y-%m-%d %H:%M} UTC."
    return [f"{sentence} Approved changes wait. Set a valid one and restart."]
