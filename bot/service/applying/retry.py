"""Try a change that waits for UponAI again: a look first, and only when it succeeds is the change claimed."""

from collections.abc import Callable

from bot.domain.change import ChangeRequest
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_waiting
from bot.service.applying.wait import put_back, wait_on
from bot.service.context import ServiceContext
from bot.uponai.errors import Forbidden, UponAIError


async def retry(
    context: ServiceContext, change: ChangeRequest, *, may_claim: Callable[[], bool] = lambda: True
) -> None:
    """Look whether UponAI can take the change, then apply it as any other; `may_claim` is asked in between.

    The look decides nothing about the change: applying looks again, after the claim. Raises LeaseLost.
    """
    try:
        await context.uponai.find_number(change.key)
    except Forbidden:
        # It ends the change, by the look of its attempt.
        pass
    except UponAIError as error:
        await wait_on(context, change, error)
        return
    if not may_claim():
        await put_back(context, change)
        return
    claimed = await claim_waiting(context, change)
    if claimed is not None:
        await apply(context, claimed)
